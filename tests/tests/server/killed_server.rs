//! The server is killed in the middle of a run and comes back with what it had committed; or does not come back.

use std::time::Duration;

use migrate_runtime::{Context, Fleet, Migrator, Outcome, Refusal};
use migrate_tests::{Server, Storage, assert_agreement, assert_migrated, chain};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::replica::{Order, Replica};
use crate::{contexts, server};

const ROUNDS: usize = 3;
const CONTEXTS: usize = 6;

/// Kills a server at some moment and starts it again.
fn interrupt(server: &mut Server) {
    std::thread::sleep(Duration::from_millis(fastrand::u64(0..400)));
    server.kill();
    std::thread::sleep(Duration::from_millis(fastrand::u64(0..300)));
    server.restart();
}

async fn assert_all_migrated(db: &Surreal<Any>, contexts: Vec<Context>) {
    for context in contexts {
        assert_migrated(db, &context, chain("split").unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_survives_the_server_that_dies_and_comes_back_and_keeps_its_connection() {
    let mut server = server(Storage::SurrealKv);
    let db = server.root().await;
    let migrator = Migrator::new([chain("split").unwrap()]).unwrap();
    for round in 0..ROUNDS {
        let contexts = contexts(&format!("round_{round}"), CONTEXTS);
        let run = migrator.migrate_all(&db, Fleet::contexts(contexts.clone()));
        let interruption = async { tokio::task::block_in_place(|| interrupt(&mut server)) };
        // The run is polled first; on a runtime of two threads it goes on while the server is away.
        let report = tokio::join!(run, interruption).0.unwrap();
        assert!(report.all_served(), "{report}");
        assert_all_migrated(&db, contexts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_replicas_survive_the_server_that_dies_and_comes_back() {
    let mut server = server(Storage::SurrealKv);
    let url = server.url();
    let order = Order { url: &url, chain: "split", namespace: "raced", contexts: CONTEXTS, token: None };
    let mut replicas: Vec<_> = (0..3).map(|_| Replica::start(&order)).collect();
    assert!(replicas.iter_mut().all(|replica| replica.begun().is_some()), "all of them begin");
    interrupt(&mut server);
    for replica in replicas {
        let ended = replica.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
    }
    assert_all_migrated(&server.root().await, contexts("raced", CONTEXTS)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_although_the_server_never_comes_back_and_the_next_one_heals() {
    let mut server = server(Storage::SurrealKv);
    let db = server.root().await;
    let contexts = contexts("lost", CONTEXTS);
    let schema = chain("split").unwrap();
    let migrator = Migrator::new([schema]).unwrap().deadline(Duration::from_millis(500));
    let run = tokio::spawn({
        let (contexts, migrator) = (contexts.clone(), migrator);
        async move { migrator.migrate_all(&db, Fleet::contexts(contexts)).await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.kill();
    let report = run.await.unwrap();
    for (context, refusal) in report.refused() {
        assert!(matches!(refusal, Refusal::Unavailable { .. }), "{context}: {refusal}");
    }

    server.restart();
    let db = server.root().await;
    for context in &contexts {
        assert_agreement(&db, context, schema).await;
    }
    let report = Migrator::new([schema]).unwrap().migrate_all(&db, Fleet::contexts(contexts.clone())).await.unwrap();
    let is_served = |outcome: &Outcome| matches!(outcome, Outcome::Migrated | Outcome::UpToDate);
    assert!(report.contexts().iter().all(|context| is_served(&context.outcome)), "{report}");
    assert_all_migrated(&db, contexts).await;
}
