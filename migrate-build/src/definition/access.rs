/// What an access or user definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) secret: Secret,
}

/// Where the secret of an access method or user comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    /// There is none: a public key, or a URL to fetch keys from.
    None,
    /// It stands in the migration.
    Literal,
    /// The database makes one up when it runs the statement.
    Generated,
}
