//! Others are at work too, and answers are lost.

use migrate_runtime::{SchemaRepairObstacle, UndoOptions, UndoTarget};
use migrate_tests::{Fault, Faulty, engine, rows};

use super::*;

const CHANGE: &str = "REMOVE EVENT seen ON note; DEFINE FUNCTION OVERWRITE fn::twice($n: int) { RETURN $n; };\
    REMOVE INDEX by_text ON note;";

#[tokio::test]
async fn a_lost_answer_or_a_conflict_at_any_query_does_no_harm() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    let mut at = 0;
    loop {
        rows(&db, &tenant(), CHANGE).await;
        let plan = plan(&db, &migrator).await;
        let entries = events(&db, "schema_repaired").await.len();
        let mut sent = 0;
        for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
            rows(
                &db,
                &tenant(),
                CHANGE
                    .replace("REMOVE", "REMOVE ")
                    .replace("EVENT", "EVENT IF EXISTS")
                    .replace("INDEX", "INDEX IF EXISTS")
                    .as_str(),
            )
            .await;
            let faults = std::iter::repeat_n(Fault::Pass, at).chain([fault.clone()]);
            let watched = Faulty::new(&db, faults);
            let report = migrator.repair_schema(&watched, &plan, Approval::None).await;
            assert!(report.is_ok(), "{fault:?} at {at}: {report:?}");
            assert_in_sync(&db, &migrator).await;
            sent = sent.max(watched.texts().len());
        }
        let told = events(&db, "schema_repaired").await.len() - entries;
        assert_eq!(told, 6, "each of three repairs tells once of each of its parts, at {at}");
        at += 1;
        if at > sent {
            break;
        }
    }
    assert!(at > 5, "{at}");
}

#[tokio::test]
async fn of_two_operators_at_once_one_repairs_and_the_other_finds_it_done_or_is_told() {
    let db = engine().await;
    for _ in 0..8 {
        let migrator = used_again(&db).await;
        let (one, other) = (plan(&db, &migrator).await, plan(&db, &migrator).await);
        let before = events(&db, "schema_repaired").await.len();
        let ran = tokio::join!(
            migrator.repair_schema(&db, &one, Approval::None),
            migrator.repair_schema(&db, &other, Approval::None)
        );
        let is_told = |error: &SchemaRepairError| {
            matches!(error, SchemaRepairError::Stale { .. })
                || error.obstacles().iter().any(|one| matches!(one, SchemaRepairObstacle::Busy { .. }))
        };
        let results = [ran.0, ran.1];
        assert!(results.iter().any(Result::is_ok), "{results:?}");
        assert!(results.iter().filter_map(|one| one.as_ref().err()).all(is_told), "{results:?}");
        assert_in_sync(&db, &migrator).await;
        assert_eq!(events(&db, "schema_repaired").await.len() - before, 2, "one repair, in two parts");
    }
}

async fn used_again(db: &Surreal<Any>) -> Migrator {
    let migrator = migrator(schema(3));
    assert!(migrator.migrate(db, tenant()).await.is_served());
    rows(db, &tenant(), "UPSERT note:1 SET text = 'a'").await;
    rows(db, &tenant(), CHANGE).await;
    migrator
}

#[tokio::test]
async fn whoever_has_the_lease_is_not_disturbed() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), CHANGE).await;
    let plan = plan(&db, &migrator).await;
    rows(
        &db,
        &tenant(),
        "UPSERT _migration_lease:holder SET token = 7, owner = 'other', by = { binary: 'notes' };
         UPSERT _migration_lease:heartbeat SET token = 7, expires_at = time::now() + 1h",
    )
    .await;
    for error in [
        migrator.repair_schema(&db, &plan, Approval::None).await.unwrap_err(),
        plan_with(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("notes is at work in this database"), "{error}");
    }
    // One that lapsed is taken.
    rows(&db, &tenant(), "UPDATE _migration_lease:heartbeat SET expires_at = time::now() - 1s").await;
    let _ = repair(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap();
    assert_in_sync(&db, &migrator).await;
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE token FROM ONLY _migration_lease:holder").await, 8);
}

#[tokio::test]
async fn a_plan_of_before_a_migration_or_an_undo_is_refused() {
    let db = engine().await;
    let two = used(&db, 2).await;
    rows(&db, &tenant(), "REMOVE EVENT seen ON note").await;
    let before = plan(&db, &two).await;
    let three = migrator(schema(3));
    assert!(three.migrate(&db, tenant()).await.is_served());
    let error = three.repair_schema(&db, &before, Approval::None).await.unwrap_err();
    assert!(matches!(error, SchemaRepairError::Stale { .. }), "{error}");
    let before = plan(&db, &three).await;
    let undo = three.plan_undo(&db, &tenant(), UndoTarget::version("app", version(2))).await.unwrap();
    let _ = three.undo(&db, &undo, &UndoOptions::new().approve(Approval::Unsafe)).await.unwrap();
    let error = three.repair_schema(&db, &before, Approval::None).await.unwrap_err();
    assert!(matches!(error, SchemaRepairError::Stale { .. }), "{error}");
    let _ = repair(&db, &three, &SchemaRepairOptions::new()).await.unwrap();
    assert_in_sync(&db, &three).await;
}

#[tokio::test]
async fn a_repair_that_stopped_between_its_parts_is_gone_on_with() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), CHANGE).await;
    let plan = plan(&db, &migrator).await;
    // The first part is committed; the process ends before it builds the index.
    let faults = std::iter::repeat_n(Fault::Pass, 2).chain([Fault::StopAfter]);
    let watched = Faulty::new(&db, faults);
    let stopped = tokio::time::timeout(
        std::time::Duration::from_secs(2),
        migrator.repair_schema(&watched, &plan, Approval::None),
    );
    assert!(stopped.await.is_err());
    let error = plan_with(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap_err();
    assert!(error.to_string().contains("is at work"), "its lease still lasts: {error}");
    rows(&db, &tenant(), "UPDATE _migration_lease:heartbeat SET expires_at = time::now() - 1s").await;
    let left = repair(&db, &migrator, &SchemaRepairOptions::new()).await.unwrap();
    assert_eq!(statements(&left), ["DEFINE INDEX by_text ON note FIELDS text CONCURRENTLY"]);
    assert_in_sync(&db, &migrator).await;
}
