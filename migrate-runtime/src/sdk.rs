//! The [`Database`] of the SurrealDB SDK, for every engine of it.

use serde_json::{Map, Value};
use surrealdb::types::{
    AlreadyExistsError, Error, ErrorDetails, NotFoundError, QueryError as SdkQueryError, Value as SdkValue,
};
use surrealdb::{Connection, Surreal};

use crate::{Database, QueryError, Reply, StatementError, StatementErrorKind};

impl<C: Connection> Database for Surreal<C> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        let query = Surreal::query(self, text).bind(Value::Object(variables));
        let mut response = query.await.map_err(|error| query_error(&error))?;
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
}

fn statement_error(error: &Error) -> StatementError {
    let kind = match error.details() {
        ErrorDetails::Thrown => StatementErrorKind::Thrown,
        ErrorDetails::AlreadyExists(Some(AlreadyExistsError::Record { .. })) => StatementErrorKind::RecordExists,
        ErrorDetails::NotFound(Some(NotFoundError::Table { .. })) => StatementErrorKind::NoSuchTable,
        ErrorDetails::Query(Some(SdkQueryError::TransactionConflict)) => StatementErrorKind::Conflict,
        ErrorDetails::Query(Some(SdkQueryError::NotExecuted | SdkQueryError::Cancelled)) => {
            StatementErrorKind::Bystander
        }
        ErrorDetails::NotAllowed(_) => StatementErrorKind::NotAllowed,
        _ => StatementErrorKind::Other,
    };
    StatementError { kind, message: error.message().to_owned() }
}

fn query_error(error: &Error) -> QueryError {
    let message = error.message().to_owned();
    match error.details() {
        ErrorDetails::Validation(_) => QueryError::Refused(message),
        ErrorDetails::NotAllowed(_) => QueryError::NotAllowed(message),
        ErrorDetails::Query(Some(SdkQueryError::TransactionConflict)) => QueryError::Conflict(message),
        // Whatever else keeps the results from arriving leaves it unknown whether the text ran.
        _ => QueryError::Lost(message),
    }
}
