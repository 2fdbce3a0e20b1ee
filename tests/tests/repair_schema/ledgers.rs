//! Where the version that is asked for is not the ledger's, the ledger is true afterwards; and what stands in the way.

use migrate_runtime::{LedgerRepaired, SchemaRepairError, SchemaRepairObstacle};
use migrate_tests::{engine, ledger, module, rows};
use serde_json::json;

use super::*;

fn obstacle(error: &SchemaRepairError) -> &SchemaRepairObstacle {
    let [obstacle] = error.obstacles() else { panic!("{error}") };
    obstacle
}

#[tokio::test]
async fn a_database_without_a_history_gets_the_schema_and_the_ledger_of_a_version() {
    let db = engine().await;
    rows(
        &db,
        &tenant(),
        "DEFINE TABLE note SCHEMALESS; DEFINE FIELD text ON note TYPE any; CREATE note:1 SET text = 'a'",
    )
    .await;
    let migrator = migrator(schema(3));
    let error = plan_with(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap_err();
    assert!(matches!(obstacle(&error), SchemaRepairObstacle::Unrecorded), "{error}");
    let plan = repair(&db, &migrator, &to(2)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.ledger().iter().map(|one| one.becomes).collect::<Vec<_>>(), [LedgerRepaired::Applied; 2]);
    assert_in_sync(&db, &migrator).await;
    assert_eq!(statuses(&db).await, ["1 applied", "2 applied"]);
    let row = &ledger(&db, &tenant()).await[0];
    assert_eq!(row["applied_by"]["via"], "schema_repair", "{row}");
    assert_eq!(events(&db, "repaired").await.len(), 2);
    // What comes behind it is applied as ever.
    let report = migrator.migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    assert_eq!(statuses(&db).await, ["1 applied", "2 applied", "3 applied"]);
    assert_in_sync(&db, &migrator).await;
}

#[tokio::test]
async fn a_ledger_that_says_too_much_is_taken_back_and_one_that_says_too_little_is_filled_up() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    let plan = repair(&db, &migrator, &to(1)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.ledger().iter().map(|one| one.becomes).collect::<Vec<_>>(), [LedgerRepaired::RolledBack; 2]);
    assert_eq!(statuses(&db).await, ["1 applied", "2 rolled_back", "3 rolled_back"]);
    assert_in_sync(&db, &migrator).await;
    let log = events(&db, "repaired").await;
    assert!(
        log.len() == 2 && log.iter().all(|one| one["was"] == "applied" && one["status"] == "rolled_back"),
        "{log:?}"
    );

    let _ = repair(&db, &migrator, &to(3)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(statuses(&db).await, ["1 applied", "2 applied", "3 applied"]);
    assert_in_sync(&db, &migrator).await;
    assert!(repair(&db, &migrator, &to(3)).await.unwrap().is_empty());
    let report = migrator.migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
}

#[tokio::test]
async fn a_migration_that_was_edited_after_it_was_applied_is_what_it_is_now_once_that_is_approved() {
    let edited = [FILES[0], (FILES[1].0, "DEFINE PARAM $limit VALUE 20;\n")];
    let db = engine().await;
    used(&db, 2).await;
    let migrator = migrator(module("app", &edited));
    let error = plan_with(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap_err();
    assert!(matches!(obstacle(&error), SchemaRepairObstacle::Ledger { kind: "divergent", .. }), "{error}");
    let plan = plan_with(&db, &migrator, &to(2)).await.unwrap();
    assert!(
        reasons(&plan).contains(&"app V2__functions is recorded with another text or history, and that is replaced")
    );
    let error = migrator.repair_schema(&db, &plan, Approval::DataLoss).await.unwrap_err();
    assert!(matches!(error, SchemaRepairError::NotApproved { .. }), "{error}");
    let _ = repair(&db, &migrator, &to(2)).await.unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    assert_eq!(rows(&db, &tenant(), "RETURN $limit").await, json!(20));
    let was = &events(&db, "repaired").await[0];
    assert!(was["was_checksum"].as_str().unwrap().starts_with("sha256:"), "{was}");
    // The objects that only the text of before defined are nobody's now.
    assert!(plan.strangers().iter().any(|one| one.to_string() == "function twice"), "{plan}");
}

#[tokio::test]
async fn rows_that_migrations_write_are_neither_written_nor_taken_back_and_that_has_to_be_approved() {
    let files = [
        ("V1__a.surql", "DEFINE TABLE a SCHEMALESS;\n"),
        ("V2__rows.surql", "CREATE a:1;\n"),
        ("V3__b.surql", "DEFINE TABLE b SCHEMALESS;\n"),
    ];
    let (db, migrator) = (engine().await, migrator(module("app", &files)));
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let plan = plan_with(&db, &migrator, &to(1)).await.unwrap();
    assert_eq!(plan.safety().word(), "unsafe", "{plan}");
    let _ = repair(&db, &migrator, &to(1)).await.unwrap();
    assert_eq!(rows(&db, &tenant(), "count(SELECT * FROM a)").await, json!(1));
    rows(&db, &tenant(), "DELETE a").await;
    let plan = repair(&db, &migrator, &to(3)).await.unwrap();
    assert!(reasons(&plan)[0].contains("V2__rows is recorded as applied"), "{plan}");
    assert_eq!(rows(&db, &tenant(), "count(SELECT * FROM a)").await, json!(0));
}

#[tokio::test]
async fn what_another_module_requires_stays_recorded() {
    let base = module("base", &[("V1__a.surql", "DEFINE TABLE a;\n"), ("V2__b.surql", "DEFINE TABLE b;\n")]);
    let host = module("host", &[("V1__c.surql", "-- migrate: requires base 2\nDEFINE TABLE c;\n")]);
    let (db, migrator) = (engine().await, Migrator::new([base, host]).unwrap());
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let base = |last| SchemaRepairOptions::new().to("base", version(last));
    let error = plan_with(&db, &migrator, &base(1)).await.unwrap_err();
    assert!(matches!(obstacle(&error), SchemaRepairObstacle::Unrequired { .. }), "{error}");
    // A module of which nothing is recorded is left alone, whatever there is of it.
    rows(&db, &tenant(), "DELETE _migrations WHERE module = 'host'; REMOVE TABLE a").await;
    let plan = repair(&db, &migrator, &base(2)).await.unwrap();
    assert_eq!(statements(&plan).len(), 1, "{plan}");
    assert_eq!(plan.strangers().iter().map(ToString::to_string).collect::<Vec<_>>(), ["table c"]);
}

#[tokio::test]
async fn what_is_not_done_and_what_nobody_knows_is_refused_with_the_reason() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    let row = "_migrations:['app', 3]";
    let refused = async |change: &str, options: &SchemaRepairOptions| {
        rows(&db, &tenant(), change).await;
        plan_with(&db, &migrator, options).await.unwrap_err()
    };
    let field = "DEFINE FIELD IF NOT EXISTS undo ON _migrations TYPE option<object> FLEXIBLE;";
    let torn = format!(
        "{field} UPDATE {row} SET status = 'started', undo = {{ token: 'x', error: {{ message: 'it was cut off' }} }}"
    );
    for options in [SchemaRepairOptions::new(), to(2)] {
        let error = refused(&torn, &options).await;
        assert!(matches!(obstacle(&error), SchemaRepairObstacle::TornUndo { .. }), "{error}");
        assert!(
            error.to_string().contains("the undo of app V3__place.surql")
                && error.to_string().contains("it was cut off")
        );
    }
    let error = refused(&format!("UPDATE {row} SET undo = NONE"), &to(3)).await;
    assert!(matches!(obstacle(&error), SchemaRepairObstacle::Stuck { .. }), "{error}");
    for status in ["ready_to_complete", "running_start", "running"] {
        let error = refused(&format!("UPDATE {row} SET status = '{status}'"), &to(3)).await;
        assert!(matches!(obstacle(&error), SchemaRepairObstacle::Begun { .. }), "{error}");
    }
    // An undo that was taken back leaves everything as it was.
    rows(&db, &tenant(), &format!("UPDATE {row} SET status = 'applied', undo = {{ error: {{ message: 'x' }} }}")).await;
    assert!(plan(&db, &migrator).await.is_empty());

    let unknown = "CREATE _migrations:['app', 4] CONTENT object::extend((SELECT * FROM ONLY _migrations:['app', 3]), \
        { id: _migrations:['app', 4], version: 4 })";
    let error = refused(unknown, &SchemaRepairOptions::new()).await;
    assert!(matches!(obstacle(&error), SchemaRepairObstacle::Ahead { .. }), "{error}");
    let error = refused("RETURN 1", &to(2)).await;
    assert!(matches!(obstacle(&error), SchemaRepairObstacle::Ahead { .. }), "{error}");
    let error = refused("RETURN 1", &to(9)).await;
    assert_eq!(error.to_string(), "app has no V9: it ends at V3");
    let error = refused("RETURN 1", &SchemaRepairOptions::new().to("none", version(1))).await;
    assert_eq!(error.kind(), "no_such_module");
}

#[tokio::test]
async fn the_fleet_index_says_what_the_ledger_says_afterwards() {
    let (db, index) = (engine().await, Context::new("acme", "system").unwrap());
    let migrator = migrator(schema(3)).index(index);
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let _ = repair(&db, &migrator, &to(2)).await.unwrap();
    let status =
        migrator.fleet_status(&db, Fleet::contexts([tenant()]), migrate_runtime::Evidence::Ledger).await.unwrap();
    assert_eq!((status.count("pending"), status.wrong_in_index()), (1, 0), "{status:?}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_not_created() {
    let (db, migrator) = (engine().await, migrator(schema(3)));
    let error = plan_with(&db, &migrator, &to(3)).await.unwrap_err();
    assert_eq!(error.kind(), "absent");
    let namespaces = rows(&db, &Context::new("other", "x").unwrap(), "object::keys((INFO FOR ROOT).namespaces)").await;
    assert_eq!(namespaces, json!(["other"]));
}
