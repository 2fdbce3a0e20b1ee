//! Which contexts there are.

use serde_json::{Map, Value};

use crate::context::{Context, ContextError};
use crate::inventory::Existing;
use crate::probe::is_in;
use crate::{Database, QueryError, StatementErrorKind};

/// The contexts to bring up to date.
///
/// ```
/// # use migrate_runtime::{Context, Fleet};
/// let by_name = Fleet::contexts([Context::new("acme", "eu-1")?, Context::new("acme", "eu-2")?]);
/// let whole_namespace = Fleet::databases_of("acme");
/// let registered = Fleet::registry(Context::new("ops", "system")?, "SELECT namespace, database FROM tenant");
/// # Ok::<(), migrate_runtime::ContextError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fleet(Source);

#[derive(Clone, Debug)]
enum Source {
    Contexts(Vec<Context>),
    DatabasesOf(String),
    Registry { context: Context, query: String },
}

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
}

impl From<QueryError> for FleetError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl Fleet {
    /// Exactly these contexts. Those that do not exist are created.
    pub fn contexts(contexts: impl IntoIterator<Item = Context>) -> Self {
        Self(Source::Contexts(contexts.into_iter().collect()))
    }

    /// Every database of a namespace.
    pub fn databases_of(namespace: impl Into<String>) -> Self {
        Self(Source::DatabasesOf(namespace.into()))
    }

    /// The contexts that a query in one context gives: rows `{ namespace, database }` or `[namespace, database]`. Those
    /// that do not exist are created.
    ///
    /// The query is yours and is run as it is: it should be one `SELECT`.
    pub fn registry(context: Context, query: impl Into<String>) -> Self {
        Self(Source::Registry { context, query: query.into() })
    }

    /// The contexts, in order, each once.
    pub(crate) async fn resolve(self, database: &impl Database) -> Result<Vec<Context>, FleetError> {
        let contexts = match self.0 {
            Source::Contexts(contexts) => contexts,
            Source::DatabasesOf(namespace) => databases_of(database, namespace).await?,
            Source::Registry { context, query } => registry(database, context, query).await?,
        };
        let mut seen = std::collections::HashSet::with_capacity(contexts.len());
        match contexts.iter().find(|context| !seen.insert(*context)) {
            Some(twice) => Err(FleetError::Duplicate(twice.clone())),
            None => Ok(contexts),
        }
    }
}

async fn databases_of(database: &impl Database, namespace: String) -> Result<Vec<Context>, FleetError> {
    match Existing::databases_of(database, &namespace).await? {
        Existing::Known(names) => {
            let context = |name| Context::new(namespace.clone(), name).map_err(FleetError::Name);
            names.into_iter().map(context).collect()
        }
        Existing::Absent => Err(FleetError::NoSuchNamespace(namespace)),
        Existing::Unknown(why) => Err(FleetError::Refused(why)),
    }
}

async fn registry(database: &impl Database, context: Context, query: String) -> Result<Vec<Context>, FleetError> {
    // Looked up first, because `USE` would create it.
    let exists = match Existing::databases_of(database, context.namespace()).await? {
        Existing::Known(names) => names.contains(context.database()),
        Existing::Absent => false,
        // A user of one database may not look; then `USE` cannot create anything either.
        Existing::Unknown(_) => true,
    };
    if !exists {
        return Err(FleetError::NoSuchRegistry(context));
    }
    let reply = database.query(format!("{}\n{query}\n;", context.use_statement()), Map::new()).await?;
    let [entered, rows] = <[_; 2]>::try_from(reply.0)
        .map_err(|results| FleetError::NotAContext(format!("{} results", results.len().saturating_sub(1))))?;
    match entered {
        Ok(entered) if is_in(&context, &entered) => {}
        Ok(entered) => return Err(FleetError::Refused(format!("{context} cannot be entered, only {entered}"))),
        Err(error) => return Err(FleetError::Refused(format!("{context} cannot be entered: {error}"))),
    }
    let rows = rows.map_err(|error| match error.kind {
        StatementErrorKind::NoSuchTable => FleetError::Refused(format!("{context} holds no such registry: {error}")),
        _ => FleetError::Refused(error.message),
    })?;
    let Value::Array(rows) = rows else { return Err(FleetError::NotAContext(rows.to_string())) };
    rows.iter().map(read_row).collect()
}

fn read_row(row: &Value) -> Result<Context, FleetError> {
    let names = match row {
        Value::Array(names) if names.len() == 2 => (names[0].as_str(), names[1].as_str()),
        row => (row["namespace"].as_str(), row["database"].as_str()),
    };
    let (Some(namespace), Some(database)) = names else { return Err(FleetError::NotAContext(row.to_string())) };
    Context::new(namespace, database).map_err(FleetError::Name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_registry_row_is_an_object_or_a_pair() {
        for row in [json!({"namespace": "a", "database": "b", "plan": "pro"}), json!(["a", "b"])] {
            assert_eq!(read_row(&row).unwrap(), Context::new("a", "b").unwrap());
        }
        for row in [json!("a"), json!(["a"]), json!({"namespace": "a"}), json!(["a", 1]), json!(null)] {
            assert!(matches!(read_row(&row), Err(FleetError::NotAContext(_))), "{row}");
        }
        assert!(matches!(read_row(&json!(["a", ""])), Err(FleetError::Name(_))));
    }
}
