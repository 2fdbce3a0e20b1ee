//! Phased migrations over a whole fleet: who goes first, what stops it, what may not be completed yet, and what waits until it may.

mod automatic;
mod held_back;
mod moved;
mod paused;
mod stopped;
mod waves;

use std::sync::atomic::{AtomicBool, Ordering};

use migrate_runtime::{Database, Fleet, Membership, QueryError, Registry, Reply, RolloutOptions, RolloutReport};
use serde_json::Map;

use super::*;

fn system() -> Context {
    Context::new("ops", "system").unwrap()
}

fn registry() -> Registry {
    Registry::new(system())
}

fn contexts() -> Vec<Context> {
    ["a", "b", "c", "d"].into_iter().map(|name| Context::new("fleet", name).unwrap()).collect()
}

fn fleet() -> Fleet {
    Fleet::contexts(contexts())
}

/// The new binary, which knows the registry and works on one context after the other.
fn operator() -> Migrator {
    migrator(new()).registry(registry()).concurrency(1)
}

/// Every context with some users that the older binary has written.
async fn written(db: &Surreal<Any>) {
    let report = migrator(old()).migrate_all(db, fleet()).await.unwrap();
    assert!(report.all_served(), "{report}");
    for context in contexts() {
        rows(db, &context, "FOR $i IN 0..3 { CREATE type::record('user', $i) SET name = <string> $i };").await;
    }
}

/// Every context ready to complete, and one new replica alive.
async fn ready(db: &Surreal<Any>) -> Membership {
    written(db).await;
    let report = operator().start_all(db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(report.is_done(), "{report}");
    joined(db, new()).await
}

async fn joined(db: &Surreal<Any>, schema: &'static Migrations) -> Membership {
    registry().join(&migrator(schema), db.clone()).await.unwrap()
}

async fn states(db: &Surreal<Any>) -> Vec<PhasedState> {
    let status = operator().rollout_status(db, fleet(), "app", second()).await.unwrap();
    status.contexts.into_iter().map(|one| one.found.unwrap().state).collect()
}

fn words(report: &RolloutReport) -> Vec<&'static str> {
    report.contexts.iter().map(|one| one.outcome.word()).collect()
}

/// What an older binary writes when it joins.
const OLDER_JOINS: &str = "USE NS ops DB system; UPSERT _migration_replica:older SET replica = '00', binary = 'older', process = 1, \
    modules = { app: { version: 1, chain: 'sha256:0000000000000000000000000000000000000000000000000000000000000000' } }, \
    started_at = time::now(), seen_at = time::now(), expires_at = time::now() + 1h;";
const OLDER_LEAVES: &str = "USE NS ops DB system; DELETE _migration_replica:older;";

/// A database to which somebody else sends a text before the first query that a condition holds of.
struct Meddled<'a> {
    db: &'a Surreal<Any>,
    when: fn(&str, &Map<String, Value>) -> bool,
    text: &'a str,
    is_done: AtomicBool,
}

impl<'a> Meddled<'a> {
    fn new(db: &'a Surreal<Any>, when: fn(&str, &Map<String, Value>) -> bool, text: &'a str) -> Self {
        Self { db, when, text, is_done: AtomicBool::new(false) }
    }

    fn is_done(&self) -> bool {
        self.is_done.load(Ordering::SeqCst)
    }
}

impl Database for Meddled<'_> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        if (self.when)(&text, &variables) && !self.is_done.swap(true, Ordering::SeqCst) {
            Database::query(self.db, self.text.to_owned(), Map::new()).await?;
        }
        Database::query(self.db, text, variables).await
    }
}

/// The transaction that begins a completion in a context.
fn begins(text: &str, variables: &Map<String, Value>, database: &str) -> bool {
    text.contains("'the lease is held'") && variables["_migrate_db"] == *database
}

/// The transaction of a step.
fn steps(text: &str, variables: &Map<String, Value>, database: &str) -> bool {
    text.contains("'the lease was taken over by somebody else'") && variables["_migrate_db"] == *database
}
