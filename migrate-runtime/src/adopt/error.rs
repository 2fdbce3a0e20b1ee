use migrate_core::Version;

use super::tool::Tool;
use crate::baseline::BaselineError;
use crate::context::Context;

/// Why the ledger of another tool was not adopted. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum AdoptionError {
    /// What keeps any database from being taken over.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// There is no such ledger.
    #[error("{context} has no ledger of {tool}")]
    NoLedger { context: Context, tool: Tool },
    /// The tables of that ledger hold something else.
    #[error("the ledger of {tool} in {context} cannot be read: {reason}")]
    Unreadable { context: Context, tool: Tool, reason: String },
    /// A rollout is not done: what the database holds is of neither version.
    #[error(
        "the rollout {rollout} of surrealkit in {context} is {status}: complete it or roll it back first, with surrealkit"
    )]
    HalfApplied { context: Context, rollout: String, status: String },
    /// The other tool is at it, or stopped while it was.
    #[error(
        "{owner} is running {tool} in {context}, or was until it stopped: let it end, or remove its lock with {tool}"
    )]
    Busy { context: Context, tool: Tool, owner: String },
    /// It cannot be told which of the module's migrations these are.
    #[error("{tool} has applied what no migration of `{module}` is known to be: {}; say so with `Adoption::map`", .ids.join(", "))]
    Unmapped { context: Context, tool: Tool, module: &'static str, ids: Vec<String> },
    /// Two entries are taken for the same migration.
    #[error(
        "{tool} has applied {one} and {other}, and both are taken for V{version} of `{module}`; say which with `Adoption::map`"
    )]
    Ambiguous { context: Context, tool: Tool, module: &'static str, version: Version, one: String, other: String },
    /// A migration was not applied although a later one was.
    #[error("{tool} has applied V{later} of `{module}` and not V{missing}: apply it with {tool} first, or map it")]
    Gap { context: Context, tool: Tool, module: &'static str, missing: Version, later: Version },
}

impl AdoptionError {
    /// One word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Baseline(error) => error.kind(),
            Self::NoLedger { .. } => "no_ledger",
            Self::Unreadable { .. } => "foreign_ledger_unreadable",
            Self::HalfApplied { .. } => "half_applied",
            Self::Busy { .. } => "busy",
            Self::Unmapped { .. } => "unmapped",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Gap { .. } => "gap",
        }
    }
}
