//! A process that is gone, or an answer that is, at any point: whoever comes next goes on at the very statement.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{Outcome, Refusal};
use migrate_tests::{Fault, Faulty, engine, module, rows};
use serde_json::json;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use tokio::sync::Notify;

use super::{BEFORE, assert_whole, events, migrator, schema, tenant};

/// More queries than one run sends.
const QUERIES: usize = 20;

fn at(query: usize, fault: Fault) -> Vec<Fault> {
    let mut faults = vec![Fault::Pass; query];
    faults.push(fault);
    faults
}

#[tokio::test]
async fn a_process_that_dies_at_any_query_is_succeeded_at_the_very_statement() {
    let mut died = 0;
    for query in 0..QUERIES {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let db = engine().await;
            let hint = format!("query {query}, {fault:?}");
            let dying = Faulty::new(&db, at(query, fault));
            // One that stops never ends by itself.
            let run = tokio::time::timeout(Duration::from_mins(2), async {
                let migrator = migrator(schema());
                tokio::select! {
                    report = migrator.migrate(&dying, tenant()) => Some(report),
                    () = stopped(&dying, query) => None,
                }
            });
            if run.await.expect("it ends or stops").is_none() {
                died += 1;
            }
            let report = migrator(schema()).migrate(&db, tenant()).await;
            assert!(report.is_served(), "{hint}: {report:?}");
            assert_whole(&db, &hint).await;
        }
    }
    assert!(died > 20, "only {died} runs were cut short");
}

/// Waits until the query at which the process stops was sent, and a little longer.
async fn stopped<D>(database: &Faulty<D>, query: usize) {
    while database.texts().len() <= query {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_at_any_query_changes_nothing() {
    for query in 0..QUERIES {
        for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
            let db = engine().await;
            let hint = format!("query {query}, {fault:?}");
            let report = migrator(schema()).migrate(&Faulty::new(&db, at(query, fault)), tenant()).await;
            assert!(report.is_served(), "{hint}: {report:?}");
            assert_whole(&db, &hint).await;
        }
    }
}

#[tokio::test]
async fn a_database_that_is_gone_for_good_is_given_up_and_gone_on_with_later() {
    let db = engine().await;
    let mut faults = vec![Fault::Pass; 6];
    faults.extend(vec![Fault::LostBefore; 1000]);
    let hurried = migrator(schema()).deadline(Duration::from_millis(300));
    let report = hurried.migrate(&Faulty::new(&db, faults), tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Unavailable { .. })), "{report:?}");
    assert_eq!(migrator(schema()).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    assert_whole(&db, "after it came back").await;
    assert_eq!(events(&db, 2).await.first().map(String::as_str), Some("started"));
}

/// A process that dies when the index of V2 is defined and not yet looked after.
async fn die_while_building(db: &Surreal<Any>) {
    // V1 in one text; then the lease is looked at and taken, and V2 is at its index behind a statement and four batches. It
    // does not come to renewing its lease, which would be a query more.
    let dying = Faulty::new(db, at(9, Fault::StopAfter));
    let dead = migrator(schema()).lease(Duration::from_mins(1));
    tokio::select! {
        report = dead.migrate(&dying, tenant()) => panic!("it stops: {report:?}"),
        () = stopped(&dying, 9) => {}
    }
    rows(db, &tenant(), "UPDATE _migration_lease:heartbeat SET expires_at = time::now();").await;
}

#[tokio::test]
async fn a_build_that_was_begun_before_a_crash_is_waited_for_and_not_begun_again() {
    let db = engine().await;
    die_while_building(&db).await;
    let row = rows(&db, &tenant(), "SELECT cursor, progress, status FROM ONLY _migrations:['app', 2];").await;
    assert_eq!(row, json!({ "cursor": 2, "progress": { "state": "building" }, "status": "running" }));
    assert_eq!(migrator(schema()).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    assert_whole(&db, "after the crash").await;
    assert_eq!(events(&db, 2).await, ["started", "resumed", "applied"]);
}

#[tokio::test]
async fn a_plan_that_is_older_than_what_another_replica_left_does_not_begin_anew() {
    let db = engine().await;
    let text = "-- migrate: stepwise\nCREATE trace:1;\nCREATE trace:2;\nCREATE item:1;\n";
    let schema = module("app", &[BEFORE, ("V2__x.surql", text)]);
    // As a first try left it that failed at its very first statement.
    let early = module("app", &[BEFORE, ("V2__x.surql", "-- migrate: stepwise\nCREATE item:1;\n")]);
    let _ = migrator(early).migrate(&db, tenant()).await;
    // It reads the ledger, and then stands still while somebody else goes on to the third statement, and fails there.
    let go_on = Arc::new(Notify::new());
    let late = Faulty::new(db.clone(), [Fault::Pass, Fault::Pause(go_on.clone())]);
    let late = tokio::spawn(async move { migrator(schema).migrate(&late, tenant()).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let report = migrator(schema).migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Failed { kept: 2, .. })), "{report:?}");
    go_on.notify_one();
    let report = late.await.unwrap();
    assert!(matches!(report.refusal(), Some(Refusal::Failed { kept: 2, .. })), "{report:?}");
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE id FROM trace;").await, json!(["trace:1", "trace:2"]));
}

#[tokio::test]
async fn a_database_that_always_conflicts_is_given_up_at_the_deadline() {
    let db = engine().await;
    let mut faults = vec![Fault::Pass; 4];
    // Every write conflicts, and every look is answered.
    faults.extend([Fault::Conflict, Fault::Pass].into_iter().cycle().take(10_000));
    let hurried = migrator(schema()).deadline(Duration::from_millis(300)).lease(Duration::from_secs(10));
    let report = hurried.migrate(&Faulty::new(&db, faults), tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Unavailable { .. })), "{report:?}");
    assert_eq!(events(&db, 2).await, ["started"], "the lease was not taken again and again");
    // It was given back, so that nobody waits until it lapses.
    let report = migrator(schema()).wait(Duration::ZERO).migrate(&db, tenant()).await;
    assert_eq!(report.outcome, Outcome::Migrated);
    assert_whole(&db, "after it was given up").await;
}

#[tokio::test]
async fn an_index_that_is_removed_while_it_is_built_is_a_failure_and_is_built_by_the_next_run() {
    let db = engine().await;
    die_while_building(&db).await;
    rows(&db, &tenant(), "REMOVE INDEX n ON item;").await;
    let report = migrator(schema()).migrate(&db, tenant()).await;
    let Some(Refusal::Failed { cause, .. }) = report.refusal() else { panic!("{report:?}") };
    assert!(cause.contains("does not exist"), "{cause}");
    assert_eq!(migrator(schema()).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    assert_whole(&db, "after it was removed").await;
}
