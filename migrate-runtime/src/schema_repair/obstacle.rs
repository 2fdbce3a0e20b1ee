use migrate_core::{Object, Version};
use serde::Serialize;

use crate::drift::DriftUnknown;
use crate::ledger::Status;
use crate::refusal::{number, text};

/// Why a schema cannot be repaired. `Display` says it in one sentence, with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "obstacle", rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the variants say the rest")]
pub enum SchemaRepairObstacle {
    /// Nothing is recorded, and nobody said which version it should be.
    #[error(
        "nothing is recorded here: say which version of which module it should be, or take it over with a baseline"
    )]
    Unrecorded,
    /// A migration is phased or stepwise, and some of it is there and some is not.
    #[error("{module} {file} is recorded as `{status}`: bring it to its end or take it back first")]
    Begun {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        #[serde(serialize_with = "text")]
        status: Status,
    },
    /// An undo ended before its end, and nobody knows which of its statements ran.
    #[error(
        "the undo of {module} {file} failed ({cause}), and nobody knows what is left of that migration: say it in its ledger row, `applied` or `rolled_back`, and repair the schema to that"
    )]
    TornUndo {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        cause: String,
    },
    /// A migration ended before its end, and nobody knows which of its statements ran.
    #[error(
        "{module} {file} is recorded as `{status}`, and nobody knows what of it is there: say it in its ledger row, `applied` or `rolled_back`, and repair the schema to that"
    )]
    Stuck {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        file: String,
        #[serde(serialize_with = "text")]
        status: Status,
    },
    /// The database knows a later version than this binary, which may have changed anything.
    #[error("V{version} of {module} is applied here, which this binary does not know: repair it with one that does")]
    Ahead {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
    },
    /// The ledger does not say which versions the database is at.
    #[error("the ledger does not say where it is: {reason}")]
    Ledger { kind: &'static str, reason: String },
    /// A module has rows under two names, or migrations that changed hands.
    #[error(
        "{module} was renamed, or has migrations that were moved to or from {other}: its rows can only be repaired to what the ledger says"
    )]
    Elsewhere { module: String, other: String },
    /// What is recorded afterwards would lack something that it requires.
    #[error("V{version} of {module} requires V{needs_version} of {needs}, which would not be recorded")]
    Unrequired {
        module: String,
        #[serde(serialize_with = "number")]
        version: Version,
        needs: String,
        #[serde(serialize_with = "number")]
        needs_version: Version,
    },
    /// A definition holds a key or a hash, and no migration says which in one statement.
    #[error("{object} holds a secret that no single statement of a migration has: define it by hand")]
    Secret {
        #[serde(serialize_with = "text")]
        object: Object,
    },
    /// A definition is not written in a way that this version knows.
    #[error("{object} has a definition that this version cannot take away or put back: do it by hand")]
    Unreadable {
        #[serde(serialize_with = "text")]
        object: Object,
    },
    /// Somebody is at a stepwise migration, or at a repair, in this database.
    #[error("{by} is at work in this database: wait until it is done")]
    Busy { by: String },
}

impl SchemaRepairObstacle {
    pub(super) fn unknown(why: &DriftUnknown) -> Self {
        Self::Ledger { kind: why.kind(), reason: why.to_string() }
    }
}
