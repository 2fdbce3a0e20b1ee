//! Which databases exist, looked up without the `USE` that would create them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::context::use_namespace;
use crate::{Database, QueryError, StatementError, StatementErrorKind};

/// What is known about the databases of one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// These exist, and no others.
    Known(BTreeSet<String>),
    /// The namespace does not exist.
    Absent,
    /// The user has no right to know, for this reason.
    Unknown(String),
}

impl Existing {
    /// Looks up the databases of one namespace, without creating it.
    pub(crate) async fn databases_of(database: &impl Database, namespace: &str) -> Result<Self, QueryError> {
        match namespaces(database).await? {
            Some(all) if !all.contains(namespace) => Ok(Self::Absent),
            _ => {
                let found = databases(database, &[namespace.to_owned()]).await?.pop();
                Ok(found.unwrap_or_else(|| Self::Unknown("the database did not say".to_owned())))
            }
        }
    }
}

/// The names of all namespaces, or `None` when the user has no right to know.
pub(crate) async fn namespaces(database: &impl Database) -> Result<Option<BTreeSet<String>>, QueryError> {
    let reply = database.query("INFO FOR ROOT;".to_owned(), Map::new()).await?;
    match reply.0.into_iter().next() {
        Some(Ok(info)) => Ok(Some(keys(&info["namespaces"]))),
        Some(Err(error)) if error.kind == StatementErrorKind::NotAllowed => Ok(None),
        Some(Err(error)) => Err(unknown(&error)),
        None => Err(QueryError::Lost("the database did not say which namespaces there are".to_owned())),
    }
}

/// The databases of each of these namespaces, which exist or which the user has no right to create.
pub(crate) async fn databases(database: &impl Database, namespaces: &[String]) -> Result<Vec<Existing>, QueryError> {
    let text: String = namespaces.iter().flat_map(|name| [use_namespace(name), " INFO FOR NS;\n".to_owned()]).collect();
    let reply = database.query(text, Map::new()).await?;
    let mut results = reply.0.into_iter();
    let existing = |namespace: &String| match (results.next(), results.next()) {
        (Some(Ok(entered)), Some(Ok(info))) if entered["namespace"] == namespace.as_str() => {
            Ok(Existing::Known(keys(&info["databases"])))
        }
        (Some(Err(error)), _) | (_, Some(Err(error))) if error.kind == StatementErrorKind::NotAllowed => {
            Ok(Existing::Unknown(error.message))
        }
        (Some(Err(error)), _) | (_, Some(Err(error))) => Err(unknown(&error)),
        _ => Ok(Existing::Unknown(format!("the namespace `{namespace}` cannot be entered"))),
    };
    namespaces.iter().map(existing).collect()
}

/// Whoever may know and was not told has to ask again: to take "unknown" for "perhaps" would let a `USE` create what is not
/// there.
fn unknown(error: &StatementError) -> QueryError {
    match error.kind {
        StatementErrorKind::Conflict | StatementErrorKind::NoSuchContext => QueryError::Conflict(error.message.clone()),
        StatementErrorKind::TimedOut => QueryError::TimedOut(error.message.clone()),
        _ => QueryError::Refused(error.message.clone()),
    }
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().map(|names| names.keys().cloned().collect()).unwrap_or_default()
}
