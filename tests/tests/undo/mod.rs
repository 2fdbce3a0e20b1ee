//! Undo: what a plan says, what carrying it out does, and that nothing is lost by accident.

mod disturbed;
mod execution;
mod exports;
mod law;
mod plans;

use migrate_runtime::{
    Approval, Context, Database, Migrations, Migrator, UndoError, UndoOptions, UndoPlan, UndoTarget, Unmanaged, Version,
};
use migrate_tests::{ledger, log, module, rows};
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

fn version(version: u64) -> Version {
    Version::new(version).unwrap()
}

fn to(version: u64) -> UndoTarget {
    UndoTarget::version("app", self::version(version))
}

const FILES: [(&str, &str); 4] = [
    ("V1__notes.surql", "DEFINE TABLE note SCHEMAFULL;\nDEFINE FIELD text ON note TYPE string;\n"),
    (
        "V2__tags.surql",
        "DEFINE FIELD tag ON note TYPE option<string>;\nDEFINE FIELD place ON note TYPE option<object>;\n\
         DEFINE FIELD place.city ON note TYPE option<string>;\nDEFINE INDEX by_tag ON note FIELDS tag;\n\
         DEFINE FUNCTION fn::twice($n: int) { RETURN $n * 2; };\n",
    ),
    (
        "V3__likes.surql",
        "DEFINE TABLE person SCHEMALESS;\nDEFINE TABLE likes TYPE RELATION IN person OUT note SCHEMALESS;\n\
         DEFINE EVENT liked ON likes WHEN $event = 'CREATE' THEN { CREATE person };\n",
    ),
    ("V4__index.surql", "DEFINE INDEX by_text ON note FIELDS text;\n"),
];

fn schema(last: usize) -> &'static Migrations {
    module("app", &FILES[..last])
}

fn migrator(schema: &'static Migrations) -> Migrator {
    Migrator::new([schema]).unwrap()
}

/// Migrates and lets people use it.
async fn used(db: &Surreal<Any>, last: usize) -> Migrator {
    let migrator = migrator(schema(last));
    assert!(migrator.migrate(db, tenant()).await.is_served());
    rows(
        db,
        &tenant(),
        "CREATE note:1 SET text = 'a', tag = 'x'; CREATE note:2 SET text = 'b', place = { city: 'c' };
         CREATE note:3 SET text = 'c';",
    )
    .await;
    if last > 2 {
        rows(db, &tenant(), "CREATE person:1; CREATE person:2; RELATE person:1->likes:1->note:1 SET n = 1dec;").await;
    }
    migrator
}

async fn undo(db: &impl Database, migrator: &Migrator, target: UndoTarget) -> Result<UndoPlan, UndoError> {
    let plan = migrator.plan_undo(db, &tenant(), target).await?;
    let options = UndoOptions::new().approve(Approval::Unsafe);
    let _ = migrator.undo(db, &plan, &options).await?;
    Ok(plan)
}

fn steps(plan: &UndoPlan) -> Vec<String> {
    plan.steps().iter().map(|step| format!("{}{}", step.module, step.version)).collect()
}

async fn statuses(db: &impl Database) -> Vec<String> {
    let row = |row: &Value| {
        format!("{}{} {}", row["module"].as_str().unwrap(), row["version"], row["status"].as_str().unwrap())
    };
    ledger(db, &tenant()).await.iter().map(row).collect()
}

/// The versions that the log tells this event of, in order.
async fn events(db: &impl Database, event: &str) -> Vec<u64> {
    let log = log(db, &tenant()).await;
    log.iter().filter(|row| row["event"] == event).map(|row| row["version"].as_u64().unwrap()).collect()
}

/// Asserts that the schema is, text for text, the one that the build computed for this version.
async fn assert_at(db: &impl Database, migrator: &Migrator, schema: &'static Migrations, at: Option<u64>) {
    let live = migrator.live_schema(db, &tenant(), &Unmanaged::none()).await.unwrap();
    let expected = match at {
        Some(at) => schema.catalog_at(Some(version(at))),
        None => migrate_core::Catalog::new(),
    };
    assert_eq!(live.catalog().diff(&expected), [], "at {at:?}");
}
