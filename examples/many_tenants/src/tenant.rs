use std::fmt;

/// The namespace in which every tenant has its database.
pub(crate) const NAMESPACE: &str = "tenants";

/// One tenant, known by its number. Its database is called `tenant_<number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tenant(u32);

impl Tenant {
    /// The tenants from 1 to this number.
    pub(crate) fn all(count: u32) -> impl Iterator<Item = Self> {
        (1..=count).map(Self)
    }

    /// The tenant of this name, written exactly as it is printed.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let tenant = Self(name.strip_prefix("tenant_")?.parse().ok()?);
        (tenant.0 > 0 && tenant.to_string() == name).then_some(tenant)
    }

    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// Its name, which needs no quotes in a query.
impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenant_{}", self.0)
    }
}
