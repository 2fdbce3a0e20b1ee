use crate::QueryError;
use crate::context::{Context, ContextError};
use crate::report::Report;

/// The error of a stream of contexts.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why the contexts of a fleet could not be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The database could not be asked.
    #[error("the contexts of the fleet could not be read")]
    Query(#[source] QueryError),
    /// The database refused to say.
    #[error("the contexts of the fleet could not be read: {0}")]
    Refused(String),
    /// The namespace whose databases are the fleet does not exist.
    #[error("the namespace `{0}` does not exist, so it has no databases to migrate")]
    NoSuchNamespace(String),
    /// The context that holds the registry does not exist.
    #[error("the context {0} does not exist, so there is no registry to read")]
    NoSuchRegistry(Context),
    /// The registry query gave something else than contexts.
    #[error(
        "the registry query has to give rows like {{ namespace: 'a', database: 'b' }} or ['a', 'b'], and it gave {0}"
    )]
    NotAContext(String),
    /// The registry holds a name that no context can have.
    #[error("the registry holds a context that cannot be")]
    Name(#[source] ContextError),
    /// A context is listed twice.
    #[error("the context {0} is listed twice")]
    Duplicate(Context),
    /// A context that is to go first is not of the fleet.
    #[error("the canary {0} is not one of the fleet's contexts")]
    NoSuchCanary(Context),
    /// The stream of contexts ended with an error.
    #[error("the stream of contexts failed")]
    Stream(#[source] Failure),
    /// The stream of contexts ended with an error. What it gave before that was seen to.
    #[error("the stream of contexts failed after {} contexts", .report.counts().contexts)]
    Interrupted {
        /// What became of the contexts before the error.
        report: Box<Report>,
        /// The error of the stream.
        source: Failure,
    },
}

impl From<QueryError> for FleetError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}
