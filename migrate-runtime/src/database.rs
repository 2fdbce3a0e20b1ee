use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value};

/// A connection to the database: query text and variables in, one result per statement out.
///
/// It is implemented for `Surreal<C>` of every engine. Tests wrap it to inject faults, and another major version of the
/// SDK is one more implementation. Values travel as JSON, in which the database writes datetimes, durations and record
/// ids as text.
pub trait Database: Send + Sync {
    /// Runs one query text.
    ///
    /// # Errors
    ///
    /// When the text was refused as a whole, or when it is unknown whether it ran. The failure of one statement is part
    /// of the [`Reply`].
    fn query(
        &self,
        text: String,
        variables: Map<String, Value>,
    ) -> impl Future<Output = Result<Reply, QueryError>> + Send;

    /// The version of the server, such as `3.3.5`, or `None` where this connection cannot tell: no query can.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    fn version(&self) -> impl Future<Output = Result<Option<String>, QueryError>> + Send {
        std::future::ready(Ok(None))
    }
}

impl<D: Database> Database for &D {
    fn query(
        &self,
        text: String,
        variables: Map<String, Value>,
    ) -> impl Future<Output = Result<Reply, QueryError>> + Send {
        (**self).query(text, variables)
    }

    fn version(&self) -> impl Future<Output = Result<Option<String>, QueryError>> + Send {
        (**self).version()
    }
}

impl<D: Database> Database for Arc<D> {
    fn query(
        &self,
        text: String,
        variables: Map<String, Value>,
    ) -> impl Future<Output = Result<Reply, QueryError>> + Send {
        (**self).query(text, variables)
    }

    fn version(&self) -> impl Future<Output = Result<Option<String>, QueryError>> + Send {
        (**self).version()
    }
}

/// The results of one query text, in the order of its statements.
#[derive(Clone, Debug, Default)]
pub struct Reply(pub Vec<Result<Value, StatementError>>);

/// Why one statement failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StatementError {
    /// What it means to the runtime.
    pub kind: StatementErrorKind,
    /// What the database says.
    pub message: String,
}

/// What the failure of a statement means to the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatementErrorKind {
    /// A `THROW`.
    Thrown,
    /// A record of that id exists.
    RecordExists,
    /// The table does not exist.
    NoSuchTable,
    /// The namespace or the database does not exist: somebody has removed it since it was entered.
    NoSuchContext,
    /// Another transaction was there first: the whole may be tried again.
    Conflict,
    /// It did not run, or what it did was taken back, because of another statement of its transaction.
    Bystander,
    /// The user has no right to it.
    NotAllowed,
    /// The time that the server gives a query or a transaction was over.
    TimedOut,
    /// Anything else: the migration's own doing.
    Other,
}

impl Reply {
    /// What says that the server gave it up, if it did.
    pub(crate) fn late(&self) -> Option<&StatementError> {
        self.0
            .iter()
            .filter_map(|result| result.as_ref().err())
            .find(|error| error.kind == StatementErrorKind::TimedOut)
    }
}

impl StatementErrorKind {
    /// Whether another try may well do without it: somebody was in the way, or it took too long.
    pub(crate) const fn is_passing(self) -> bool {
        matches!(self, Self::Conflict | Self::TimedOut)
    }
}

/// Why a query text gave no [`Reply`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The database refused the text before running any of it.
    #[error("the database refused the query: {0}")]
    Refused(String),
    /// The text with its variables is larger than the connection or the server takes as one message: nothing of it ran.
    #[error("the query is larger than the database takes: {0}")]
    TooLarge(String),
    /// The user has no right to run queries at all, or is not signed in.
    #[error("the database refused the user: {0}")]
    NotAllowed(String),
    /// Another transaction was there first and nothing ran.
    #[error("a concurrent transaction was there first: {0}")]
    Conflict(String),
    /// The time that the server gives a query was over. What it had committed by then stays.
    #[error("the database gave up on the query: {0}")]
    TimedOut(String),
    /// The answer did not arrive: whether the text ran is unknown.
    #[error("the connection was lost: {0}")]
    Lost(String),
}
