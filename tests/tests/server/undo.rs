//! Operators and replicas that undo and migrate at once, on a server.

use std::sync::Arc;

use migrate_runtime::{Approval, Context, Migrator, UndoOptions, UndoTarget, UndoneBy, Version};
use migrate_tests::{Server, Storage, chain, ledger, log};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::replica::{Order, Replica};
use crate::{contexts, server};

/// How often the log tells of something.
async fn logged(db: &Surreal<Any>, context: &Context, event: &str) -> usize {
    log(db, context).await.iter().filter(|row| row["event"] == event).count()
}

/// Some undo to V1 while replicas, which know V4, start and migrate.
async fn race(server: &Server, context: &Context) {
    let schema = chain("reversible").unwrap();
    let migrator = Arc::new(Migrator::new([schema]).unwrap());
    let db = server.root().await;
    assert!(migrator.migrate(&db, context.clone()).await.is_served());
    let to = UndoTarget::version("app", Version::FIRST);
    let plan = Arc::new(migrator.plan_undo(&db, context, to).await.unwrap());
    let before = logged(&db, context, "rolled_back").await;
    let url = server.url();
    let order = Order { url: &url, chain: "reversible", namespace: "fleet", contexts: 1, token: None };
    let replicas: Vec<_> = (0..2).map(|_| Replica::start(&order)).collect();
    let mut operators = Vec::new();
    for _ in 0..3 {
        let (db, migrator, plan) = (server.root().await, Arc::clone(&migrator), Arc::clone(&plan));
        operators.push(tokio::spawn(async move {
            // Refused, where a replica has applied again what was undone.
            migrator.undo(&db, &plan, &UndoOptions::new().approve(Approval::DataLoss)).await
        }));
    }
    let mut ours = 0;
    for operator in operators {
        match operator.await.unwrap() {
            Ok(report) => ours += report.undone.iter().filter(|one| one.by == UndoneBy::Us).count(),
            Err(error) => {
                assert!(matches!(error.kind(), "stale"), "{error}");
                ours += error.undone().iter().filter(|one| one.by == UndoneBy::Us).count();
            }
        }
    }
    for replica in replicas {
        let ended = replica.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
    }
    let undone = logged(&db, context, "rolled_back").await;
    assert_eq!(undone - before, ours, "each step is logged by whoever did it");
    let applied = ledger(&db, context).await.iter().filter(|row| row["status"] == "applied").count();
    assert_eq!(logged(&db, context, "applied").await - undone, applied, "the log and the ledger say the same");
    assert!(migrator.migrate(&db, context.clone()).await.is_served(), "the history is whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_and_replicas_that_race_on_a_server_leave_a_whole_history() {
    for storage in [Storage::Memory, Storage::SurrealKv] {
        let server = server(storage);
        for _ in 0..3 {
            race(&server, &contexts("fleet", 1)[0]).await;
        }
    }
}
