//! Many tenants, many chains.

use migrate_build::{Folder, Options, load};
use migrate_runtime::{Fleet, Outcome};
use migrate_tests::{CHAINS, chain};

use super::*;

#[tokio::test]
async fn the_fleet_index_knows_of_it() {
    let db = by_hand(&tenant()).await;
    let ops = Context::new("ops", "index").unwrap();
    let until_v3 = module("app", &[V1, V2, V3]);
    let migrator = Migrator::new([until_v3]).unwrap().index(ops.clone());
    let fleet = || Fleet::contexts([tenant()]);
    let _ = migrator.verify(&db, fleet()).await.unwrap();
    assert_eq!(migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap().state, TakeoverState::Recorded);
    let index = rows(&db, &ops, "SELECT VALUE modules.app.version FROM _migration_fleet;").await;
    assert_eq!(index, json!([3]));
    assert!(migrator.verify(&db, fleet()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_fleet_is_taken_over_and_each_of_it_is_told() {
    let db = engine().await;
    let context = |name: &str| Context::new("acme", name).unwrap();
    for name in ["a", "b"] {
        rows(&db, &context(name), BY_HAND).await;
    }
    rows(&db, &context("c"), "DEFINE TABLE user;").await;
    let migrator = Migrator::new([app()]).unwrap();
    assert!(migrator.migrate(&db, context("d")).await.is_served());
    let fleet = || Fleet::databases_of("acme");
    let report = migrator.baseline_all(&db, fleet(), &Baseline::new()).await.unwrap();
    assert_eq!((report.contexts().len(), report.count(TakeoverState::Recorded)), (4, 2), "{report}");
    let refused: Vec<_> = report.refused().map(|(context, error)| (context.database(), error.kind())).collect();
    assert_eq!(refused, [("c", "different"), ("d", "ledger_exists")]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["contexts"], &json["recorded"], &json["refused"]), (&json!(4), &json!(2), &json!(2)));
    assert_eq!(json["refusals"][0]["differences"][0]["difference"], "changed", "{json}");
    let again = migrator.baseline_all(&db, fleet(), &Baseline::new()).await.unwrap();
    assert_eq!(again.count(TakeoverState::AlreadyRecorded), 2);
}

/// The schema of the example, with its thirty tables and more.
fn example() -> &'static Migrations {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/many_tenants/migrations");
    let loaded = load(&Folder::new(folder), &Options::new("memory")).unwrap_or_else(|error| panic!("{error}"));
    Box::leak(Box::new(loaded.leak()))
}

#[tokio::test]
async fn a_ledger_that_was_lost_is_had_back_as_it_was() {
    for schema in CHAINS.iter().filter_map(|name| chain(name)).chain([example()]) {
        let db = engine().await;
        let migrator = Migrator::new([schema]).unwrap();
        assert!(migrator.migrate(&db, tenant()).await.is_served());
        let without_when_and_who = |mut rows: Vec<Value>| {
            for row in &mut rows {
                let row = row.as_object_mut().unwrap();
                assert!(row.remove("applied_at").is_some() && row.remove("applied_by").is_some());
                row.remove("duration");
            }
            rows
        };
        let before = without_when_and_who(ledger(&db, &tenant()).await);
        rows(&db, &tenant(), "REMOVE TABLE _migrations; REMOVE TABLE _migration_log;").await;
        let takeover = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
        assert_eq!(takeover.state, TakeoverState::Recorded);
        assert_eq!(without_when_and_who(ledger(&db, &tenant()).await), before, "{}", schema.module());
        assert_eq!(migrator.migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
    }
}
