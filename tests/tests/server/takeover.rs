//! Replicas that take over databases which have the schema and no ledger, all at once: each is recorded once.

use migrate_runtime::{Baseline, Migrator, TakeoverState};
use migrate_tests::{Server, Storage, chain, ledger, log, rows};
use serde_json::json;

use crate::replica::{Order, Replica};
use crate::{contexts, server};

const NAMESPACE: &str = "grown";
const CONTEXTS: usize = 4;
const PROCESSES: usize = 3;
const CONNECTIONS: usize = 3;

/// The schema as of V2, brought about by hand.
async fn by_hand(server: &Server) {
    let db = server.root().await;
    for context in contexts(NAMESPACE, CONTEXTS) {
        for migration in chain("small").unwrap().iter().take(2) {
            rows(&db, &context, migration.text()).await;
        }
    }
}

async fn race(server: &Server) {
    let url = server.url();
    let order = Order { url: &url, chain: "small", namespace: NAMESPACE, contexts: CONTEXTS, token: None };
    let processes: Vec<_> =
        (0..PROCESSES).map(|_| Replica::start_with(&order, &[("REPLICA_BASELINE", "yes")])).collect();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let db = server.root().await;
        connections.push(tokio::spawn(async move {
            let migrator = Migrator::new([chain("small").unwrap()]).unwrap();
            let fleet = migrate_runtime::Fleet::contexts(contexts(NAMESPACE, CONTEXTS));
            let report = migrator.baseline_all(&db, fleet, &Baseline::new()).await.unwrap();
            // A process may have migrated it on meanwhile, and what is taken over stays known as that.
            assert_eq!(report.refused().count(), 0, "{report}");
            report.count(TakeoverState::Recorded)
        }));
    }
    let mut recorded = 0;
    for connection in connections {
        recorded += connection.await.unwrap();
    }
    for process in processes {
        let ended = process.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
    }
    assert!(recorded <= CONTEXTS, "{recorded} of them were told that they wrote the rows");
}

async fn assert_taken_over(server: &Server) {
    let db = server.root().await;
    for context in contexts(NAMESPACE, CONTEXTS) {
        let events = log(&db, &context).await;
        let count = |event: &str| events.iter().filter(|row| row["event"] == event).count();
        assert_eq!((count("baselined"), count("applied")), (2, 2), "{context}: {events:?}");
        let ledger = ledger(&db, &context).await;
        let via: Vec<_> = ledger.iter().map(|row| row["applied_by"]["via"].as_str()).collect();
        assert_eq!(via, [Some("baseline"), Some("baseline"), None, None], "{context}");
        let effects = rows(&db, &context, "SELECT VALUE version FROM effect ORDER BY version;").await;
        assert_eq!(effects, json!([1, 2, 3, 4]), "{context}: each ran once, by hand or by one replica");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_race_to_take_databases_over_record_each_once() {
    let server = server(Storage::Memory);
    by_hand(&server).await;
    race(&server).await;
    assert_taken_over(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_over_on_disk_is_there_after_the_server_was_killed() {
    let mut server = server(Storage::SurrealKv);
    by_hand(&server).await;
    race(&server).await;
    server.kill();
    server.restart();
    assert_taken_over(&server).await;
}
