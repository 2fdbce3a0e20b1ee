//! The database as the replicas and the demonstration see it.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{Context, ContextError, Registry, reach};
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::auth::Root;
use surrealdb::types::{ErrorDetails, QueryError, Value as SdkValue};
use tokio::time::sleep;

use crate::error::Error;

/// The connection that everything in a process shares.
pub(crate) type Connection = Arc<Surreal<Any>>;

/// The namespace in which every tenant has its database.
pub(crate) const NAMESPACE: &str = "notes";

/// Longer than a server takes to start on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The tenant of this number.
pub(crate) fn tenant(number: u8) -> Result<Context, ContextError> {
    Context::new(NAMESPACE, format!("tenant_{number}"))
}

/// Where replicas say that they are alive.
pub(crate) fn registry() -> Result<Registry, ContextError> {
    Ok(Registry::new(Context::new("ops", "system")?).lease(Duration::from_secs(15)))
}

/// Connects to the server, which may not be up yet, and signs in.
pub(crate) async fn open(url: &str) -> Result<Connection, Error> {
    let db = reach(PATIENCE, || async {
        let db = connect(url).await?;
        db.signin(Root { username: "root".to_owned(), password: "root".to_owned() }).await?;
        Ok(db)
    });
    Ok(Arc::new(db.await.map_err(|error| Error::Reach(error.into()))?))
}

/// How often a query is sent before its conflict is taken for an error.
const TRIES: u32 = 20;

/// The value of an expression, computed in a tenant's database as one transaction.
///
/// The handle is shared, so the text says where it goes. A conflict means that nothing was done and that it may be tried
/// again, as any client of the database has to.
pub(crate) async fn ask(
    db: &Surreal<Any>,
    tenant: &Context,
    expression: &'static str,
    text: &str,
) -> surrealdb::Result<Value> {
    // Neither name holds a backtick.
    let query = format!("BEGIN; USE NS `{}` DB `{}`; {expression} COMMIT;", tenant.namespace(), tenant.database());
    let mut tries = 1;
    loop {
        let mut results = db.query(&query).bind(("text", text.to_owned())).await?;
        let mut errors: Vec<_> = results.take_errors().into_values().collect();
        if errors.is_empty() {
            return Ok(results.take::<SdkValue>(2)?.into_json_value());
        }
        let is_conflict = |error: &surrealdb::Error| error.query_details() == Some(&QueryError::TransactionConflict);
        if errors.iter().any(is_conflict) && tries < TRIES {
            tries += 1;
            sleep(Duration::from_millis(10)).await;
            continue;
        }
        // The others only say that they fell with it.
        errors.sort_by_key(is_consequence);
        return Err(errors.swap_remove(0));
    }
}

fn is_consequence(error: &surrealdb::Error) -> bool {
    matches!(error.details(), ErrorDetails::Query(Some(QueryError::NotExecuted | QueryError::Cancelled)))
}
