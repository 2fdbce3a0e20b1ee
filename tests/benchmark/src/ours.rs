use migrate_runtime::{Context, Fleet, Migrator};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::Failure;
use crate::chain::Chain;
use crate::limit::{BATCH, CONCURRENCY};

/// Whether a migrator asks the fleet index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    Without,
    With,
}

/// Brings a fleet up to date and returns how many round trips that took.
pub(crate) async fn migrate(
    db: &Surreal<Any>,
    contexts: &[Context],
    chain: Chain,
    index: Index,
) -> Result<usize, Failure> {
    let mut migrator = Migrator::new([chain.migrations])?.concurrency(CONCURRENCY).probe_batch(BATCH);
    if index == Index::With {
        migrator = migrator.index(Context::new("ops", "system")?);
    }
    let report = migrator.migrate_all(db, Fleet::contexts(contexts.iter().cloned())).await?;
    if report.all_served() { Ok(usize::try_from(report.round_trips())?) } else { Err(report.to_string().into()) }
}
