use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

/// One tenant: a SurrealDB namespace and a database in it.
///
/// Names may hold anything but NUL: they are quoted wherever they stand in a query. `Display` shows
/// `namespace/database`.
///
/// ```
/// # use migrate_runtime::Context;
/// let context = Context::new("acme", "eu-7")?;
/// assert_eq!(context.to_string(), "acme/eu-7");
/// assert!(Context::new("acme", "").is_err());
/// # Ok::<(), migrate_runtime::ContextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context {
    namespace: String,
    database: String,
}

/// Why a pair of names is not a [`Context`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The database has no objects without a name.
    #[error("the {0} name of a context is empty")]
    Empty(&'static str),
    /// No query text can hold a NUL character.
    #[error("the {0} name {1:?} holds a NUL character")]
    Nul(&'static str, String),
}

impl Context {
    /// The context of these names.
    ///
    /// # Errors
    ///
    /// When a name is empty or holds a NUL character.
    pub fn new(namespace: impl Into<String>, database: impl Into<String>) -> Result<Self, ContextError> {
        let namespace = checked("namespace", namespace.into())?;
        let database = checked("database", database.into())?;
        Ok(Self { namespace, database })
    }

    /// The namespace, without quotes.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The database, without quotes.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The statement that moves the rest of a query text into this context.
    pub(crate) fn use_statement(&self) -> String {
        format!("USE NS {} DB {};", quote(&self.namespace), quote(&self.database))
    }
}

fn checked(what: &'static str, name: String) -> Result<String, ContextError> {
    if name.is_empty() {
        return Err(ContextError::Empty(what));
    }
    if name.contains('\0') {
        return Err(ContextError::Nul(what, name));
    }
    Ok(name)
}

/// The statement that moves the rest of a query text into a namespace.
pub(crate) fn use_namespace(namespace: &str) -> String {
    format!("USE NS {};", quote(namespace))
}

/// Quotes an identifier: the one place where a name from outside becomes part of a query text.
pub(crate) fn quote(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('`');
    for c in name.chars() {
        if matches!(c, '`' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('`');
    quoted
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace.escape_debug(), self.database.escape_debug())
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut context = serializer.serialize_struct("Context", 2)?;
        context.serialize_field("namespace", &self.namespace)?;
        context.serialize_field("database", &self.database)?;
        context.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_inside_a_name_cannot_end_it() {
        assert_eq!(quote("a`; REMOVE DATABASE x; `"), r"`a\`; REMOVE DATABASE x; \``");
        assert_eq!(quote(r"a\"), r"`a\\`");
    }

    #[test]
    fn a_name_that_no_query_can_hold_is_refused() {
        assert_eq!(Context::new("", "b"), Err(ContextError::Empty("namespace")));
        assert!(matches!(Context::new("a", "b\0"), Err(ContextError::Nul("database", _))));
    }
}
