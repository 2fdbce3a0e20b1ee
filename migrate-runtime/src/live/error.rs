use crate::context::Context;

/// Why the schema of a database could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum LiveSchemaError {
    /// There is no such database. It was not created.
    #[error("the context {0} does not exist")]
    Absent(Context),
    /// The context could not be entered, or the database could not be reached until the deadline.
    #[error("the schema of {context} could not be read: {reason}")]
    Unavailable { context: Context, reason: String },
    /// What the database reported is not what a database of a known version reports.
    #[error("the schema of {context} could not be understood: {reason}")]
    Unreadable { context: Context, reason: String },
}
