//! Lost connections and conflicts are resolved by reading the ledger, never by guessing.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{Context, Fleet, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{Fault, Faulty, applied, engine, module, rows};
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::Notify;

fn schema() -> &'static Migrations {
    module(
        "app",
        &[
            ("V1__init.surql", "DEFINE TABLE counter;\nCREATE counter;\n"),
            ("V2__more.surql", "DEFINE TABLE other;\nCREATE counter;\n"),
        ],
    )
}

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

/// Migrates under these faults, and tells how often each migration took effect.
async fn migrate_under(schema: &'static Migrations, faults: Vec<Fault>) {
    let db = engine().await;
    let database = Faulty::new(&db, faults.clone());
    let migrator = Migrator::new([schema]).unwrap();
    let report = migrator.migrate_all(&database, Fleet::contexts([tenant()])).await.unwrap();
    assert!(report.all_served(), "{faults:?}: {report}");
    let again = migrator.migrate(&db, tenant()).await;
    assert_eq!(again.outcome, Outcome::UpToDate, "{faults:?}");
    let counted = rows(&db, &tenant(), "RETURN count(SELECT * FROM counter);").await;
    assert_eq!(counted, json!(2), "{faults:?}: each migration took effect once");
    assert_eq!(applied(&db, &tenant()).await, 2, "{faults:?}: each migration was logged once");
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = prop_oneof![
        2 => Just(Fault::Pass),
        1 => Just(Fault::LostBefore),
        1 => Just(Fault::LostAfter),
        1 => Just(Fault::Conflict),
    ];
    prop::collection::vec(fault, 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_lost_on_the_way_each_migration_takes_effect_once(faults in faults()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(migrate_under(schema(), faults));
    }
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_is_found_in_the_ledger() {
    // Looked up, and then the script that applies is lost on its way back.
    migrate_under(schema(), vec![Fault::Pass, Fault::LostAfter]).await;
}

#[tokio::test]
async fn a_database_that_never_answers_is_given_up_at_the_deadline() {
    let db = engine().await;
    rows(&db, &tenant(), "RETURN 1;").await;
    let faulty = Faulty::always(&db, Fault::LostBefore);
    let migrator = Migrator::new([schema()]).unwrap().deadline(Duration::from_millis(50));
    let report = migrator.migrate_all(&faulty, Fleet::contexts([tenant()])).await.unwrap();
    let Outcome::Refused(Refusal::Unavailable { reason }) = &report.contexts()[0].outcome else { panic!("{report}") };
    assert!(reason.contains("dropped before"), "{reason}");
}

#[tokio::test]
async fn a_fleet_that_could_not_be_told_is_asked_for_again() {
    let db = engine().await;
    rows(&db, &tenant(), "RETURN 1;").await;
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        for query in 0..2 {
            let mut faults = vec![Fault::Pass; query];
            faults.push(fault.clone());
            let migrator = Migrator::new([schema()]).unwrap();
            let report = migrator.migrate_all(&Faulty::new(&db, faults), Fleet::databases_of("acme")).await.unwrap();
            assert!(report.all_served() && report.contexts().len() == 1, "{fault:?} at {query}: {report}");
        }
    }
    let migrator = Migrator::new([schema()]).unwrap().deadline(Duration::from_millis(50));
    let gone = Faulty::always(&db, Fault::LostBefore);
    assert!(migrator.migrate_all(&gone, Fleet::databases_of("acme")).await.is_err(), "until the deadline");
}

#[tokio::test]
async fn a_database_that_is_removed_behind_the_look_gets_a_whole_ledger() {
    let db = engine().await;
    let other = module("other", &[("V1__x.surql", "DEFINE TABLE x;\nCREATE x;\n")]);
    let _ = Migrator::new([other]).unwrap().migrate(&db, tenant()).await;
    let whole = rows(&db, &tenant(), "INFO FOR TABLE _migrations;").await;
    // It is removed after the ledger was read, before the module is applied that the ledger has nothing of.
    let go_on = Arc::new(Notify::new());
    let held_up = Faulty::new(db.clone(), [Fault::Pass, Fault::Pause(go_on.clone())]);
    let run = tokio::spawn(async move { Migrator::new([schema()]).unwrap().migrate(&held_up, tenant()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    db.query("USE NS acme; REMOVE DATABASE `eu-1`;").await.unwrap().check().unwrap();
    go_on.notify_one();
    let report = run.await.unwrap();
    assert!(report.is_served(), "{report:?}");
    assert_eq!(rows(&db, &tenant(), "INFO FOR TABLE _migrations;").await["fields"], whole["fields"]);
}
