use migrate_runtime::{Context, Database, StatementError};
use serde_json::{Map, Value};

/// The results of `text`, run in a context.
///
/// # Panics
///
/// When the database does not answer, or the context cannot be entered.
pub(crate) async fn run(database: &impl Database, context: &Context, text: &str) -> Vec<Result<Value, StatementError>> {
    let quote = |name: &str| format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"));
    let enter = format!("USE NS {} DB {};", quote(context.namespace()), quote(context.database()));
    let reply = database.query(format!("{enter}\n{text}"), Map::new()).await.expect("the database answers");
    let mut results = reply.0.into_iter();
    let entered = results.next().expect("a result for `USE`").unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(entered["database"], context.database(), "{context} is entered");
    results.collect()
}

/// The result of the last statement of `text`, run in a context.
///
/// # Panics
///
/// When a statement fails.
pub async fn rows(database: &impl Database, context: &Context, text: &str) -> Value {
    let results = run(database, context, text).await.into_iter();
    let last = results.map(|result| result.unwrap_or_else(|error| panic!("{text}: {error}"))).next_back();
    last.expect("a result")
}

/// The rows of a context's ledger, by module and version.
pub async fn ledger(database: &impl Database, context: &Context) -> Vec<Value> {
    let rows = rows(database, context, "SELECT * FROM _migrations ORDER BY module, version;").await;
    rows.as_array().cloned().unwrap_or_default()
}

/// The rows of a context's log, in the order in which they were written.
pub async fn log(database: &impl Database, context: &Context) -> Vec<Value> {
    let rows = rows(database, context, "SELECT * FROM _migration_log ORDER BY id;").await;
    rows.as_array().cloned().unwrap_or_default()
}

/// How often the log says that something was applied.
pub async fn applied(database: &impl Database, context: &Context) -> usize {
    log(database, context).await.iter().filter(|row| row["event"] == "applied").count()
}
