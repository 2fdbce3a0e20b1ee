use std::fmt;

use migrate_runtime::{Context, ContextError};

/// The namespace in which every tenant has its database.
pub(crate) const NAMESPACE: &str = "notes";

/// One tenant, by the name that stands in paths and headers, and that is the name of its database.
///
/// A service decides what its tenants may be called: here it is what needs no quotes anywhere but in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tenant {
    name: String,
    context: Context,
}

/// Why a name is not one of a tenant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TenantError {
    #[error("a tenant is called by 1 to 64 of the characters a-z, 0-9, `_` and `-`, and begins with a letter")]
    Name,
    #[error(transparent)]
    Context(#[from] ContextError),
}

impl Tenant {
    pub(crate) fn parse(name: &str) -> Result<Self, TenantError> {
        let is_allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
        let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins_well || name.len() > 64 || !name.chars().all(is_allowed) {
            return Err(TenantError::Name);
        }
        Ok(Self { name: name.to_owned(), context: Context::new(NAMESPACE, name)? })
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// The statement that moves the rest of a query into the tenant's database. No name holds a backtick.
    pub(crate) fn enter(&self) -> String {
        format!("USE NS {NAMESPACE} DB `{self}`;")
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_mean_anything_else_is_refused() {
        for name in ["", "A", "1a", "-a", "a b", "a`", "a/b", "é", "a.b", &"a".repeat(65)] {
            assert!(matches!(Tenant::parse(name), Err(TenantError::Name)), "{name:?}");
        }
        for name in ["a", "acme-7", "a_b", &"a".repeat(64)] {
            assert_eq!(Tenant::parse(name).unwrap().to_string(), name);
        }
    }
}
