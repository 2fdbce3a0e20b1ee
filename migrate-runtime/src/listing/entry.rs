use std::time::Duration;

use migrate_core::{Migration, UndoSafety, Version};
use serde::{Deserialize, Serialize, Serializer};

use super::status::MigrationStatus;
use crate::refusal::number;

/// One migration of a listing: what this binary knows of it, and what the ledger says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListedMigration {
    /// Its module; where it is still recorded under a name that the module had before, that name.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// The name part of its file name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its description, where this binary has one.
    pub description: Option<String>,
    /// Where it stands.
    pub status: MigrationStatus,
    /// When the log first speaks of it, by the server's clock.
    pub first_seen: Option<String>,
    /// When it was applied or failed, by the server's clock.
    pub applied_at: Option<String>,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "optional_millis")]
    pub duration: Option<Duration>,
    /// How many statements it has.
    pub statements: usize,
    /// Who applied it, or tried to.
    pub applied_by: Option<AppliedBy>,
    /// Why it failed.
    pub error: Option<RecordedError>,
    /// Why the last attempt to undo it failed, where it did.
    pub undo_error: Option<RecordedUndoError>,
    /// Whether a binary that does not know it must refuse the context.
    pub breaking: bool,
    /// How it can be undone.
    pub undo: ListedUndo,
    /// What this binary has to do with it.
    pub here: Here,
    /// The ways out of where it stands, where it is stuck or failed; otherwise empty.
    pub ways_out: Vec<&'static str>,
}

/// What this binary has to do with a migration of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Here {
    /// It holds it, and applies it where it is pending.
    Wanted,
    /// It holds it, and was told [to stop before it](crate::Migrator::until).
    BehindTarget,
    /// It does not hold it: it is of a later binary, or of another one.
    Unknown,
}

/// Who applied a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppliedBy {
    /// The name of the binary.
    pub binary: String,
    /// Its version, if it said so.
    #[serde(default)]
    pub version: Option<String>,
    /// The process.
    #[serde(default)]
    pub replica: Option<String>,
    /// `baseline` or `adoption`, where the database was taken over.
    #[serde(default)]
    pub via: Option<String>,
}

/// Why a migration failed, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedError {
    /// What the database said.
    pub message: String,
    /// The line of the statement that failed.
    #[serde(default)]
    pub line: Option<u32>,
    /// That statement, shortened.
    #[serde(default)]
    pub statement: Option<String>,
}

/// Why a migration was not undone, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedUndoError {
    /// What the database said.
    pub message: String,
    /// Which of the undo's statements failed, counted from 1, where it is known.
    #[serde(default)]
    pub statement: Option<u64>,
}

/// How a migration of a listing can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum ListedUndo {
    /// By a text that this binary has derived.
    Derived {
        #[serde(serialize_with = "word")]
        safety: UndoSafety,
    },
    /// By the down file that this binary has.
    Explicit {
        #[serde(serialize_with = "word")]
        safety: UndoSafety,
    },
    /// By the text that the ledger keeps, for this binary does not know the migration.
    Recorded {
        #[serde(serialize_with = "word")]
        safety: UndoSafety,
    },
    /// It cannot.
    None { reason: String },
}

impl From<&Migration> for ListedUndo {
    fn from(migration: &Migration) -> Self {
        use migrate_core::Undo;
        match migration.undo() {
            Undo::Derived { safety, .. } => Self::Derived { safety: *safety },
            Undo::Explicit { safety, .. } => Self::Explicit { safety: *safety },
            Undo::None { reason } => Self::None { reason: reason.clone().into_owned() },
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn word<S: Serializer>(safety: &UndoSafety, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(safety.word())
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn optional_millis<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
}
