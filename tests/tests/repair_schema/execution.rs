//! What is planned is what is done, in one transaction, and recorded.

use migrate_runtime::{Approval, DriftOptions, DriftState, SchemaRepairAction, SchemaRepairError, Unmanaged};
use migrate_tests::{Fault, Faulty, engine, rows};
use serde_json::json;

use super::*;

/// One change by hand of every kind.
const CHANGES: &str = "\
    REMOVE FIELD text ON note; DEFINE FIELD OVERWRITE tags ON note TYPE option<array<int>>; REMOVE TABLE long; \
    REMOVE FUNCTION fn::twice; DEFINE PARAM OVERWRITE $limit VALUE 11; REMOVE ACCESS api ON DATABASE; \
    REMOVE EVENT seen ON note; DEFINE FIELD mine ON note TYPE option<int>; DEFINE INDEX mine ON note FIELDS mine; \
    DEFINE TABLE OVERWRITE `odd name` SCHEMAFULL; REMOVE INDEX by_text ON note; REMOVE TABLE likes;";

#[tokio::test]
async fn any_change_by_hand_is_put_right_and_a_second_run_finds_nothing_to_do() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    let none = plan(&db, &migrator).await;
    assert!(none.is_empty() && none.to_string().ends_with("to app V3: nothing to do"), "{none}");

    rows(&db, &tenant(), CHANGES).await;
    assert!(matches!(drift(&db, &migrator, &DriftOptions::new()).await, DriftState::Drifted(_)));
    let plan = repair(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_in_sync(&db, &migrator).await;
    assert!(super::plan(&db, &migrator).await.is_empty());
    assert_eq!(statuses(&db).await, ["1 applied", "2 applied", "3 applied"]);
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE id FROM note").await, json!(["note:1", "note:2"]));

    // The index is built over rows that are there, and so behind all else; the log tells both parts.
    let built: Vec<_> = plan.statements().filter(|one| one.action == SchemaRepairAction::Build).collect();
    assert_eq!(built.len(), 1, "{plan}");
    assert_eq!(built[0].statement, "DEFINE INDEX by_text ON note FIELDS text CONCURRENTLY");
    let log = events(&db, "schema_repaired").await;
    assert_eq!(log.len(), 2, "{log:?}");
    let counted: u64 = log.iter().map(|entry| entry["statements"].as_u64().unwrap()).sum();
    assert_eq!(counted, statements(&plan).len() as u64);
    assert!(log[0]["by"]["binary"].is_string() && log[0]["versions"] == json!({ "app": 3 }), "{log:?}");

    let report = migrator.repair_schema(&db, &super::plan(&db, &migrator).await, Approval::None).await.unwrap();
    assert!(report.is_empty() && report.to_string().ends_with("the schema is what it should be"), "{report}");
    assert_eq!(events(&db, "schema_repaired").await.len(), 2, "what does nothing tells nothing");
    assert!(migrator.migrate(&db, tenant()).await.is_served());
}

#[tokio::test]
async fn a_plan_changes_nothing_and_shows_no_secret() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), CHANGES).await;
    let before = rows(&db, &tenant(), "INFO FOR DB").await;
    let watched = Faulty::new(&db, []);
    let plan = plan(&watched, &migrator).await;
    assert_eq!(watched.texts().len(), 2, "one look, and one count of rows");
    assert_eq!(rows(&db, &tenant(), "INFO FOR DB").await, before);
    let (shown, json) = (plan.to_string(), serde_json::to_value(&plan).unwrap());
    assert!(shown.contains("DEFINE ACCESS api ON DATABASE") && shown.contains("[REDACTED]"), "{shown}");
    assert!(!shown.contains("of the migration") && !json.to_string().contains("of the migration"), "{shown}");
    assert!(shown.contains("to be approved as data_loss"), "{shown}");
    assert_eq!(json["checksum"], plan.checksum().to_string());
    assert_eq!(json["versions"], json!([{ "module": "app", "version": 3 }]));
    assert_eq!(json["statements"].as_array().unwrap().len(), statements(&plan).len());
}

#[tokio::test]
async fn what_loses_data_has_to_be_approved_and_values_go_with_their_field() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), "DEFINE FIELD mine ON note TYPE option<int>; UPDATE note:1 SET mine = 7").await;
    let plan = plan(&db, &migrator).await;
    assert_eq!(reasons(&plan), ["field note.mine goes, and 1 record has a value in it"]);
    let before = rows(&db, &tenant(), "INFO FOR TABLE note").await;
    let error = migrator.repair_schema(&db, &plan, Approval::None).await.unwrap_err();
    assert!(matches!(&error, SchemaRepairError::NotApproved { loses, .. } if loses.len() == 1), "{error}");
    assert_eq!(rows(&db, &tenant(), "INFO FOR TABLE note").await, before);
    // People go on writing while somebody reads the plan.
    rows(&db, &tenant(), "CREATE note:3 SET text = 'c', mine = 8").await;
    let _ = migrator.repair_schema(&db, &plan, Approval::DataLoss).await.unwrap();
    assert_in_sync(&db, &migrator).await;
    // A SCHEMAFULL table would take no write to a record with a value that has no field.
    rows(&db, &tenant(), "UPDATE note:1 SET text = 'c'").await;
    assert_eq!(rows(&db, &tenant(), "SELECT * FROM note:1").await, json!([{ "id": "note:1", "text": "c" }]));
}

#[tokio::test]
async fn a_type_that_values_may_not_fit_has_to_be_approved_and_another_comment_has_not() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), "DEFINE FIELD OVERWRITE text ON note TYPE string COMMENT 'mine'").await;
    assert!(!plan(&db, &migrator).await.requires_approval());
    rows(&db, &tenant(), "DEFINE FIELD OVERWRITE text ON note TYPE string | int").await;
    let plan = plan(&db, &migrator).await;
    assert_eq!(
        reasons(&plan),
        ["field note.text gets another type, and 2 records have a value in it that may not fit"]
    );
}

#[tokio::test]
async fn what_no_module_defines_and_what_is_unmanaged_is_left_as_it_is() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    let strange = "DEFINE TABLE audit SCHEMAFULL; DEFINE FIELD at ON audit TYPE datetime; \
        CREATE audit:1 SET at = d'2024-01-01T00:00:00Z'; DEFINE FUNCTION fn::mine() { RETURN 1 }; DEFINE PARAM $mine VALUE 1; \
        DEFINE FIELD legacy_id ON note TYPE option<int>; UPDATE note:1 SET legacy_id = 3";
    rows(&db, &tenant(), strange).await;
    let unmanaged = Unmanaged::matching(["field note.legacy_*"]);
    let options = SchemaRepairOptions::new().unmanaged(unmanaged.clone());
    let plan = plan_with(&db, &migrator, &options).await.unwrap();
    assert!(plan.is_empty(), "{plan}");
    let strangers: Vec<_> = plan.strangers().iter().map(ToString::to_string).collect();
    assert_eq!(strangers, ["param mine", "function mine", "table audit", "field audit.at"]);

    rows(&db, &tenant(), "REMOVE EVENT seen ON note").await;
    let _ = repair(&db, &migrator, &options).await.unwrap();
    let declared = Unmanaged::matching(["field note.legacy_*", "audit", "mine"]);
    assert_eq!(drift(&db, &migrator, &DriftOptions::new().unmanaged(declared)).await, DriftState::InSync);
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE legacy_id FROM note:1").await, json!([3]));
    assert_eq!(rows(&db, &tenant(), "count(SELECT * FROM audit)").await, json!(1));
}

#[tokio::test]
async fn a_unique_index_over_rows_that_are_alike_fails_is_removed_and_can_be_repaired_later() {
    let files = [("V1__a.surql", "DEFINE TABLE a SCHEMALESS;\nDEFINE INDEX one ON a FIELDS x UNIQUE;\n")];
    let (db, migrator) = (engine().await, migrator(module("app", &files)));
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "REMOVE INDEX one ON a; CREATE a:1 SET x = 1; CREATE a:2 SET x = 1").await;
    let error = repair(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap_err();
    let SchemaRepairError::Failed { statement: Some(statement), cause, .. } = &error else { panic!("{error}") };
    assert!(statement.contains("DEFINE INDEX one ON a") && cause.contains("already contains"), "{error}");
    assert_eq!(rows(&db, &tenant(), "(INFO FOR TABLE a).indexes").await, json!({}));
    assert_eq!(
        rows(&db, &tenant(), "(SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) IS NONE").await,
        true
    );
    rows(&db, &tenant(), "DELETE a:2").await;
    let _ = repair(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap();
    assert_in_sync(&db, &migrator).await;
}

#[tokio::test]
async fn a_schema_that_changes_meanwhile_is_not_touched() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), "REMOVE TABLE long; REMOVE FUNCTION fn::twice; REMOVE EVENT seen ON note").await;
    let plan = plan(&db, &migrator).await;
    let meanwhile = "USE NS acme DB `eu \\`1\\``; DEFINE FUNCTION fn::twice($n: int) { RETURN $n * 3; };".to_owned();
    let faulty = Faulty::new(&db, [Fault::Pass, Fault::Meanwhile(meanwhile)]);
    let error = migrator.repair_schema(&faulty, &plan, Approval::None).await.unwrap_err();
    assert!(matches!(error, SchemaRepairError::Stale { .. }), "{error}");
    assert!(events(&db, "schema_repaired").await.is_empty());
    let tables = rows(&db, &tenant(), "object::keys((INFO FOR DB).tables)").await;
    assert!(!tables.as_array().unwrap().contains(&json!("long")), "{tables}");
}
