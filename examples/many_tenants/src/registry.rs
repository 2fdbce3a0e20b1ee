//! The registry: which tenants there are. A real service has one already, and sales people write to it.

use migrate_runtime::{Context, ContextError};
use serde_json::{Value, json};
use surrealdb::Surreal;
use surrealdb::engine::local::Db;

use crate::error::Error;
use crate::store::check;
use crate::tenant::{NAMESPACE, Tenant};

/// One table that is nobody's migration: it is there before anything can be migrated, because it says where.
const TABLE: &str = "
    DEFINE NAMESPACE IF NOT EXISTS agent_memory;
    USE NS agent_memory;
    DEFINE DATABASE IF NOT EXISTS system;
    USE DB system;
    DEFINE TABLE IF NOT EXISTS tenant SCHEMAFULL;
    DEFINE FIELD IF NOT EXISTS namespace   ON tenant TYPE string;
    DEFINE FIELD IF NOT EXISTS database    ON tenant TYPE string;
    DEFINE FIELD IF NOT EXISTS enrolled_at ON tenant TYPE datetime DEFAULT time::now() READONLY;
    DEFINE INDEX IF NOT EXISTS tenant_database ON tenant FIELDS namespace, database UNIQUE;
    INSERT IGNORE INTO tenant $tenants RETURN NONE;
";

/// Enrols the tenants up to this number. Those that are enrolled already stay as they are.
pub(crate) async fn enrol(db: &Surreal<Db>, count: u32) -> Result<(), Error> {
    let row = |tenant: Tenant| json!({ "id": tenant.number(), "namespace": NAMESPACE, "database": tenant.to_string() });
    let rows: Value = Tenant::all(count).map(row).collect();
    let done = db.query(TABLE).bind(("tenants", rows)).await.and_then(check);
    done.map(drop).map_err(Error::while_doing("the tenants cannot be enrolled"))
}

/// The database of the registry.
pub(crate) fn context() -> Result<Context, ContextError> {
    Context::new("agent_memory", "system")
}

/// The query that lists the tenants up to this number, in their order.
pub(crate) fn fleet(count: u32) -> String {
    format!("SELECT namespace, database FROM tenant:1..={count}")
}
