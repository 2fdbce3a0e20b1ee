//! Repairing a live schema: what a plan says, that carrying it out leads to no drift, and that nothing else is touched.

mod disturbed;
mod execution;
mod law;
mod ledgers;

use migrate_runtime::{
    Approval, Context, Database, DriftOptions, DriftState, Fleet, Migrations, Migrator, SchemaRepairError,
    SchemaRepairOptions, SchemaRepairPlan, Version,
};
use migrate_tests::{ledger, log, module, rows};
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu `1`").unwrap()
}

fn version(version: u64) -> Version {
    Version::new(version).unwrap()
}

const FILES: [(&str, &str); 3] = [
    (
        "V1__notes.surql",
        "DEFINE TABLE note SCHEMAFULL;\nDEFINE FIELD text ON note TYPE string;\n\
         DEFINE FIELD tags ON note TYPE option<array<string>>;\nDEFINE TABLE `odd name` SCHEMALESS;\n\
         DEFINE TABLE person SCHEMALESS;\nDEFINE TABLE likes TYPE RELATION IN person OUT note SCHEMALESS;\n",
    ),
    (
        "V2__functions.surql",
        "-- migrate: allow(M422) a test\nDEFINE FUNCTION fn::twice($n: int) { RETURN $n * 2; };\nDEFINE PARAM $limit VALUE 10;\n\
         DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS512 KEY 'of the migration';\n\
         DEFINE EVENT seen ON note WHEN $event = 'CREATE' THEN {};\n\
         DEFINE TABLE long AS SELECT text FROM note;\n",
    ),
    (
        "V3__place.surql",
        "DEFINE FIELD place ON note TYPE option<object>;\nDEFINE FIELD place.city ON note TYPE option<string>;\n\
         DEFINE INDEX by_text ON note FIELDS text;\n",
    ),
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
    rows(db, &tenant(), "CREATE note:1 SET text = 'a'; CREATE note:2 SET text = 'b', tags = ['x']; CREATE person:1;")
        .await;
    migrator
}

async fn plan(db: &impl Database, migrator: &Migrator) -> SchemaRepairPlan {
    plan_with(db, migrator, &SchemaRepairOptions::new()).await.unwrap()
}

async fn plan_with(
    db: &impl Database,
    migrator: &Migrator,
    options: &SchemaRepairOptions,
) -> Result<SchemaRepairPlan, SchemaRepairError> {
    migrator.plan_schema_repair(db, &tenant(), options).await
}

/// Plans and carries it out, whatever is lost.
async fn repair(
    db: &impl Database,
    migrator: &Migrator,
    options: &SchemaRepairOptions,
) -> Result<SchemaRepairPlan, SchemaRepairError> {
    let plan = plan_with(db, migrator, options).await?;
    let _ = migrator.repair_schema(db, &plan, Approval::Unsafe).await?;
    Ok(plan)
}

fn to(last: u64) -> SchemaRepairOptions {
    SchemaRepairOptions::new().to("app", version(last))
}

fn statements(plan: &SchemaRepairPlan) -> Vec<&str> {
    plan.statements().map(|one| one.statement.as_str()).collect()
}

fn reasons(plan: &SchemaRepairPlan) -> Vec<&str> {
    plan.losses().iter().map(|one| one.reason.as_str()).collect()
}

async fn drift(db: &impl Database, migrator: &Migrator, options: &DriftOptions) -> DriftState {
    let report = migrator.drift(db, Fleet::contexts([tenant()]), options).await.unwrap();
    report.get(&tenant()).unwrap().state.clone()
}

async fn assert_in_sync(db: &impl Database, migrator: &Migrator) {
    assert_eq!(drift(db, migrator, &DriftOptions::new()).await, DriftState::InSync);
}

async fn statuses(db: &impl Database) -> Vec<String> {
    let row = |row: &Value| format!("{} {}", row["version"], row["status"].as_str().unwrap());
    ledger(db, &tenant()).await.iter().map(row).collect()
}

/// The entries of the log of this event.
async fn events(db: &impl Database, event: &str) -> Vec<Value> {
    log(db, &tenant()).await.into_iter().filter(|row| row["event"] == event).collect()
}
