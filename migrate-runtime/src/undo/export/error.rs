use std::io;
use std::path::PathBuf;

use migrate_core::Version;

use crate::context::Context;
use crate::live::LiveSchemaError;

/// Why rows could not be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum ExportError {
    /// What goes with a migration is not known, so that it cannot be exported.
    #[error(
        "this binary does not hold V{version} of {module}, and cannot tell what goes with it: make a backup of the database by other means, and undo without an export"
    )]
    Unknown { module: String, version: Version },
    /// A field within the elements of an array has values, which cannot be put back one by one.
    #[error(
        "{0} is within the elements of an array, and its values cannot be exported by themselves: make a backup of the database by other means, and undo without an export"
    )]
    WithinElements(String),
    /// There are files in the directory already.
    #[error("{} is not empty: name another directory", .0.display())]
    NotEmpty(PathBuf),
    /// A file could not be written.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// A record holds a value that would not come back as it was.
    #[error("{record} holds a value that a file cannot keep exactly, such as a regular expression")]
    Inexact { record: String },
    /// The database refused, or did not answer until the deadline.
    #[error("the rows of `{table}` in {context} could not be read: {reason}")]
    Unavailable { context: Context, table: String, reason: String },
}

/// Why exported rows could not be put back, or not all of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum RestoreError {
    /// The schema of the context could not be read.
    #[error(transparent)]
    Schema(#[from] LiveSchemaError),
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// There is no export in the directory.
    #[error("{} holds no export", .0.display())]
    Nothing(PathBuf),
    /// It is not a file that an export wrote to its end.
    #[error("{} line {line}: {reason}", path.display())]
    Malformed { path: PathBuf, line: usize, reason: String },
    /// The table is not there.
    #[error("{} is of the table `{table}`, which {context} does not have: apply the migrations first", path.display())]
    NoSuchTable { path: PathBuf, context: Context, table: String },
    /// No module of this migrator has such a field.
    #[error("{} has values of the field `{field}`, which no module of this binary defines on `{table}`", path.display())]
    NoSuchField { path: PathBuf, table: String, field: String },
    /// The database refused, or did not answer until the deadline. What was put back before stays, and doing it again goes on.
    #[error("{}: the rows could not be written to {context}: {reason}", path.display())]
    Refused { path: PathBuf, context: Context, reason: String },
}
