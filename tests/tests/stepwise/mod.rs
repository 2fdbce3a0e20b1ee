//! Stepwise migrations: statement by statement, under the lease, gone on with after a crash.

mod crashes;
mod replicas;

use std::time::Duration;

use migrate_core::{Object, ObjectKind};
use migrate_runtime::{Context, ContextReport, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{engine, ledger, live_catalog, log, module, rows};
use serde_json::json;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

const BEFORE: (&str, &str) = (
    "V1__rows.surql",
    "DEFINE TABLE item;\nDEFINE TABLE trace;\nFOR $i IN 0..120 { CREATE type::record('item', $i) SET n = $i };\n",
);
const STEPWISE: (&str, &str) = (
    "V2__slow.surql",
    "-- migrate: stepwise\nCREATE trace SET step = 'first';\n\
     UPDATE (SELECT VALUE id FROM item WHERE done IS NONE LIMIT 50) SET done = true;\n\
     DEFINE INDEX n ON item FIELDS n CONCURRENTLY;\n\
     CREATE trace SET step = 'last' -- no semicolon",
);
const AFTER: (&str, &str) = ("V3__after.surql", "DEFINE FIELD bio ON item TYPE option<string>;\n");

fn schema() -> &'static Migrations {
    module("app", &[BEFORE, STEPWISE, AFTER])
}

fn migrator(schema: &'static Migrations) -> Migrator {
    Migrator::new([schema]).unwrap().lease(Duration::from_millis(200))
}

async fn events(db: &Surreal<Any>, version: u64) -> Vec<String> {
    let log = log(db, &tenant()).await;
    let of_version = log.iter().filter(|row| row["version"] == version);
    of_version.map(|row| row["event"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that every statement of [`schema`] took effect exactly once, and that nothing is left over.
async fn assert_whole(db: &Surreal<Any>, hint: &str) {
    let traces = rows(db, &tenant(), "SELECT VALUE step FROM trace ORDER BY step;").await;
    assert_eq!(traces, json!(["first", "last"]), "{hint}: each statement took effect once");
    let undone = rows(db, &tenant(), "RETURN count(SELECT * FROM item WHERE done IS NONE);").await;
    assert_eq!(undone, json!(0), "{hint}: no row was left out");
    let index = rows(db, &tenant(), "INFO FOR INDEX n ON item;").await;
    assert_eq!(index["building"]["status"], "ready", "{hint}");
    let statuses: Vec<_> = ledger(db, &tenant()).await.iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses, ["applied", "applied", "applied"], "{hint}");
    let applied = events(db, 2).await;
    assert_eq!(applied.iter().filter(|event| *event == "applied").count(), 1, "{hint}: {applied:?}");
}

fn failure(report: &ContextReport) -> (Option<u32>, usize, &str) {
    match report.refusal() {
        Some(Refusal::Failed { line, kept, cause, .. }) => (*line, *kept, cause),
        other => panic!("a failure, not {other:?}"),
    }
}

#[tokio::test]
async fn statements_batches_and_index_builds_run_one_by_one_until_all_are_done() {
    let db = engine().await;
    let report = migrator(schema()).migrate(&db, tenant()).await;
    assert_eq!(report.outcome, Outcome::Migrated);
    assert_eq!(report.applied.iter().map(|one| one.version.get()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_whole(&db, "one run").await;
    assert_eq!(events(&db, 2).await, ["started", "applied"]);
    let row = &ledger(&db, &tenant()).await[1];
    assert!(row["duration"].is_string() && row.get("cursor").is_none_or(serde_json::Value::is_null), "{row}");
    assert_eq!(migrator(schema()).migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
}

#[tokio::test]
async fn the_schema_is_the_one_that_the_build_computed() {
    let db = engine().await;
    let schema = module("app", &[BEFORE, STEPWISE]);
    let _ = migrator(schema).migrate(&db, tenant()).await;
    db.use_ns("acme").use_db("eu-1").await.unwrap();
    let live = live_catalog(&db).await.unwrap();
    let index = Object::on("item", ObjectKind::Index, "n");
    assert_eq!(live.get(&index), schema.catalog_at(None).get(&index));
    assert!(live.get(&index).is_some());
}

#[tokio::test]
async fn a_failed_build_is_removed_and_told_with_the_engines_reason_and_a_later_run_goes_on_there() {
    let db = engine().await;
    let unique = (
        "V2__unique.surql",
        "-- migrate: stepwise\n-- migrate: allow(M301) the rows are told apart first\nCREATE trace SET step = 'first';\n\
         DEFINE INDEX parity ON item FIELDS parity UNIQUE CONCURRENTLY;\nCREATE trace SET step = 'last';\n",
    );
    let schema = module("app", &[BEFORE, unique]);
    let one = module("app", &[BEFORE]);
    let _ = migrator(one).migrate(&db, tenant()).await;
    rows(&db, &tenant(), "UPDATE item:1 SET parity = 1; UPDATE item:3 SET parity = 1;").await;

    let report = migrator(schema).migrate(&db, tenant()).await;
    let (line, kept, cause) = failure(&report);
    assert_eq!((line, kept), (Some(4), 1));
    assert!(cause.contains("`parity` already contains 1") && cause.ends_with("; the index was removed"), "{cause}");
    let info = rows(&db, &tenant(), "INFO FOR TABLE item;").await;
    assert_eq!(info["indexes"], json!({}));
    rows(&db, &tenant(), "UPDATE item:5 SET parity = 1;").await;
    let row = &ledger(&db, &tenant()).await[1];
    assert_eq!((&row["status"], &row["cursor"], &row["error"]["line"]), (&json!("failed"), &json!(1), &json!(4)));

    rows(&db, &tenant(), "UPDATE item SET parity = n;").await;
    assert_eq!(migrator(schema).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    let traces = rows(&db, &tenant(), "SELECT VALUE step FROM trace ORDER BY step;").await;
    assert_eq!(traces, json!(["first", "last"]));
    assert_eq!(events(&db, 2).await, ["started", "failed", "resumed", "applied"]);
}

#[tokio::test]
async fn a_statement_that_fails_leaves_nothing_of_itself_and_keeps_those_before_it() {
    let db = engine().await;
    let text = "-- migrate: stepwise\nCREATE trace:1;\n{ CREATE trace:2; CREATE trace:1 };\n";
    let schema = module("app", &[BEFORE, ("V2__fails.surql", text)]);
    let report = migrator(schema).migrate(&db, tenant()).await;
    let (line, kept, cause) = failure(&report);
    assert_eq!((line, kept), (Some(3), 1));
    assert!(cause.contains("trace:1"), "{cause}");
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE id FROM trace;").await, json!(["trace:1"]));

    rows(&db, &tenant(), "DELETE trace:1;").await;
    assert_eq!(migrator(schema).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE id FROM trace;").await, json!(["trace:1", "trace:2"]));
}

#[tokio::test]
async fn what_failed_at_its_first_statement_may_come_with_another_text() {
    let db = engine().await;
    let broken = module("app", &[BEFORE, ("V2__fix.surql", "-- migrate: stepwise\nCREATE item:1;\n")]);
    let (_, kept, _) = failure(&migrator(broken).migrate(&db, tenant()).await);
    assert_eq!(kept, 0);
    let fixed = module("app", &[BEFORE, ("V2__fix.surql", "-- migrate: stepwise\nUPSERT item:1;\n")]);
    assert_eq!(migrator(fixed).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
}

#[tokio::test]
async fn what_was_begun_does_not_go_on_with_another_text() {
    let db = engine().await;
    let text = |last: &str| format!("-- migrate: stepwise\nCREATE trace:1;\n{last};\n");
    let schema = |last: &str| module("app", &[BEFORE, ("V2__x.surql", &text(last))]);
    failure(&migrator(schema("CREATE trace:1")).migrate(&db, tenant()).await);
    let report = migrator(schema("CREATE trace:2")).migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Divergent { .. })), "{report:?}");
}

#[tokio::test]
async fn a_batch_that_selects_what_it_has_written_is_stopped() {
    let db = engine().await;
    let text = "-- migrate: stepwise\n\
                UPDATE (SELECT VALUE id FROM item WHERE n >= 0 LIMIT 50) SET touched = true;\n";
    let schema = module("app", &[BEFORE, ("V2__endless.surql", text)]);
    let report = migrator(schema).migrate(&db, tenant()).await;
    let (line, _, cause) = failure(&report);
    assert_eq!(line, Some(2));
    assert!(cause.contains("selects the rows of the one before it again"), "{cause}");
}

#[tokio::test]
async fn batches_of_the_first_statement_that_were_written_are_kept_and_told() {
    let db = engine().await;
    // The assertion holds for the first rows only.
    let text = "-- migrate: stepwise\n\
                UPDATE (SELECT VALUE id FROM item WHERE done IS NONE LIMIT 50) SET done = IF n < 100 { true } ELSE { [] };\n";
    let strict = (
        "V1__rows.surql",
        "DEFINE TABLE item;\nDEFINE FIELD done ON item TYPE option<bool>;\n\
         FOR $i IN 0..120 { CREATE type::record('item', $i) SET n = $i };\n",
    );
    let schema = module("app", &[strict, ("V2__batches.surql", text)]);
    let report = migrator(schema).migrate(&db, tenant()).await;
    let (line, kept, _) = failure(&report);
    assert_eq!((line, kept), (Some(2), 1), "two batches of the statement");
    let other = module("app", &[strict, ("V2__batches.surql", "-- migrate: stepwise\nCREATE item:1000;\n")]);
    let report = migrator(other).migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Divergent { .. })), "{report:?}");
}

#[tokio::test]
async fn rows_that_a_batch_makes_match_are_written_too() {
    let db = engine().await;
    let tree = (
        "V1__tree.surql",
        "DEFINE TABLE node;\nDEFINE FIELD parent ON node TYPE option<record<node>>;\n\
         DEFINE FIELD depth ON node TYPE option<int>;\nCREATE node:0 SET depth = 0;\n\
         FOR $i IN 1..8 { CREATE type::record('node', $i) SET parent = type::record('node', $i - 1) };\n",
    );
    let text = "-- migrate: stepwise\n\
                UPDATE (SELECT VALUE id FROM node WHERE depth IS NONE AND parent.depth IS NOT NONE LIMIT 50) \
                SET depth = parent.depth + 1;\n";
    let schema = module("app", &[tree, ("V2__depth.surql", text)]);
    assert_eq!(migrator(schema).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    let depths = rows(&db, &tenant(), "SELECT VALUE depth FROM node ORDER BY id;").await;
    assert_eq!(depths, json!([0, 1, 2, 3, 4, 5, 6, 7]), "each level is written behind the one before it");
}

#[tokio::test]
async fn a_rebuild_is_waited_for_and_leaves_the_index() {
    let db = engine().await;
    let indexed = ("V1__rows.surql", "DEFINE TABLE item;\nDEFINE INDEX n ON item FIELDS n UNIQUE;\n");
    let text = "-- migrate: stepwise\nREBUILD INDEX n ON item CONCURRENTLY;\n";
    let schema = module("app", &[indexed, ("V2__rebuild.surql", text)]);
    assert_eq!(migrator(schema).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    let info = rows(&db, &tenant(), "INFO FOR TABLE item;").await;
    assert!(info["indexes"]["n"].is_string(), "{info}");
}

#[tokio::test]
async fn deleting_in_batches_ends_when_nothing_is_left() {
    let db = engine().await;
    let text = "-- migrate: stepwise\n-- migrate: allow(M302) they are of no use any more\n\
                DELETE (SELECT VALUE id FROM item LIMIT 50);\n";
    let schema = module("app", &[BEFORE, ("V2__clear.surql", text)]);
    assert_eq!(migrator(schema).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    assert_eq!(rows(&db, &tenant(), "SELECT * FROM item;").await, json!([]));
}

#[tokio::test]
async fn a_fresh_context_may_begin_with_a_stepwise_migration() {
    let db = engine().await;
    let schema = module("app", &[("V1__first.surql", "-- migrate: stepwise\nDEFINE TABLE a;\nDEFINE TABLE b;\n")]);
    assert_eq!(migrator(schema).migrate(&db, tenant()).await.outcome, Outcome::Migrated);
    assert_eq!(events(&db, 1).await, ["started", "applied"]);
}
