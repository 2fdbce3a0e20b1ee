use std::fmt;

use serde::{Serialize, Serializer};

/// A tool whose ledger can be adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tool {
    /// `SurrealKit`: the tables `__entity` and `__rollout`, as of 0.7 and 1.0.0-beta.6.
    SurrealKit,
    /// `surrealdb-migrations`: the table `script_migration`, as of 2.4.
    SurrealdbMigrations,
    /// `surql`, for Rust and Python: the table `_migration_history`, as of `oneiriq-surql` 0.34 and 1.6.
    Surql,
}

impl Tool {
    pub(crate) const ALL: [Self; 3] = [Self::SurrealKit, Self::SurrealdbMigrations, Self::Surql];

    /// Its name, as the log and the ledger rows hold it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SurrealKit => "surrealkit",
            Self::SurrealdbMigrations => "surrealdb-migrations",
            Self::Surql => "surql",
        }
    }

    /// The tables in which it keeps its records.
    pub const fn tables(self) -> &'static [&'static str] {
        match self {
            Self::SurrealKit => &["__entity", "__rollout", "__seed"],
            Self::SurrealdbMigrations => &["script_migration"],
            Self::Surql => &["_migration_history"],
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Tool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
