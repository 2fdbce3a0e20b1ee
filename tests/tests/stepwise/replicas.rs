//! Replicas at one stepwise migration: one is at it, the others wait, and who has lost the lease writes nothing more.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{Outcome, Refusal};
use migrate_tests::{Fault, Faulty, engine, module, rows};
use serde_json::json;
use tokio::sync::Notify;

use super::{BEFORE, assert_whole, events, migrator, schema, tenant};

#[tokio::test]
async fn replicas_that_start_together_end_up_to_date_and_each_statement_runs_once() {
    for round in 0..5 {
        let db = engine().await;
        let runs: Vec<_> = (0..6)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { migrator(schema()).migrate(&db, tenant()).await })
            })
            .collect();
        let mut migrated = 0;
        for run in runs {
            let report = run.await.unwrap();
            assert!(report.is_served(), "round {round}: {report:?}");
            migrated += usize::from(report.applied.iter().any(|one| one.version.get() == 2));
        }
        assert_eq!(migrated, 1, "round {round}: one of them applied it");
        assert_whole(&db, &format!("round {round}")).await;
    }
}

#[tokio::test]
async fn a_holder_that_was_held_up_writes_nothing_more_once_the_lease_was_taken_over() {
    for query in 3..14 {
        let db = engine().await;
        let go_on = Arc::new(Notify::new());
        let mut faults = vec![Fault::Pass; query];
        // Everything from there on is held up, the renewal of the lease with it.
        faults.extend(vec![Fault::Pause(go_on.clone()); 20]);
        let held_up = Faulty::new(db.clone(), faults);
        let first = tokio::spawn(async move { migrator(schema()).migrate(&held_up, tenant()).await });
        tokio::time::sleep(Duration::from_millis(50)).await;

        let second = migrator(schema()).migrate(&db, tenant()).await;
        assert!(second.is_served(), "query {query}: {second:?}");
        assert_whole(&db, &format!("query {query}, taken over")).await;

        let waking = tokio::spawn(async move {
            loop {
                go_on.notify_waiters();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let first = first.await.unwrap();
        waking.abort();
        assert!(first.is_served(), "query {query}: {first:?}");
        assert_whole(&db, &format!("query {query}, after the first went on")).await;
    }
}

#[tokio::test]
async fn a_statement_that_takes_longer_than_the_lease_is_not_taken_over() {
    let text = "-- migrate: stepwise\n{ SLEEP 1s; CREATE trace:1 };\n";
    let schema = module("app", &[BEFORE, ("V2__long.surql", text)]);
    let db = engine().await;
    let runs: Vec<_> = (0..3)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { migrator(schema).migrate(&db, tenant()).await })
        })
        .collect();
    for run in runs {
        let report = run.await.unwrap();
        assert!(report.is_served(), "{report:?}");
    }
    assert_eq!(events(&db, 2).await, ["started", "applied"], "nobody took over");
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE id FROM trace;").await, json!(["trace:1"]));
}

#[tokio::test]
async fn whoever_has_waited_long_enough_says_for_whom() {
    let db = engine().await;
    let text = "-- migrate: stepwise\n{ SLEEP 2s; CREATE trace:1 };\n";
    let schema = module("app", &[BEFORE, ("V2__long.surql", text)]);
    let holder = {
        let db = db.clone();
        tokio::spawn(async move { migrator(schema).applied_by("first", "1.0.0").migrate(&db, tenant()).await })
    };
    while events_or_none(&db).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let hurried = migrator(schema).wait(Duration::from_millis(100));
    let report = hurried.migrate(&db, tenant()).await;
    let Some(Refusal::Busy { by, file, .. }) = report.refusal() else { panic!("busy, not {report:?}") };
    assert!(by.ends_with(" of first") && file == "V2__long.surql", "{by} {file}");
    assert_eq!(holder.await.unwrap().outcome, Outcome::Migrated);
}

/// The events of V2, also while there is no log.
async fn events_or_none(db: &surrealdb::Surreal<surrealdb::engine::any::Any>) -> Vec<String> {
    let exists = rows(db, &tenant(), "RETURN (INFO FOR DB).tables._migration_log != NONE;").await;
    if exists == json!(true) { events(db, 2).await } else { Vec::new() }
}
