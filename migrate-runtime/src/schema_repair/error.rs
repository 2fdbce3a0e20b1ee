use migrate_core::{UndoSafety, Version};

use super::obstacle::SchemaRepairObstacle;
use crate::context::Context;
use crate::live::{LiveSchemaError, SchemaDifference};
use crate::refusal::list;

/// Why a schema was not repaired. `Display` says it with the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the variants say the rest")]
pub enum SchemaRepairError {
    /// The schema or the ledger could not be read.
    #[error(transparent)]
    Schema(#[from] LiveSchemaError),
    /// The table `_migrations` is not a ledger that this runtime can read.
    #[error("the ledger of {context} cannot be read: {reason}")]
    LedgerUnreadable { context: Context, reason: String },
    /// This binary has no such module.
    #[error("there is no module `{module}` in this binary")]
    NoSuchModule { module: String },
    /// The module has no such version.
    #[error("{module} has no V{version}{}", last.map_or_else(String::new, |last| format!(": it ends at V{last}")))]
    NoSuchVersion { module: String, version: Version, last: Option<Version> },
    /// Something stands in the way.
    #[error("the schema of {context} cannot be repaired:{}", list(.obstacles))]
    Impossible { context: Context, obstacles: Vec<SchemaRepairObstacle> },
    /// More would be lost than was agreed to.
    #[error("this repair has to be approved as {needs}:{}", list(.loses))]
    NotApproved { needs: UndoSafety, loses: Vec<String> },
    /// The schema or the ledger is not the one that the plan was made from.
    #[error("the schema or the ledger of {context} has changed since the plan was made: plan again")]
    Stale { context: Context },
    /// A statement was refused.
    #[error("{}{cause}; {kept}: put it right, and plan again", statement.as_ref().map_or_else(String::new, |one| format!("`{one}` was refused: ")))]
    Failed {
        /// The statement, as the plan shows it, where it was one of them.
        statement: Option<String>,
        cause: String,
        /// What is there of the repair.
        kept: &'static str,
    },
    /// A statement failed, and yet the rest was committed.
    #[error("the repair ended before its end, and some of its statements may have run ({cause}): plan again")]
    Torn { cause: String },
    /// Everything ran, and the schema is not what it should be.
    #[error("every statement ran, and the schema of {context} is still not what it should be: plan again, or define this by hand:{}", list(.differences))]
    Unverified { context: Context, differences: Vec<SchemaDifference> },
    /// The database could not be reached or entered until the deadline.
    #[error("{reason}")]
    Unavailable { reason: String },
    /// The fleet index cannot be written: it would go on saying what the ledger said before.
    #[error(
        "the fleet index in {index} cannot be written ({reason}), and would go on saying what the ledger said before: let a user repair who may write it, or use a migrator without the index and `verify` behind it"
    )]
    IndexUnusable { index: Context, reason: String },
}

impl SchemaRepairError {
    /// One word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Schema(LiveSchemaError::Absent(_)) => "absent",
            Self::Schema(LiveSchemaError::Unavailable { .. }) | Self::Unavailable { .. } => "unavailable",
            Self::Schema(LiveSchemaError::Unreadable { .. }) => "schema_unreadable",
            Self::LedgerUnreadable { .. } => "ledger_unreadable",
            Self::NoSuchModule { .. } => "no_such_module",
            Self::NoSuchVersion { .. } => "no_such_version",
            Self::Impossible { .. } => "impossible",
            Self::NotApproved { .. } => "not_approved",
            Self::Stale { .. } => "stale",
            Self::Failed { .. } => "failed",
            Self::Torn { .. } => "torn",
            Self::Unverified { .. } => "unverified",
            Self::IndexUnusable { .. } => "index_unusable",
        }
    }

    /// What stands in the way, where that is the reason.
    pub fn obstacles(&self) -> &[SchemaRepairObstacle] {
        match self {
            Self::Impossible { obstacles, .. } => obstacles,
            _ => &[],
        }
    }
}
