//! Many migrators at once over the same contexts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use migrate_runtime::{Context, Database, Fleet, Migrations, Migrator, QueryError, Reply};
use migrate_tests::{Fault, Faulty, applied, engine, ledger, module, rows};
use serde_json::{Map, Value};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

const REPLICAS: usize = 8;
const TENANTS: usize = 20;

fn schema() -> &'static Migrations {
    module(
        "app",
        &[
            ("V1__init.surql", "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n"),
            ("V2__index.surql", "DEFINE INDEX email ON user FIELDS email;\nCREATE user:first SET email = 'a@b.c';\n"),
            ("V3__count.surql", "DEFINE TABLE counter;\nCREATE counter SET at = time::now();\n"),
        ],
    )
}

fn tenants() -> Vec<Context> {
    (0..TENANTS).map(|n| Context::new("tenants", format!("tenant_{n}")).unwrap()).collect()
}

async fn race(contexts: impl Fn() -> Fleet + Send + Sync + 'static) {
    let db = engine().await;
    let schema = schema();
    let contexts = Arc::new(contexts);
    let replicas: Vec<_> = (0..REPLICAS)
        .map(|_| {
            let (db, contexts) = (db.clone(), Arc::clone(&contexts));
            tokio::spawn(async move {
                let migrator = Migrator::new([schema]).unwrap().deadline(Duration::from_mins(1));
                migrator.migrate_all(&db, contexts()).await.unwrap()
            })
        })
        .collect();
    let mut migrations = 0;
    for replica in replicas {
        let report = replica.await.unwrap();
        assert!(report.all_served(), "{report}");
        assert_eq!(report.counts().contexts, TENANTS);
        migrations += report.contexts().iter().map(|context| context.applied.len()).sum::<usize>();
    }
    assert_eq!(migrations, TENANTS * schema.len(), "each migration was reported applied by exactly one replica");
    for context in tenants() {
        let rows_of_ledger = ledger(&db, &context).await;
        assert!(rows_of_ledger.iter().all(|row| row["status"] == "applied"), "{rows_of_ledger:?}");
        assert_eq!(rows_of_ledger.len(), schema.len());
        assert_eq!(applied(&db, &context).await, schema.len(), "each migration was logged once");
        // A migration that had run twice would have left two rows here.
        let counted = rows(&db, &context, "RETURN count(SELECT * FROM counter);").await;
        assert_eq!(counted, serde_json::json!(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_migrators_apply_each_migration_once_to_twenty_fresh_contexts() {
    race(|| Fleet::contexts(tenants())).await;
}

/// A database over which another replica brings the whole fleet up to date before the first transaction is sent.
struct Overtaken<'a> {
    db: &'a Surreal<Any>,
    is_over: AtomicBool,
    transactions: AtomicUsize,
}

impl Database for Overtaken<'_> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        if text.contains("BEGIN;") {
            self.transactions.fetch_add(1, SeqCst);
            if !self.is_over.swap(true, SeqCst) {
                let other = Migrator::new([schema()]).unwrap();
                assert!(other.migrate_all(self.db, Fleet::contexts(tenants())).await.unwrap().all_served());
            }
        }
        Database::query(self.db, text, variables).await
    }
}

#[tokio::test]
async fn who_finds_that_others_were_faster_reads_the_rest_once_more_and_tries_nothing_in_vain() {
    let db = engine().await;
    let overtaken = Overtaken { db: &db, is_over: AtomicBool::new(false), transactions: AtomicUsize::new(0) };
    let migrator = Migrator::new([schema()]).unwrap().concurrency(1);
    let report = migrator.migrate_all(&overtaken, Fleet::contexts(tenants())).await.unwrap();
    assert_eq!(report.counts().up_to_date, TENANTS, "{report}");
    assert_eq!(overtaken.transactions.load(SeqCst), 1, "the one that was under way");
    // All of them, the one, and the others in batches of 1, 2, 4, 8 and the rest.
    assert!(report.round_trips() <= 2 + 1 + 5, "{report}");
}

#[tokio::test]
async fn a_lost_answer_of_ones_own_is_no_other_replica() {
    let db = engine().await;
    let lost = Faulty::new(&db, [Fault::Pass, Fault::LostAfter]);
    let migrator = Migrator::new([schema()]).unwrap().concurrency(1);
    let report = migrator.migrate_all(&lost, Fleet::contexts(tenants().into_iter().take(3))).await.unwrap();
    assert!(report.all_served(), "{report}");
    assert_eq!(report.round_trips(), 1 + 3 + 1, "all of them, each of them, and one once more: {report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_order_in_which_replicas_go_through_the_fleet_does_not_matter() {
    race(|| {
        let mut contexts = tenants();
        // Each replica its own order: the address of a fresh allocation is as good as any seed.
        let seed = std::ptr::from_ref(&contexts) as usize;
        contexts.rotate_left(seed / 16 % TENANTS);
        Fleet::contexts(contexts)
    })
    .await;
}
