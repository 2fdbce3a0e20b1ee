use serde_json::{Map, Value};

use super::text::ENTERED;
use super::usable::Index;
use crate::fleet_error::FleetError;
use crate::{Database, QueryError, StatementErrorKind};

/// Creates the table of the index. Every statement is a no-op where it exists, so that replicas may race.
const DEFINE_INDEX: &str = "\
DEFINE TABLE IF NOT EXISTS _migration_fleet TYPE NORMAL SCHEMAFULL PERMISSIONS NONE COMMENT 'migration fleet index, format 1';
DEFINE FIELD IF NOT EXISTS namespace ON _migration_fleet TYPE string;
DEFINE FIELD IF NOT EXISTS database ON _migration_fleet TYPE string;
DEFINE FIELD IF NOT EXISTS namespace_id ON _migration_fleet TYPE option<int>;
DEFINE FIELD IF NOT EXISTS database_id ON _migration_fleet TYPE option<int>;
DEFINE FIELD IF NOT EXISTS modules ON _migration_fleet TYPE object FLEXIBLE;
DEFINE FIELD IF NOT EXISTS updated_at ON _migration_fleet TYPE datetime;
";

/// Why the index could not be defined.
pub(crate) enum Undefined {
    /// Somebody was in the way.
    Again(String),
    /// It cannot be.
    Unusable(String),
}

/// Removes every row of the index.
pub(crate) async fn clear(database: &impl Database, index: &Index) -> Result<(), FleetError> {
    let mut variables = Map::<String, Value>::new();
    index.bind(&mut variables);
    let text =
        format!("{}\nBEGIN;\n{ENTERED}DELETE _migration_fleet RETURN NONE;\nCOMMIT;\n", index.context.use_statement());
    let reply = database.query(text, variables).await?;
    let errors: Vec<_> = reply.0.into_iter().filter_map(Result::err).collect();
    let mut causes = errors.iter().filter(|error| error.kind != StatementErrorKind::Bystander);
    match causes.next().or(errors.first()) {
        None => Ok(()),
        Some(cause) => Err(FleetError::Refused(cause.message.clone())),
    }
}

/// Defines the index, where the user may do so.
pub(crate) async fn define(database: &impl Database, index: &Index) -> Result<(), Undefined> {
    let mut variables = Map::<String, Value>::new();
    index.bind(&mut variables);
    let text = format!("{}\nBEGIN;\n{ENTERED}{DEFINE_INDEX}COMMIT;\n", index.context.use_statement());
    let reply = match database.query(text, variables).await {
        Ok(reply) => reply,
        Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_) | QueryError::TimedOut(_))) => {
            return Err(Undefined::Again(error.to_string()));
        }
        Err(error) => return Err(Undefined::Unusable(error.to_string())),
    };
    let errors: Vec<_> = reply.0.into_iter().filter_map(Result::err).collect();
    if let Some(passing) = errors.iter().find(|error| error.kind.is_passing()) {
        return Err(Undefined::Again(passing.message.clone()));
    }
    let mut causes = errors.iter().filter(|error| error.kind != StatementErrorKind::Bystander);
    match causes.next().or(errors.first()) {
        None => Ok(()),
        Some(cause) => Err(Undefined::Unusable(cause.message.clone())),
    }
}
