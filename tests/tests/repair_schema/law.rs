//! The law of repair: after any changes by hand it leads to no drift, a second one finds nothing to do, and nothing that
//! is unmanaged is touched.

use migrate_runtime::Unmanaged;
use migrate_tests::{engine, rows};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::*;

/// Changes over few names, of which the database refuses some.
fn change() -> impl Strategy<Value = String> {
    let table = || select(&["note", "person", "likes", "long", "`odd name`"][..]);
    let field =
        || select(&["text", "tags", "tags.*", "place", "place.city", "in", "out", "mine", "mine.*", "legacy_a"][..]);
    let value_type = || {
        select(
            &[
                "",
                " TYPE int",
                " TYPE option<array<int>>",
                " TYPE object",
                " TYPE option<string>",
                " TYPE record<note>",
            ][..],
        )
    };
    let clauses = || select(&["", " DEFAULT 1", " READONLY", " COMMENT 'c'", " PERMISSIONS NONE", " VALUE $value"][..]);
    let table_clauses = || {
        select(
            &["", " SCHEMAFULL", " TYPE RELATION IN note OUT person", " COMMENT 'c'", " AS SELECT * FROM person"][..],
        )
    };
    let name = || select(&["seen", "by_text", "mine"][..]);
    prop_oneof![
        2 => (table(), table_clauses()).prop_map(|(t, c)| format!("DEFINE TABLE OVERWRITE {t}{c}")),
        5 => (field(), table(), value_type(), clauses()).prop_map(|(f, t, v, c)| format!("DEFINE FIELD OVERWRITE {f} ON {t}{v}{c}")),
        3 => (field(), table()).prop_map(|(f, t)| format!("REMOVE FIELD IF EXISTS {f} ON {t}")),
        2 => table().prop_map(|t| format!("REMOVE TABLE IF EXISTS {t}")),
        1 => (name(), table()).prop_map(|(i, t)| format!("DEFINE INDEX OVERWRITE {i} ON {t} FIELDS text")),
        1 => (name(), table()).prop_map(|(i, t)| format!("REMOVE INDEX IF EXISTS {i} ON {t}")),
        1 => (name(), table()).prop_map(|(e, t)| format!("DEFINE EVENT OVERWRITE {e} ON {t} WHEN true THEN {{}}")),
        1 => (name(), table()).prop_map(|(e, t)| format!("REMOVE EVENT IF EXISTS {e} ON {t}")),
        1 => (0..3).prop_map(|n| format!("DEFINE PARAM OVERWRITE $limit VALUE {n}")),
        1 => Just("REMOVE PARAM IF EXISTS $limit".to_owned()),
        1 => Just("REMOVE FUNCTION IF EXISTS fn::twice".to_owned()),
        1 => Just("DEFINE FUNCTION OVERWRITE fn::twice($n: int) { RETURN $n }".to_owned()),
        1 => Just("REMOVE ACCESS IF EXISTS api ON DATABASE".to_owned()),
        1 => Just("DEFINE ACCESS OVERWRITE api ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'x'".to_owned()),
    ]
}

/// What nobody manages, with rows.
const OTHERS: &str = "DEFINE TABLE mine SCHEMAFULL; DEFINE FIELD n ON mine TYPE int; CREATE mine:1 SET n = 1; \
    DEFINE PARAM $mine VALUE 1; DEFINE FUNCTION fn::mine() { RETURN 1 }; DEFINE FIELD legacy_id ON note TYPE option<int>; \
    UPDATE note:1 SET legacy_id = 7";
const LOOK: &str = "RETURN [INFO FOR TABLE mine, (SELECT * FROM mine), (INFO FOR DB).params.mine, (INFO FOR DB).functions.mine, \
    IF (INFO FOR DB).tables.note { [(INFO FOR TABLE note).fields.legacy_id, (SELECT VALUE id FROM note)] }]";

async fn check(changes: &[String], last: u64) -> Result<(), TestCaseError> {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), OTHERS).await;
    for change in changes {
        let text = format!("USE NS acme DB `eu \\`1\\``; {change};");
        // Some of them are refused, which is as well.
        let _ = db.query(text).await;
    }
    let before = rows(&db, &tenant(), LOOK).await;
    let unmanaged = Unmanaged::matching(["mine", "field note.legacy_*"]);
    let options = SchemaRepairOptions::new().unmanaged(unmanaged.clone());
    let options = if last < 3 { options.to("app", version(last)) } else { options };
    let told = || changes.join(";\n");
    let plan = plan_with(&db, &migrator, &options)
        .await
        .map_err(|error| TestCaseError::fail(format!("{error}\n{}", told())))?;
    let done = migrator.repair_schema(&db, &plan, Approval::Unsafe).await;
    prop_assert!(done.is_ok(), "{}\n---\n{plan}\n---\n{}", told(), done.unwrap_err());
    let state = drift(&db, &migrator, &DriftOptions::new().unmanaged(unmanaged)).await;
    prop_assert_eq!(&state, &DriftState::InSync, "{}\n---\n{}", told(), plan);
    let again = plan_with(&db, &migrator, &options).await.unwrap();
    prop_assert!(again.is_empty(), "{}\n---\n{again}", told());
    // The table itself may have been taken away by hand, with the field and the rows.
    let after = rows(&db, &tenant(), LOOK).await;
    let parts = if before[4].is_null() { 0..4 } else { 0..5 };
    prop_assert!(parts.clone().all(|part| after[part] == before[part]), "{}\n---\n{before}\n{after}", told());
    Ok(())
}

#[tokio::test]
async fn a_table_that_became_a_view_and_went_comes_back_and_nothing_else_is_touched() {
    let changes = ["DEFINE TABLE OVERWRITE note AS SELECT * FROM person", "REMOVE TABLE IF EXISTS note"];
    check(&changes.map(str::to_owned), 1).await.unwrap();
}

#[test]
fn any_changes_by_hand_are_put_right_once_and_for_all() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let changes = (prop::collection::vec(change(), 1..12), 1_u64..6);
    runner.run(&changes, |(changes, last)| runtime.block_on(check(&changes, last))).unwrap();
}
