use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::ledger::Status;

/// Where a migration stands in one context.
///
/// Its text, which is also its JSON form, is `pending` or the word in the ledger; it is read back in upper or lower case.
///
/// ```
/// # use migrate_runtime::{MigrationStatus, Status};
/// assert_eq!("PENDING".parse(), Ok(MigrationStatus::Pending));
/// assert_eq!("rolled_back".parse(), Ok(MigrationStatus::Recorded(Status::RolledBack)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MigrationStatus {
    /// This binary has it, and the ledger holds no row for it.
    Pending,
    /// What the ledger says of it.
    Recorded(Status),
}

impl From<Status> for MigrationStatus {
    fn from(status: Status) -> Self {
        Self::Recorded(status)
    }
}

impl FromStr for MigrationStatus {
    type Err = std::convert::Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word.to_ascii_lowercase().as_str() {
            "pending" => Self::Pending,
            word => Self::Recorded(Status::from(word)),
        })
    }
}

impl fmt::Display for MigrationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("pending"),
            Self::Recorded(status) => status.fmt(f),
        }
    }
}

impl Serialize for MigrationStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
