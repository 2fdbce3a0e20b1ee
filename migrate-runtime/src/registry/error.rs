use crate::context::Context;

/// Why the replica registry could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the messages say the rest")]
pub enum RegistryError {
    /// Its context cannot be entered: the user has no right to it, or it cannot be created.
    #[error("the replica registry in {context} cannot be reached: {reason}")]
    NotEntered { context: Context, reason: String },
    /// The user may enter the context, and not do this there.
    #[error("the user has no right to the replica registry in {context}: {reason}")]
    NotAllowed { context: Context, reason: String },
    /// The database refuses it for a reason that trying again does not change.
    #[error("the database refuses the replica registry in {context}: {reason}")]
    Refused { context: Context, reason: String },
    /// There was no answer until the deadline; the reason is what was met last.
    #[error("the replica registry in {context} does not answer: {reason}")]
    Unanswered { context: Context, reason: String },
    /// It holds a row that is not of a replica, or of one that this version does not understand.
    #[error("the replica registry holds a row that cannot be read: {0}")]
    Unreadable(String),
}
