use migrate_core::{Checksum, Version};
use serde::Serialize;

use crate::ledger::Status;
use crate::refusal::{number, text};

/// Why something cannot be undone. `Display` says it in one sentence, with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "obstacle", rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the variants say the rest")]
pub enum UndoObstacle {
    /// There is no text that undoes it.
    #[error(
        "{module} {file} cannot be undone: {reason}; write a down file for it, or a migration that puts things right"
    )]
    Irreversible {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        reason: String,
    },
    /// What was applied is not what this binary holds.
    #[error(
        "{module} {file} is not what was applied here ({recorded} is recorded, this binary holds {embedded}): undo it with the binary that applied it"
    )]
    Divergent {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        #[serde(serialize_with = "text")]
        recorded: Checksum,
        #[serde(serialize_with = "text")]
        embedded: Checksum,
    },
    /// Nobody knows which of its statements ran, or this binary does not know its state.
    #[error(
        "{module} {file} is recorded as `{status}`, so it is not known what of it is there: compare the schema with what it should be, put it right by hand, and set the row to `applied` or `rolled_back`"
    )]
    Stuck {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        #[serde(serialize_with = "text")]
        status: Status,
    },
    /// It is stepwise, and some of it is there and some is not.
    #[error("{module} {file} is applied in part: let a migrator go on with it to its end, then undo it")]
    Begun {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
    },
    /// Its module has another name, under which older binaries take it for applied, or go on with it.
    #[error(
        "{module} {file} is recorded under {other} too, since the module was renamed: a binary that knows only one of the names would go on taking it for applied; write a migration that puts things right"
    )]
    Renamed {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        other: String,
    },
    /// Another module has the same migration on record, since it was moved or its module renamed.
    #[error(
        "{module} {file} is recorded as V{other_version} of {other} too: whoever knows it there would go on taking it for applied; write a migration that puts things right"
    )]
    Shared {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        other: String,
        #[serde(serialize_with = "number")]
        other_version: Version,
    },
    /// A stepwise migration is being applied in this database.
    #[error("{by} is at a stepwise migration of this database: wait until it is done")]
    Busy { by: String },
}

impl UndoObstacle {
    /// The module and version it speaks of, where it speaks of one.
    pub fn migration(&self) -> Option<(&str, Version)> {
        match self {
            Self::Irreversible { module, version, .. }
            | Self::Divergent { module, version, .. }
            | Self::Stuck { module, version, .. }
            | Self::Begun { module, version, .. }
            | Self::Renamed { module, version, .. }
            | Self::Shared { module, version, .. } => Some((module, *version)),
            Self::Busy { .. } => None,
        }
    }
}
