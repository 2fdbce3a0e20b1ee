use migrate_core::{UndoSafety, Version};

use super::export::ExportError;
use super::obstacle::UndoObstacle;
use super::report::Undone;
use crate::context::Context;
use crate::live::LiveSchemaError;
use crate::refusal::list;

/// Why nothing, or not all of it, was undone. `Display` says it with the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the variants say the rest")]
pub enum UndoError {
    /// The schema or the ledger could not be read.
    #[error(transparent)]
    Schema(#[from] LiveSchemaError),
    /// The table `_migrations` is not a ledger that this runtime can read.
    #[error("the ledger of {context} cannot be read: {reason}")]
    LedgerUnreadable { context: Context, reason: String },
    /// Neither the binary nor the database knows the module.
    #[error("neither this binary nor {context} has a module `{module}`")]
    NoSuchModule { context: Context, module: String },
    /// The version that should stay is not there.
    #[error("V{version} of {module} is not applied in {context}: {}", latest.map_or_else(|| "nothing of it is".to_owned(), |latest| format!("the latest is V{latest}")))]
    NoSuchVersion { context: Context, module: String, version: Version, latest: Option<Version> },
    /// Something that would have to be undone cannot be.
    #[error("nothing of {context} can be undone to there:{}", list(.obstacles))]
    Impossible { context: Context, obstacles: Vec<UndoObstacle> },
    /// More would be lost than was agreed to.
    #[error("this undo has to be approved as {needs}:{}", list(.loses))]
    NotApproved { needs: UndoSafety, loses: Vec<String> },
    /// Only down files may be used, and these migrations have none.
    #[error("only down files may be used, and these are undone by other texts:{}", list(.steps))]
    NotExplicit { steps: Vec<String> },
    /// The ledger is not the one that the plan was made from.
    #[error("the ledger of {context} has changed at V{version} of {module} since the plan was made: plan again{}", so_far(.undone))]
    Stale { context: Context, module: String, version: Version, undone: Vec<Undone> },
    /// A statement was refused. Its migration is as it was.
    #[error("{module} {file} was not undone{}: {cause}; put it right, and plan again{}", statement.map_or_else(String::new, |at| format!(" at statement {at}")), so_far(.undone))]
    Failed {
        module: String,
        version: Version,
        file: String,
        /// Which of the undo's statements, counted from 1, where it was one of them.
        statement: Option<usize>,
        cause: String,
        undone: Vec<Undone>,
    },
    /// The text ended its transaction early, or went on behind an error, and what it had done by then is committed.
    #[error(
        "the undo of {module} {file} ended before its end, and nobody knows which of its statements ran ({cause}): compare the schema with what it should be, put it right by hand, and set the row, which is `started` now, to `applied` or `rolled_back`{}", so_far(.undone)
    )]
    Torn { module: String, version: Version, file: String, cause: String, undone: Vec<Undone> },
    /// The database could not be reached or entered until the deadline.
    #[error("{reason}{}", so_far(.undone))]
    Unavailable { reason: String, undone: Vec<Undone> },
    /// The fleet index cannot be written: it would go on saying that what is undone is applied.
    #[error(
        "the fleet index in {index} cannot be written ({reason}), and would go on saying that all of it is applied: let a user undo who may write it, or use a migrator without the index and `verify` behind it{}", so_far(.undone)
    )]
    IndexUnusable { index: Context, reason: String, undone: Vec<Undone> },
    /// What goes could not be exported first. Nothing was undone.
    #[error("nothing was undone, for what goes could not be exported: {0}")]
    Export(#[from] ExportError),
}

impl UndoError {
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
            Self::NotExplicit { .. } => "not_explicit",
            Self::Stale { .. } => "stale",
            Self::Failed { .. } => "failed",
            Self::Torn { .. } => "torn",
            Self::IndexUnusable { .. } => "index_unusable",
            Self::Export(_) => "export",
        }
    }

    /// What stands in the way, where that is the reason.
    pub fn obstacles(&self) -> &[UndoObstacle] {
        match self {
            Self::Impossible { obstacles, .. } => obstacles,
            _ => &[],
        }
    }

    /// What was undone before that.
    pub fn undone(&self) -> &[Undone] {
        match self {
            Self::Stale { undone, .. }
            | Self::Failed { undone, .. }
            | Self::Torn { undone, .. }
            | Self::Unavailable { undone, .. }
            | Self::IndexUnusable { undone, .. } => undone,
            _ => &[],
        }
    }
}

fn so_far(undone: &[Undone]) -> String {
    let names: Vec<_> = undone.iter().map(ToString::to_string).collect();
    if names.is_empty() { String::new() } else { format!(" (undone before that: {})", names.join(", ")) }
}
