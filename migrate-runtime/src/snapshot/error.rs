use migrate_core::Checksum;

use super::stored::SnapshotId;
use crate::context::Context;
use crate::live::LiveSchemaError;

/// Why a snapshot was not taken, stored, found or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum SnapshotError {
    /// The schema could not be read.
    #[error(transparent)]
    Schema(#[from] LiveSchemaError),
    /// The context could not be entered, the user has no right to it, or the database could not be reached until the
    /// deadline.
    #[error("the snapshots of {context} are out of reach: {reason}")]
    Unavailable { context: Context, reason: String },
    /// There is no such snapshot in this context.
    #[error("{context} has no snapshot {id}")]
    NotFound { context: Context, id: SnapshotId },
    /// What is stored, or the ledger, is not what this runtime wrote.
    #[error("what {context} holds cannot be read: {reason}")]
    Unreadable { context: Context, reason: String },
    /// A stored snapshot is of another format, or was changed.
    #[error("the snapshot of {context} cannot be read: {cause}")]
    Format { context: Context, cause: SnapshotFormatError },
}

/// Why a text or a record is not a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum SnapshotFormatError {
    /// It is not JSON, or something is missing, unknown or of the wrong type.
    #[error("it is no snapshot: {0}")]
    Malformed(String),
    /// A later version wrote it.
    #[error("it is of the format {0}, and this version reads format 1: use the version that wrote it, or a later one")]
    UnknownFormat(String),
    /// Its objects are not those that it was written with.
    #[error("it was changed: its objects give {computed}, and it says {recorded}")]
    Tampered { recorded: Checksum, computed: Checksum },
}

impl SnapshotError {
    /// Of what is asked of the stored snapshots, and not of a schema.
    pub(super) fn of_store(error: LiveSchemaError) -> Self {
        match error {
            LiveSchemaError::Unavailable { context, reason } => Self::Unavailable { context, reason },
            other => Self::Schema(other),
        }
    }
}
