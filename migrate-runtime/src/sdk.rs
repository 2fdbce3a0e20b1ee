//! The [`Database`] of the SurrealDB SDK, for every engine of it.

use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde_json::{Map, Value};
use surrealdb::types::{
    AlreadyExistsError, Error, ErrorDetails, NotFoundError, QueryError as SdkQueryError, Value as SdkValue,
};
use surrealdb::{Connection, Surreal};
use tokio::time::{sleep, timeout};

use crate::{Database, QueryError, Reply, StatementError, StatementErrorKind};

impl<C: Connection> Database for Surreal<C> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        let query = Surreal::query(self, text).bind(Value::Object(variables)).into_future();
        let response = while_alive(&PATIENCE, query, || async {
            // That there is no connection is no sign of life.
            !Surreal::query(self, "RETURN NONE;").await.is_err_and(|error| error.is_connection())
        })
        .await?;
        let mut response = response.map_err(|error| query_error(&error))?;
        let mut errors = response.take_errors();
        // `take_errors` removes the failed statements, so that what is left and what was taken make up the whole.
        let statements = response.num_statements() + errors.len();
        let result = |at| match errors.remove(&at) {
            Some(error) => Err(statement_error(&error)),
            None => match response.take::<SdkValue>(at) {
                Ok(value) => Ok(value.into_json_value()),
                Err(error) => Err(statement_error(&error)),
            },
        };
        Ok(Reply((0..statements).map(result).collect()))
    }

    async fn version(&self) -> Result<Option<String>, QueryError> {
        // Whoever has not said by then which version it is has not said anything.
        match timeout(PATIENCE.silence + PATIENCE.tick * TICKS, Surreal::version(self)).await {
            Ok(Ok(version)) => Ok(Some(version.to_string())),
            Ok(Err(error)) => Err(query_error(&error)),
            Err(_) => Err(QueryError::Lost("the database did not say its version".to_owned())),
        }
    }
}

/// For how long a database may be silent.
struct Patience {
    /// How long an answer may stay away until the database is asked whether it is still there.
    silence: Duration,
    /// It then has this often [`TICKS`] to say anything. Each is waited for by itself, so that a process that stood
    /// still does not take its own pause for the database's.
    tick: Duration,
}

const PATIENCE: Patience = Patience { silence: Duration::from_secs(5), tick: Duration::from_secs(1) };
const TICKS: u32 = 10;

/// Waits for an answer as long as the database answers at all.
///
/// The SDK waits for ever: for an answer over a connection that is dead without anybody having said so, and, while it
/// reconnects, for a server that may never come back. How long a migration takes nobody knows, so there is no limit on
/// that; but a database that works on one query answers another one meanwhile.
async fn while_alive<T, P: Future<Output = bool>>(
    patience: &Patience,
    query: impl Future<Output = T>,
    ask: impl Fn() -> P,
) -> Result<T, QueryError> {
    let mut query = pin!(query);
    loop {
        if let Ok(answer) = timeout(patience.silence, &mut query).await {
            return Ok(answer);
        }
        let mut asked = pin!(async {
            if !ask().await {
                std::future::pending::<()>().await;
            }
        });
        let mut ticks = 0;
        loop {
            if ticks == TICKS {
                let silence = patience.silence + patience.tick * TICKS;
                return Err(QueryError::Lost(format!("the database has not answered anything for {silence:?}")));
            }
            match select(&mut query, select(&mut asked, pin!(sleep(patience.tick)))).await {
                Either::Left((answer, _)) => return Ok(answer),
                Either::Right((Either::Left(_), _)) => break,
                Either::Right((Either::Right(_), _)) => ticks += 1,
            }
        }
    }
}

fn statement_error(error: &Error) -> StatementError {
    let kind = match error.details() {
        ErrorDetails::Thrown => StatementErrorKind::Thrown,
        ErrorDetails::AlreadyExists(Some(AlreadyExistsError::Record { .. })) => StatementErrorKind::RecordExists,
        ErrorDetails::NotFound(Some(NotFoundError::Table { .. })) => StatementErrorKind::NoSuchTable,
        ErrorDetails::NotFound(Some(NotFoundError::Namespace { .. } | NotFoundError::Database { .. })) => {
            StatementErrorKind::NoSuchContext
        }
        ErrorDetails::Query(Some(SdkQueryError::TransactionConflict)) => StatementErrorKind::Conflict,
        ErrorDetails::Query(Some(SdkQueryError::NotExecuted | SdkQueryError::Cancelled)) => {
            StatementErrorKind::Bystander
        }
        ErrorDetails::Query(Some(SdkQueryError::TimedOut { .. })) => StatementErrorKind::TimedOut,
        ErrorDetails::NotAllowed(_) => StatementErrorKind::NotAllowed,
        _ => StatementErrorKind::Other,
    };
    StatementError { kind, message: error.message().to_owned() }
}

fn query_error(error: &Error) -> QueryError {
    let message = error.message().to_owned();
    match error.details() {
        // The WebSocket client refuses a message that is too long, as an HTTP server does with a status.
        _ if message.starts_with("Message too long") || message.contains("413 Payload Too Large") => {
            QueryError::TooLarge(message)
        }
        ErrorDetails::Validation(_) => QueryError::Refused(message),
        ErrorDetails::NotAllowed(_) => QueryError::NotAllowed(message),
        ErrorDetails::Query(Some(SdkQueryError::TransactionConflict)) => QueryError::Conflict(message),
        ErrorDetails::Query(Some(SdkQueryError::TimedOut { .. })) => QueryError::TimedOut(message),
        // Whatever else keeps the results from arriving leaves it unknown whether the text ran.
        _ => QueryError::Lost(message),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const SHORT: Patience = Patience { silence: Duration::from_millis(1), tick: Duration::from_millis(2) };

    #[tokio::test]
    async fn an_answer_is_waited_for_while_the_database_answers_others() {
        let slow = sleep(SHORT.silence + SHORT.tick * TICKS * 5);
        assert_eq!(while_alive(&SHORT, slow, || ready(true)).await, Ok(()));
    }

    #[tokio::test]
    async fn a_database_that_answers_nothing_is_given_up() {
        let lost = while_alive(&SHORT, pending::<()>(), pending::<bool>).await;
        assert!(matches!(lost, Err(QueryError::Lost(_))), "{lost:?}");
    }

    #[tokio::test]
    async fn a_late_answer_counts() {
        let patience = Patience { tick: Duration::from_mins(1), ..SHORT };
        assert_eq!(while_alive(&patience, sleep(SHORT.silence * 10), pending::<bool>).await, Ok(()));
    }
}
