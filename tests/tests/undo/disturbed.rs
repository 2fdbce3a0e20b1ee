use std::sync::Arc;

use migrate_runtime::{Approval, Context, Database, Fleet, Migrator, UndoError, UndoOptions, UndoneBy};
use migrate_tests::{Fault, Faulty, engine, rows};
use serde_json::json;

use super::{assert_at, events, migrator, schema, statuses, tenant, to, used};

fn options() -> UndoOptions {
    UndoOptions::new().approve(Approval::DataLoss)
}

#[tokio::test]
async fn whatever_is_lost_on_the_way_each_migration_is_undone_once() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        for query in 0..6 {
            let db = engine().await;
            let migrator = used(&db, 3).await;
            let mut faults = vec![Fault::Pass; query];
            faults.extend([fault.clone(), fault.clone()]);
            let database = Faulty::new(&db, faults);
            let plan = migrator.plan_undo(&database, &tenant(), to(1)).await.unwrap();
            let report = migrator.undo(&database, &plan, &options()).await.unwrap();
            let hint = format!("{fault:?} at {query}");
            assert!(report.undone.iter().all(|one| one.by == UndoneBy::Us), "{hint}: {report}");
            assert_eq!(events(&db, "rolled_back").await, [3, 2], "{hint}");
            assert_eq!(events(&db, "undo_failed").await, [0; 0], "{hint}");
            assert_at(&db, &migrator, schema(3), Some(1)).await;
        }
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_given_up_with_what_was_undone() {
    let db = engine().await;
    let migrator = used(&db, 3).await.deadline(std::time::Duration::from_millis(50));
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    let mut faults = vec![Fault::Pass; 2];
    faults.extend(vec![Fault::LostBefore; 1000]);
    let error = migrator.undo(&Faulty::new(&db, faults), &plan, &options()).await.unwrap_err();
    let UndoError::Unavailable { undone, .. } = &error else { panic!("{error}") };
    assert_eq!(undone.len(), 1);
    assert_eq!(statuses(&db).await, ["app1 applied", "app2 applied", "app3 rolled_back"]);
}

#[tokio::test]
async fn a_refused_use_undoes_nothing_in_another_database() {
    let db = engine().await;
    let migrator = used(&db, 2).await;
    let home = Context::new("home", "home").unwrap();
    assert!(migrator.migrate(&db, home.clone()).await.is_served());
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    let faulty = Faulty::new(&db, [Fault::Pass, Fault::UseRefused]);
    let error = migrator.undo(&faulty, &plan, &options()).await.unwrap_err();
    assert_eq!(error.kind(), "unavailable", "{error}");
    let there = rows(&db, &home, "SELECT VALUE status FROM _migrations ORDER BY version;").await;
    assert_eq!(there, json!(["applied", "applied"]));
}

#[tokio::test]
async fn of_several_who_undo_the_same_one_does_each_step_and_the_others_find_it_done() {
    for _ in 0..5 {
        let db = engine().await;
        let migrator = Arc::new(used(&db, 4).await);
        let plan = Arc::new(migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap());
        let operators: Vec<_> = (0..4)
            .map(|_| {
                let (db, migrator, plan) = (db.clone(), Arc::clone(&migrator), Arc::clone(&plan));
                tokio::spawn(async move { migrator.undo(&db, &plan, &options()).await.unwrap() })
            })
            .collect();
        let mut ours = 0;
        for operator in operators {
            let report = operator.await.unwrap();
            assert_eq!(report.undone.len(), 3);
            ours += report.undone.iter().filter(|one| one.by == UndoneBy::Us).count();
        }
        assert_eq!((ours, events(&db, "rolled_back").await), (3, vec![4, 3, 2]));
        assert_at(&db, &migrator, schema(4), Some(1)).await;
    }
}

/// Runs a plan to V2 while another binary applies V4, and says how both ended.
async fn race(db: &impl Database, older: &Migrator, newer: &Migrator) -> (bool, bool) {
    let plan = older.plan_undo(db, &tenant(), to(2)).await.unwrap();
    let options = options();
    let (undone, migrated) =
        tokio::join!(older.undo(db, &plan, &options), newer.migrate_all(db, Fleet::contexts([tenant()])));
    (undone.is_ok(), migrated.unwrap().all_served())
}

#[tokio::test]
async fn nothing_is_ever_applied_on_top_of_what_is_undone() {
    for _ in 0..30 {
        let db = engine().await;
        let older = used(&db, 3).await;
        let newer = migrator(schema(4));
        let (undone, migrated) = race(&db, &older, &newer).await;
        assert!(migrated, "it finds a whole history, whatever came first");
        let statuses = statuses(&db).await;
        let of = |row: &str| statuses.iter().any(|status| status == row);
        assert!(!(of("app3 rolled_back") && of("app4 applied")), "{statuses:?}");
        assert!(undone || of("app3 applied"), "what was refused is not undone: {statuses:?}");
    }
}

#[tokio::test]
async fn who_applies_the_next_one_while_a_transaction_is_open_makes_it_fall() {
    let db = engine().await;
    let newer = used(&db, 3).await;
    let slow = "UPDATE _migrations:['app', 3] SET down.text = 'SLEEP 500ms; REMOVE TABLE likes; REMOVE TABLE person';";
    rows(&db, &tenant(), slow).await;
    let older = migrator(schema(2));
    let plan = older.plan_undo(&db, &tenant(), to(2)).await.unwrap();
    let undone = async { older.undo(&db, &plan, &options()).await };
    let migrated = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert!(statuses(&db).await.contains(&"app3 applied".to_owned()), "it is still open");
        migrator(schema(4)).migrate(&db, tenant()).await
    };
    let (undone, migrated) = tokio::join!(undone, migrated);
    assert!(migrated.is_served(), "{migrated:?}");
    assert_eq!(undone.unwrap_err().kind(), "stale");
    assert_eq!(statuses(&db).await, ["app1 applied", "app2 applied", "app3 applied", "app4 applied"]);
    assert!(newer.migrate(&db, tenant()).await.is_served());
}
