//! Lost connections and conflicts are resolved by reading the ledger, never by guessing.

use std::time::Duration;

use migrate_runtime::{Context, Fleet, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{Fault, Faulty, applied, engine, module, rows};
use proptest::prelude::*;
use serde_json::json;

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
