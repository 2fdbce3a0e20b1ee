//! Whatever starts together, each migration is applied once, and every replica finds every context served.

use std::time::Duration;

use migrate_runtime::{Fleet, Migrations, Migrator};
use migrate_tests::{Server, Storage, assert_migrated, chain, ledger};

use crate::replica::{Order, Replica};
use crate::{contexts, server};

const PROCESSES: usize = 4;
const CONNECTIONS: usize = 2;
const CONTEXTS: usize = 6;
const NAMESPACE: &str = "fleet";

/// Processes and connections of this one, all at once, over the same contexts.
async fn race(server: &Server, name: &str) {
    let schema = chain(name).unwrap();
    let url = server.url();
    let order = Order { url: &url, chain: name, namespace: NAMESPACE, contexts: CONTEXTS, token: None };
    let processes: Vec<_> = (0..PROCESSES).map(|_| Replica::start(&order)).collect();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(tokio::spawn(migrate(server.root().await, schema)));
    }
    let mut applied = 0;
    for connection in connections {
        applied += connection.await.unwrap();
    }
    for process in processes {
        let ended = process.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
        let report = &ended.report;
        let count = report["migrated"].as_u64().unwrap() + report["up_to_date"].as_u64().unwrap();
        assert_eq!((&report["contexts"], count), (&CONTEXTS.into(), CONTEXTS as u64), "{report}");
        let contexts = report["applied"].as_array().unwrap().iter().map(|one| one["contexts"].as_u64().unwrap());
        applied += usize::try_from(contexts.sum::<u64>()).unwrap();
    }
    assert_eq!(applied, CONTEXTS * schema.len(), "each migration was reported applied by exactly one replica");
}

async fn migrate(db: surrealdb::Surreal<surrealdb::engine::any::Any>, schema: &'static Migrations) -> usize {
    let migrator = Migrator::new([schema]).unwrap().deadline(Duration::from_mins(1));
    let report = migrator.migrate_all(&db, Fleet::contexts(contexts(NAMESPACE, CONTEXTS))).await.unwrap();
    assert!(report.all_served(), "{report}");
    report.contexts().iter().map(|context| context.applied.len()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_and_connections_that_race_on_a_server_in_memory_apply_each_migration_once() {
    let server = server(Storage::Memory);
    race(&server, "small").await;
    let db = server.root().await;
    for context in contexts(NAMESPACE, CONTEXTS) {
        assert_migrated(&db, &context, chain("small").unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_and_connections_that_race_on_a_server_on_disk_apply_each_migration_once_and_for_good() {
    let mut server = server(Storage::SurrealKv);
    race(&server, "split").await;
    server.kill();
    server.restart();
    let db = server.root().await;
    for context in contexts(NAMESPACE, CONTEXTS) {
        assert_migrated(&db, &context, chain("split").unwrap()).await;
        let rows = ledger(&db, &context).await;
        assert!(rows.iter().all(|row| row["duration"].is_string()), "{rows:?}");
    }
}
