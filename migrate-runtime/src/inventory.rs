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
            _ => databases(database, namespace).await,
        }
    }
}

/// The names of all namespaces, or `None` when the user has no right to know.
async fn namespaces(database: &impl Database) -> Result<Option<BTreeSet<String>>, QueryError> {
    let reply = database.query("INFO FOR ROOT;".to_owned(), Map::new()).await?;
    let info = reply.0.into_iter().next().and_then(Result::ok);
    Ok(info.map(|info| keys(&info["namespaces"])))
}

/// The databases of a namespace that exists, or that the user has no right to create.
async fn databases(database: &impl Database, namespace: &str) -> Result<Existing, QueryError> {
    let reply = database.query(format!("{} INFO FOR NS;", use_namespace(namespace)), Map::new()).await?;
    let mut results = reply.0.into_iter();
    Ok(match (results.next(), results.next()) {
        (Some(Ok(entered)), Some(Ok(info))) if entered["namespace"] == namespace => {
            Existing::Known(keys(&info["databases"]))
        }
        (Some(Err(error)), _) | (_, Some(Err(error))) => Existing::Unknown(error.message),
        _ => Existing::Unknown(format!("the namespace `{namespace}` cannot be entered")),
    })
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().map(|names| names.keys().cloned().collect()).unwrap_or_default()
}
