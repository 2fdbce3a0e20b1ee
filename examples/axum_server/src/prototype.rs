use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use tracing::warn;

use crate::error::Error;
use crate::store::check;
use crate::tenant::{NAMESPACE, Tenant};

/// Replaces a tenant's database by one in which somebody made a table by hand, which V1 of the schema is about to define.
pub(crate) async fn put(db: &Surreal<Any>, tenant: &Tenant) -> Result<(), Error> {
    warn!("breaking {tenant}: what it held is replaced by a table made by hand");
    let text = format!(
        "DEFINE NAMESPACE IF NOT EXISTS {NAMESPACE};
         USE NS {NAMESPACE};
         REMOVE DATABASE IF EXISTS `{tenant}`;
         DEFINE DATABASE `{tenant}`;
         USE DB `{tenant}`;
         DEFINE TABLE note SCHEMALESS COMMENT 'made by hand, before there were migrations';"
    );
    let done = db.query(text).await.and_then(check);
    done.map(drop).map_err(|source| Error::Break(tenant.to_string(), source.into()))
}
