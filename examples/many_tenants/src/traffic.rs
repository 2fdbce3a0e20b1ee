//! What a served tenant is for: rows are written through the new schema and found again.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use surrealdb::engine::local::Db;
use surrealdb::types::QueryError;
use surrealdb::{IndexedResults, Surreal};

use crate::embedding::embed;
use crate::error::Error;
use crate::store::check;
use crate::tenant::{NAMESPACE, Tenant};

const TITLE: &str = "On looms and engines";
const TEXTS: [&str; 3] = [
    "Just as the loom weaves flowers and leaves, the engine weaves algebraic patterns.",
    "Punched cards carry the design, and a longer chain of cards makes a richer cloth.",
    "A mill of many columns turns the numbers that the store hands to it.",
];
const QUESTION: &str = "What does the loom weave, and what the engine?";

/// What was done for the tenants.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    tenants: usize,
    written: usize,
    read: usize,
    elapsed: Duration,
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenants, written, read, elapsed } = self;
        let noun = if *tenants == 1 { "tenant" } else { "tenants" };
        write!(f, "served     {tenants} {noun}: {written} rows written, {read} rows read    {elapsed:.1?}")
    }
}

/// Writes and reads a few rows for each tenant, one after the other.
pub(crate) async fn serve(db: &Surreal<Db>, tenants: &[Tenant]) -> Result<Traffic, Error> {
    let start = Instant::now();
    // A clone is a session of its own: where it goes, the others do not follow.
    let db = db.clone();
    let mut traffic = Traffic::default();
    for tenant in tenants {
        let failed = || Error::while_doing(format!("{tenant} cannot be served"));
        db.use_ns(NAMESPACE).use_db(tenant.to_string()).await.map_err(failed())?;
        traffic.written += write(&db).await.map_err(failed())?;
        traffic.read += read(&db).await.map_err(failed())?;
        let nearest = nearest(&db).await.map_err(failed())?;
        if nearest.as_deref() != Some(TEXTS[0]) {
            return Err(Error::Answer { tenant: *tenant, question: QUESTION, answer: nearest });
        }
        traffic.tenants += 1;
    }
    Ok(Traffic { elapsed: start.elapsed(), ..traffic })
}

/// How often a write is sent before its conflict is taken for an error.
const TRIES: u32 = 20;

async fn write(db: &Surreal<Db>) -> surrealdb::Result<usize> {
    let chunk = |(ordinal, text)| json!({ "ordinal": ordinal, "text": text, "embedding": embed(text) });
    let chunks: Value = TEXTS.iter().copied().enumerate().map(chunk).collect();
    let variables = json!({ "title": TITLE, "asked": QUESTION, "chunks": chunks, "embedding": embed(QUESTION) });
    // One transaction, so nothing of it was kept when it met another: the engine compacts its full-text and vector indexes
    // by itself, and says of a write in the way of that to try it again.
    let mut tries = 1;
    loop {
        match db.query(include_str!("traffic/write.surql")).bind(variables.clone()).await.and_then(rows) {
            Err(error) if error.query_details() == Some(&QueryError::TransactionConflict) && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            result => return result,
        }
    }
}

async fn read(db: &Surreal<Db>) -> surrealdb::Result<usize> {
    db.query(include_str!("traffic/read.surql")).bind(("embedding", embed(QUESTION))).await.and_then(rows)
}

async fn nearest(db: &Surreal<Db>) -> surrealdb::Result<Option<String>> {
    let nearest = "fn::similar(scope:research, $embedding, 1)[0].text";
    db.query(nearest).bind(("embedding", embed(QUESTION))).await?.take(0)
}

/// How many rows the statements returned, all of which must have succeeded.
fn rows(results: IndexedResults) -> surrealdb::Result<usize> {
    use surrealdb::types::Value;

    let mut results = check(results)?;
    let mut rows = 0;
    for index in 0..results.num_statements() {
        rows += match results.take::<Value>(index)? {
            Value::Array(values) => values.len(),
            Value::Object(_) | Value::RecordId(_) => 1,
            _ => 0,
        };
    }
    Ok(rows)
}
