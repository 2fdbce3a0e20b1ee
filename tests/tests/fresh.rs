//! A context that has nothing gets what is left of the first migrations, and not what they superseded.

use migrate_runtime::{Context, Fleet, Migrations, Migrator, Outcome, Report};
use migrate_tests::{Fault, Faulty, applied, engine, ledger, live_catalog, log, module, rows};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

const V1: (&str, &str) = (
    "V1__init.surql",
    "DEFINE TABLE user SCHEMALESS;\nDEFINE FIELD tags ON user TYPE array<string>;\nDEFINE TABLE old;\n",
);
const V2: (&str, &str) = (
    "V2__strict.surql",
    "-- migrate: allow(M301) nobody writes anything else\n-- migrate: allow(M303) it was never used\n\
     DEFINE TABLE OVERWRITE user SCHEMAFULL;\nREMOVE TABLE old;\n",
);
const V3: (&str, &str) = ("V3__rows.surql", "CREATE user:1 SET tags = ['a'];\n");
const V4: (&str, &str) = ("V4__more.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

async fn migrate(db: &impl migrate_runtime::Database, schema: &'static Migrations) -> Report {
    Migrator::new([schema]).unwrap().migrate_all(db, Fleet::contexts([tenant()])).await.unwrap()
}

/// The schema, what the ledger says without who and when, and the rows.
async fn state(db: &Surreal<Any>) -> (migrate_core::Catalog, Vec<serde_json::Value>, serde_json::Value) {
    db.use_ns("acme").use_db("eu-1").await.unwrap();
    let catalog = live_catalog(db).await.unwrap();
    let mut ledger = ledger(db, &tenant()).await;
    for row in &mut ledger {
        assert!(row["duration"].is_string() && row["applied_at"].is_string(), "{row}");
        let row = row.as_object_mut().unwrap();
        for key in ["applied_at", "duration", "applied_by"] {
            row.remove(key);
        }
    }
    (catalog, ledger, rows(db, &tenant(), "SELECT * FROM user;").await)
}

#[tokio::test]
async fn both_ways_lead_to_the_same_schema_ledger_and_rows() {
    let all = [V1, V2, V3, V4];
    let replayed = engine().await;
    for last in 1..=all.len() {
        let report = migrate(&replayed, module("app", &all[..last])).await;
        assert_eq!(report.counts().migrated, 1, "{report}");
    }
    let fresh = engine().await;
    let watched = Faulty::new(&fresh, []);
    let report = migrate(&watched, module("app", &all)).await;
    assert_eq!(report.contexts()[0].applied.iter().map(|one| one.version.get()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(report.round_trips(), 2, "one to look and one to apply all of it");
    assert!(watched.texts().iter().all(|text| !text.contains("old") && !text.contains("OVERWRITE")));

    assert_eq!(state(&fresh).await, state(&replayed).await);
    let events: Vec<_> = log(&fresh, &tenant()).await.iter().map(|row| row["event"].clone()).collect();
    assert_eq!(events, ["applied"; 4]);
    for by in ["_migrations ORDER BY applied_at ASC", "_migration_log ORDER BY at ASC"] {
        let read = rows(&fresh, &tenant(), &format!("SELECT VALUE version FROM (SELECT * FROM {by});")).await;
        assert_eq!(read, serde_json::json!([1, 2, 3, 4]), "a person reads them in their order");
    }
    assert_eq!(migrate(&fresh, module("app", &all)).await.counts().up_to_date, 1);
}

#[tokio::test]
async fn where_something_is_there_already_the_history_is_replayed() {
    let db = engine().await;
    // V2 replaces it, V1 must not be in its way: the definitions alone cannot tell.
    rows(&db, &tenant(), "DEFINE TABLE user; DEFINE TABLE mine;").await;
    let first = ("V1__init.surql", "DEFINE TABLE IF NOT EXISTS user SCHEMAFULL;\n");
    let schema = module("app", &[first, ("V2__b.surql", "DEFINE TABLE b;\n")]);
    let report = migrate(&db, schema).await;
    assert_eq!(report.counts().migrated, 1, "{report}");
    let info = rows(&db, &tenant(), "INFO FOR DB;").await;
    assert_eq!(info["tables"]["user"], "DEFINE TABLE user TYPE ANY SCHEMALESS PERMISSIONS NONE", "kept as it was");
    assert!(info["tables"]["mine"].is_string() && info["tables"]["b"].is_string());
}

#[tokio::test]
async fn a_failure_is_told_of_the_very_statement_all_the_same() {
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE b;").await;
    let schema = module("app", &[("V1__a.surql", "DEFINE TABLE a;\n"), ("V2__b.surql", "\nDEFINE TABLE b;\n")]);
    let report = migrate(&db, schema).await;
    let (_, refusal) = report.refused().next().unwrap();
    assert_eq!(refusal.to_string(), "app V2__b.surql:2: The table 'b' already exists");
    let statuses: Vec<_> = ledger(&db, &tenant()).await.iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses, ["applied", "failed"]);
}

#[tokio::test]
async fn stepwise_migrations_that_only_define_things_need_no_steps_where_there_are_no_rows() {
    let db = engine().await;
    let slow = ("V2__slow.surql", "-- migrate: stepwise\nDEFINE INDEX tags ON user FIELDS tags CONCURRENTLY;\n");
    let init = ("V1__init.surql", "DEFINE TABLE user;\nDEFINE FIELD tags ON user TYPE array<string>;\n");
    let report = migrate(&db, module("app", &[init, slow])).await;
    assert_eq!((report.counts().migrated, report.round_trips()), (1, 2), "{report}");
}

#[tokio::test]
async fn several_modules_go_in_one_text() {
    let db = engine().await;
    let (one, two) = (module("one", &[V1, V2, V3]), module("two", &[("V1__a.surql", "DEFINE TABLE a;\n")]));
    let three = module("three", &[("V1__x.surql", "DEFINE TABLE x;\n"), ("V2__y.surql", "DEFINE TABLE y;\n")]);
    let migrator = Migrator::new([one, two, three]).unwrap();
    let report = migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    assert_eq!((report.counts().migrated, report.round_trips()), (1, 2), "{report}");
    assert_eq!(applied(&db, &tenant()).await, 6);
}

#[tokio::test]
async fn a_module_in_the_way_of_another_is_replayed_alone() {
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE x;").await;
    let one = module("one", &[V1, V2]);
    let two = module("two", &[("V1__w.surql", "DEFINE TABLE w;\n"), ("V2__x.surql", "DEFINE TABLE x;\n")]);
    let report = Migrator::new([one, two]).unwrap().migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    let (_, refusal) = report.refused().next().unwrap();
    assert_eq!(refusal.to_string(), "two V2__x.surql:1: The table 'x' already exists");
    assert_eq!(applied(&db, &tenant()).await, 3, "both of the first module, one of the second");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_in_the_ledger() {
    let schema = module("app", &[V1, V2, V3]);
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        let db = engine().await;
        let report = migrate(&Faulty::new(&db, [Fault::Pass, fault.clone()]), schema).await;
        assert!(report.all_served(), "{fault:?}: {report}");
        assert_eq!(applied(&db, &tenant()).await, 3, "{fault:?}");
    }
}

#[tokio::test]
async fn replicas_that_start_together_make_one_of_it() {
    let schema = module("app", &[V1, V2, V3, V4]);
    for _ in 0..5 {
        let db = engine().await;
        let runs: Vec<_> = (0..6)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { Migrator::new([schema]).unwrap().migrate(&db, tenant()).await })
            })
            .collect();
        for run in runs {
            let report = run.await.unwrap();
            assert!(matches!(report.outcome, Outcome::UpToDate | Outcome::Migrated), "{report:?}");
        }
        assert_eq!(applied(&db, &tenant()).await, 4);
    }
}

#[tokio::test]
async fn a_text_that_the_server_does_not_parse_fails_alone_and_what_comes_before_it_is_whole() {
    let db = engine().await;
    let one = module("one", &[("V1__a.surql", "DEFINE TABLE a;\nCREATE a;\n")]);
    let two = module("two", &[("V1__b.surql", "DEFINE TABLE b;\n"), ("V2__c.surql", "DEFINE TABLE c;\n")]);
    // The build knows all grammars; this engine has buckets switched off, and so refuses the whole text.
    let three = module("three", &[("V1__files.surql", "DEFINE BUCKET files BACKEND 'memory';\n")]);
    let migrator = Migrator::new([one, two, three]).unwrap();
    let report = migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    let (_, refusal) = report.refused().next().unwrap();
    assert!(refusal.to_string().starts_with("three V1__files.surql"), "{refusal}");
    let rows: Vec<_> =
        ledger(&db, &tenant()).await.iter().map(|row| format!("{} {}", row["module"], row["status"])).collect();
    let expected = ["\"one\" \"applied\"", "\"three\" \"failed\"", "\"two\" \"applied\"", "\"two\" \"applied\""];
    assert_eq!(rows, expected);
}
