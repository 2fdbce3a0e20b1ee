//! What a migrator is held against: the bare texts, with the batches and the concurrency of a migrator.

use std::fmt::Write;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use migrate_runtime::Context;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::Failure;
use crate::chain::Chain;

/// How many texts are under way, and about how many contexts one asks. Migrators are told the same.
pub(crate) const CONCURRENCY: usize = 8;
pub(crate) const BATCH: usize = 64;

/// What a planner cannot do without, in the form that is read fastest: to leave out the rest of a row takes the database less than to name
/// what is wanted.
pub(crate) const SELECT: &str =
    "SELECT * OMIT id, file, statements, applied_at, duration, applied_by, down, error FROM _migrations;";

/// Asks for the ledger of every context.
pub(crate) async fn ask(db: &Surreal<Any>, contexts: &[Context]) -> Result<usize, Failure> {
    let texts = contexts.chunks(BATCH).map(|batch| {
        batch.iter().fold(String::new(), |mut text, context| {
            let _ = writeln!(text, "USE NS `{}` DB `{}`; {SELECT}", context.namespace(), context.database());
            text
        })
    });
    run(db, texts.collect()).await
}

/// Defines everything in every context, each in one transaction.
pub(crate) async fn define(db: &Surreal<Any>, contexts: &[Context], chain: Chain) -> Result<usize, Failure> {
    let script = chain.text();
    let text = |context: &Context| {
        format!("USE NS `{}` DB `{}`;\nBEGIN;\n{script}COMMIT;", context.namespace(), context.database())
    };
    run(db, contexts.iter().map(text).collect()).await
}

/// Runs these texts and returns how many there were.
async fn run(db: &Surreal<Any>, texts: Vec<String>) -> Result<usize, Failure> {
    let count = texts.len();
    let send = |text: String| async move { Ok::<_, Failure>(db.query(text).await?.check()?) };
    stream::iter(texts).map(send).buffer_unordered(CONCURRENCY).try_for_each(|_| async { Ok(()) }).await?;
    Ok(count)
}
