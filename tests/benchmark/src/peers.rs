//! Other tools, as they are published, over a fleet in the way that their documentation leaves: one tenant after the other.

use migrate_core::Migration;
use migrate_runtime::Context;
use overshift::ManifestBuilder;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use surrealkit::{EmbeddedSchemaFile, Sync};

use crate::Failure;
use crate::chain::Chain;

/// `SurrealKit`'s library: a sync of the embedded schema. Its files are what the chain leads to.
pub(crate) async fn surrealkit(db: &Surreal<Any>, contexts: &[Context], chain: Chain) -> Result<(), Failure> {
    let file = |one: &'static Migration| EmbeddedSchemaFile { path: one.file(), sql: one.text() };
    let files: Vec<_> = chain.migrations.iter().map(file).collect();
    for context in contexts {
        db.use_ns(context.namespace()).use_db(context.database()).await?;
        Sync::embedded(&files).run(db).await?;
    }
    Ok(())
}

/// Overshift's migrations. With a system database of its own for each tenant: with one for all, it takes those after the
/// first for done.
pub(crate) async fn overshift(db: &Surreal<Any>, contexts: &[Context], chain: Chain) -> Result<(), Failure> {
    for context in contexts {
        let system = format!("{}_system", context.database());
        let manifest = ManifestBuilder::default().meta(context.namespace(), context.database(), &system);
        let add = |manifest: ManifestBuilder, one: &Migration| -> Result<_, Failure> {
            Ok(manifest.migration(u32::try_from(one.version().get())?, one.name(), one.text()))
        };
        let manifest = chain.migrations.iter().try_fold(manifest, add)?.build()?;
        overshift::plan(db, &manifest).await?.apply(db).await?;
    }
    Ok(())
}
