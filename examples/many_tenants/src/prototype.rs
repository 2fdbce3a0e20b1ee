//! Tenants that are broken on purpose.
//!
//! Such a tenant looks as one may in a service that had a life before its migrations: somebody tried the idea out in
//! its database and defined a table by hand, which the first migration is about to define.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use surrealdb::Surreal;
use surrealdb::engine::local::Db;
use tracing::{info, warn};

use crate::error::Error;
use crate::store::check;
use crate::tenant::{NAMESPACE, Tenant};

/// What the table says of itself. By this, and nothing kept elsewhere, a broken tenant is known again: what a process
/// that was killed half-way left behind is recognised for what it is.
const COMMENT: &str = "made by hand, before there were migrations";

/// Sees to it that of the tenants up to this number those named are broken, and no other.
pub(crate) async fn arrange(db: &Surreal<Db>, count: u32, broken: &BTreeSet<Tenant>) -> Result<(), Error> {
    let found = find(db, count).await.map_err(Error::while_doing("the tenants cannot be looked at"))?;
    for tenant in broken.difference(&found) {
        warn!("breaking {tenant}: what it held is replaced by a table made by hand");
        make(db, *tenant).await.map_err(Error::while_doing(format!("{tenant} cannot be broken")))?;
    }
    for tenant in found.difference(broken) {
        info!("repairing {tenant}: the table made by hand is removed");
        mend(db, *tenant).await.map_err(Error::while_doing(format!("{tenant} cannot be repaired")))?;
    }
    Ok(())
}

async fn find(db: &Surreal<Db>, count: u32) -> surrealdb::Result<BTreeSet<Tenant>> {
    // To `USE` a database that does not exist would make it.
    let list = format!("DEFINE NAMESPACE IF NOT EXISTS {NAMESPACE}; USE NS {NAMESPACE}; INFO FOR NS;");
    let databases: Option<BTreeMap<String, String>> = check(db.query(list).await?)?.take((2, "databases"))?;
    let names = databases.unwrap_or_default().into_keys();
    let existing = names.filter_map(|name| Tenant::parse(&name)).filter(|tenant| tenant.number() <= count);
    let existing: BTreeSet<Tenant> = existing.collect();

    let mut look = String::new();
    for tenant in &existing {
        // Writing to a string cannot fail.
        let _ = writeln!(look, "USE NS {NAMESPACE} DB {tenant}; (INFO FOR DB).tables.document;");
    }
    let mut results = check(db.query(look).await?)?;
    let mut found = BTreeSet::new();
    for (index, tenant) in existing.into_iter().enumerate() {
        let table: Option<String> = results.take(2 * index + 1)?;
        if table.is_some_and(|definition| definition.contains(COMMENT)) {
            found.insert(tenant);
        }
    }
    Ok(found)
}

async fn make(db: &Surreal<Db>, tenant: Tenant) -> surrealdb::Result<()> {
    run(
        db,
        format!(
            "USE NS {NAMESPACE};
             REMOVE DATABASE IF EXISTS {tenant};
             DEFINE DATABASE {tenant};
             USE DB {tenant};
             DEFINE TABLE document SCHEMALESS COMMENT '{COMMENT}';
             CREATE document SET title = 'Notes', body = 'This works quite well, we should do it properly.';"
        ),
    )
    .await
}

async fn mend(db: &Surreal<Db>, tenant: Tenant) -> surrealdb::Result<()> {
    run(db, format!("USE NS {NAMESPACE} DB {tenant}; REMOVE TABLE document;")).await
}

async fn run(db: &Surreal<Db>, text: String) -> surrealdb::Result<()> {
    db.query(text).await.and_then(check).map(drop)
}
