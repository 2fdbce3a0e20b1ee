mod divergent_part;
mod rendering;
mod unknown;

use migrate_core::{Checksum, Version};
use serde::Serialize;

pub use self::divergent_part::DivergentPart;
use self::rendering::optional_text;
pub(crate) use self::rendering::{list, number, text};
pub use self::unknown::Unknown;

use crate::halt::Halted;
use crate::ledger::Status;
use crate::phased::{Move, PhasedState};
use crate::validate::ValidationFinding;

/// Why one context is not served. `Display` says it in one sentence, with the remedy where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the variants say the rest")]
pub enum Refusal {
    /// A later binary applied migrations that this one does not know and that break it.
    #[error("{module} {} in this database and break{} older binaries: run a binary that knows {}", Unknown::list(versions), if versions.len() == 1 { "s" } else { "" }, if versions.len() == 1 { "it" } else { "them" })]
    Incompatible { module: String, versions: Vec<Unknown> },

    /// A migration is not recorded although a later one is.
    #[error(
        "{file} is not recorded in this database, although V{later} of {module} is: restore its ledger row or the database"
    )]
    Missing {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        #[serde(serialize_with = "number")]
        later: Version,
    },

    /// What was applied is not what this binary holds.
    #[error("V{version} of {module} is not what was applied here: the {part} {recorded} is recorded, this binary holds {}", embedded.map_or_else(|| "no such migration".to_owned(), |sum| sum.to_string()))]
    Divergent {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        part: DivergentPart,
        #[serde(serialize_with = "text")]
        recorded: Checksum,
        #[serde(serialize_with = "optional_text")]
        embedded: Option<Checksum>,
    },

    /// A later binary has renamed the module, and applies its migrations under the new name from then on.
    #[error(
        "the module {module} is called {renamed_to} in this database, from V{version} on: run a binary that knows it so"
    )]
    Renamed {
        module: String,
        /// The first version that is not applied under this name any more.
        #[serde(serialize_with = "number")]
        version: Version,
        renamed_to: String,
    },

    /// A migration was moved to another module, which has changed since in a way that this binary does not know, or is the
    /// only one that applied it here.
    #[error("V{version} of {module} is part of the module {to} in this database: run a binary that knows it there")]
    MovedAway {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        /// The module that it belongs to.
        to: String,
    },

    /// A stepwise migration was begun before it was moved to another module, and is not done.
    #[error(
        "V{version} of {module} is begun in this database and not done, and part of the module {to} in this binary: let one \
         that still has it in {module} bring it to its end"
    )]
    MovedUnfinished {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        /// The module that it belongs to.
        to: String,
    },

    /// The ledger row is in a state that no start-up can go on from.
    #[error("V{version} of {module} is recorded as `{status}`: {}", match status { Status::Started => "it ended before its end, so nobody knows which statements ran", _ => "this binary does not know that state" })]
    Stuck {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        #[serde(serialize_with = "text")]
        status: Status,
    },

    /// A migration failed. Nothing of it was kept, or of a stepwise one the statements before the one that failed.
    #[error("{module} {file}{}: {cause}", line.map_or_else(String::new, |line| format!(":{line}")))]
    Failed {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        /// The line on which the failing statement begins, counted from 1.
        line: Option<u32>,
        /// The failing statement, shortened.
        statement: Option<String>,
        /// How many of its statements are committed all the same: none, but for a stepwise migration.
        kept: usize,
        cause: String,
    },

    /// Somebody else is at a stepwise migration, and was not done while this one waited.
    #[error(
        "{module} {file} is being applied by {by}, and was not done after {waited:?}: it goes on, so try again later"
    )]
    Busy {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        by: String,
        /// How long it was waited for.
        #[serde(skip)]
        waited: std::time::Duration,
    },

    /// What was asked of a phased migration is not possible where it stands.
    #[error("V{version} of {module}: {reason}")]
    IllegalMove {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        /// Where it stands.
        state: PhasedState,
        /// What is possible there.
        legal: Vec<Move>,
        reason: String,
    },

    /// A completion was held back, since a replica is alive that is older than it, or nobody can tell. Nothing of it was run.
    #[error("V{version} of {module} is not completed: {reason}")]
    Withheld {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        reason: String,
    },

    /// The table `_migrations` is not a ledger that this runtime can read.
    #[error("the ledger cannot be read: {reason}")]
    Unreadable { reason: String },

    /// Migrations are pending, and the run had stopped applying any. What is recorded stays as it was.
    #[error("{pending} pending migration{} not attempted, because {because}", if *pending == 1 { " was" } else { "s were" })]
    NotAttempted {
        #[serde(serialize_with = "text")]
        because: Halted,
        pending: usize,
    },

    /// Its pending migrations were validated first, as was asked for, and something was found. Nothing was applied.
    #[error("{} of the pending migrations: {}", match findings.len() { 1 => "validation found something".to_owned(), more => format!("validation found {more} things") }, findings.first().map_or_else(String::new, ToString::to_string))]
    Invalid {
        /// What was found; the errors first.
        findings: Vec<ValidationFinding>,
    },

    /// The context could not be entered, or the database could not be reached until the deadline.
    #[error("{reason}")]
    Unavailable { reason: String },
}

impl Refusal {
    /// One word for the kind: the `kind` of its JSON form.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Incompatible { .. } => "incompatible",
            Self::Missing { .. } => "missing",
            Self::Divergent { .. } => "divergent",
            Self::Renamed { .. } => "renamed",
            Self::MovedAway { .. } => "moved_away",
            Self::MovedUnfinished { .. } => "moved_unfinished",
            Self::Stuck { .. } => "stuck",
            Self::Failed { .. } => "failed",
            Self::Busy { .. } => "busy",
            Self::IllegalMove { .. } => "illegal_move",
            Self::Withheld { .. } => "withheld",
            Self::Unreadable { .. } => "unreadable",
            Self::NotAttempted { .. } => "not_attempted",
            Self::Invalid { .. } => "invalid",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// The module and version it speaks of, where it speaks of one.
    pub fn migration(&self) -> Option<(&str, Version)> {
        match self {
            Self::Incompatible { module, versions } => versions.first().map(|first| (module.as_str(), first.version)),
            Self::Missing { module, version, .. }
            | Self::Divergent { module, version, .. }
            | Self::Renamed { module, version, .. }
            | Self::MovedAway { module, version, .. }
            | Self::MovedUnfinished { module, version, .. }
            | Self::Stuck { module, version, .. }
            | Self::Failed { module, version, .. }
            | Self::Busy { module, version, .. }
            | Self::IllegalMove { module, version, .. }
            | Self::Withheld { module, version, .. } => Some((module, *version)),
            Self::Invalid { findings } => findings.first().map(|first| (first.module.as_str(), first.version)),
            Self::Unreadable { .. } | Self::NotAttempted { .. } | Self::Unavailable { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
