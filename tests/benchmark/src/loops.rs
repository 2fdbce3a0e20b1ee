//! One tenant after the other, as it is done without a tool.

use migrate_runtime::Context;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::Failure;
use crate::chain::Chain;
use crate::limit::SELECT;

/// What a team would write by hand: a `SELECT` of what is done, and each migration of the rest in a transaction, with a
/// record. Returns how many round trips there were.
pub(crate) async fn by_hand(db: &Surreal<Any>, contexts: &[Context], chain: Chain) -> Result<usize, Failure> {
    let mut trips = 0;
    for context in contexts {
        db.use_ns(context.namespace()).use_db(context.database()).await?;
        let asked = "DEFINE TABLE IF NOT EXISTS migration SCHEMALESS; SELECT VALUE version FROM migration;";
        let done: Vec<i64> = db.query(asked).await?.check()?.take(1)?;
        trips += 2;
        for migration in chain.migrations {
            let version = i64::try_from(migration.version().get())?;
            if !done.contains(&version) {
                let text = migration.text();
                let text = format!("BEGIN;\n{text}\n;CREATE migration SET version = {version};\nCOMMIT;");
                db.query(text).await?.check()?;
                trips += 1;
            }
        }
    }
    Ok(trips)
}

/// The loop over a fleet that is up to date at its barest: `use_ns`, `use_db` and one `SELECT` per tenant. Returns how many
/// round trips there were.
pub(crate) async fn sequential(db: &Surreal<Any>, contexts: &[Context]) -> Result<usize, Failure> {
    for context in contexts {
        db.use_ns(context.namespace()).use_db(context.database()).await?;
        db.query(SELECT).await?.check()?;
    }
    Ok(contexts.len() * 2)
}
