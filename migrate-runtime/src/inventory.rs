//! Which databases exist, looked up without the `USE` that would create them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::context::use_namespace;
use crate::{Database, QueryError};

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
    let info = reply.0.into_iter().next().and_then(Result::ok);
    Ok(info.map(|info| keys(&info["namespaces"])))
}

/// The databases of each of these namespaces, which exist or which the user has no right to create.
pub(crate) async fn databases(database: &impl Database, namespaces: &[String]) -> Result<Vec<Existing>, QueryError> {
    let text: String = namespaces.iter().flat_map(|name| [use_namespace(name), " INFO FOR NS;\n".to_owned()]).collect();
    let reply = database.query(text, Map::new()).await?;
    let mut results = reply.0.into_iter();
    let existing = |namespace: &String| match (results.next(), results.next()) {
        (Some(Ok(entered)), Some(Ok(info))) if entered["namespace"] == namespace.as_str() => {
            Existing::Known(keys(&info["databases"]))
        }
        (Some(Err(error)), _) | (_, Some(Err(error))) => Existing::Unknown(error.message),
        _ => Existing::Unknown(format!("the namespace `{namespace}` cannot be entered")),
    };
    Ok(namespaces.iter().map(existing).collect())
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().map(|names| names.keys().cloned().collect()).unwrap_or_default()
}
