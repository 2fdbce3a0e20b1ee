//! Asking a database which contexts there are.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::fleet_error::FleetError;
use crate::inventory::{self, Existing};
use crate::probe::is_in;
use crate::{Database, StatementErrorKind};

/// So many namespaces are asked about in one round trip.
const AT_ONCE: usize = 256;

/// Every database of every namespace: what exists is looked up without the `USE` that would create it.
pub(crate) async fn all_databases(database: &impl Database) -> Result<Vec<Context>, FleetError> {
    let Some(namespaces) = inventory::namespaces(database).await? else {
        return Err(FleetError::Refused("the user has no right to know which namespaces there are".to_owned()));
    };
    let namespaces: Vec<_> = namespaces.into_iter().collect();
    let mut contexts = Vec::new();
    for some in namespaces.chunks(AT_ONCE) {
        for (namespace, existing) in some.iter().zip(inventory::databases(database, some).await?) {
            match existing {
                Existing::Known(names) => {
                    let context = |name| Context::new(namespace.clone(), name).map_err(FleetError::Name);
                    contexts.append(&mut names.into_iter().map(context).collect::<Result<_, _>>()?);
                }
                Existing::Absent => {}
                Existing::Unknown(why) => return Err(FleetError::Refused(why)),
            }
        }
    }
    Ok(contexts)
}

/// Every database of a namespace.
pub(crate) async fn databases_of(database: &impl Database, namespace: String) -> Result<Vec<Context>, FleetError> {
    match Existing::databases_of(database, &namespace).await? {
        Existing::Known(names) => {
            let context = |name| Context::new(namespace.clone(), name).map_err(FleetError::Name);
            names.into_iter().map(context).collect()
        }
        Existing::Absent => Err(FleetError::NoSuchNamespace(namespace)),
        Existing::Unknown(why) => Err(FleetError::Refused(why)),
    }
}

/// The contexts that a query in one context gives.
pub(crate) async fn registry(
    database: &impl Database,
    context: Context,
    query: String,
) -> Result<Vec<Context>, FleetError> {
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
