use std::sync::{Arc, Mutex};

use migrate_runtime::{
    Approval, Context, Event, Fleet, Leftovers, Outcome, UndoError, UndoOptions, UndoTarget, UndoTexts, Undone,
    UndoneBy,
};
use migrate_tests::{engine, ledger, log, module, rows};
use serde_json::json;

use super::{FILES, assert_at, events, migrator, schema, statuses, tenant, to, undo, used};

fn data_loss() -> UndoOptions {
    UndoOptions::new().approve(Approval::DataLoss)
}

#[tokio::test]
async fn everything_is_undone_recorded_and_can_be_applied_again() {
    let db = engine().await;
    let migrator = used(&db, 4).await;
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    let report = migrator.undo(&db, &plan, &data_loss()).await.unwrap();
    let versions: Vec<_> = report.undone.iter().map(|one| (one.version.get(), one.by)).collect();
    assert_eq!(versions, [(4, UndoneBy::Us), (3, UndoneBy::Us), (2, UndoneBy::Us)]);
    assert_eq!(report.round_trips, 4, "a look, and one for each");
    assert!(report.to_string().contains("3 migrations undone"), "{report}");
    assert_at(&db, &migrator, schema(4), Some(1)).await;
    assert_eq!(statuses(&db).await, ["app1 applied", "app2 rolled_back", "app3 rolled_back", "app4 rolled_back"]);
    assert_eq!(events(&db, "rolled_back").await, [4, 3, 2]);
    let row = &ledger(&db, &tenant()).await[1];
    assert!(row["undo"]["at"].is_string() && row["undo"]["by"]["replica"].is_string(), "{row}");
    assert!(log(&db, &tenant()).await.iter().all(|row| row["checksum"].is_string()));

    let again = migrator.migrate(&db, tenant()).await;
    assert_eq!((again.outcome, again.applied.len()), (Outcome::Migrated, 3));
    assert_at(&db, &migrator, schema(4), Some(4)).await;
    let all = undo(&db, &migrator, UndoTarget::module("app")).await.unwrap();
    assert_eq!(all.steps().len(), 4);
    assert_at(&db, &migrator, schema(4), None).await;
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    assert_at(&db, &migrator, schema(4), Some(4)).await;
}

#[tokio::test]
async fn nothing_is_lost_that_nobody_agreed_to() {
    let db = engine().await;
    let migrator = used(&db, 4).await;
    let safe = migrator.plan_undo(&db, &tenant(), to(3)).await.unwrap();
    assert!(!safe.requires_approval());
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    let error = migrator.undo(&db, &plan, &UndoOptions::new()).await.unwrap_err();
    let UndoError::NotApproved { loses, .. } = &error else { panic!("{error}") };
    assert!(loses.iter().any(|line| line.contains("table likes goes, with 1 record")), "{loses:?}");
    let error = migrator.undo(&db, &plan, &data_loss().texts(UndoTexts::DownFiles)).await.unwrap_err();
    let UndoError::NotExplicit { steps } = &error else { panic!("{error}") };
    assert_eq!(steps.len(), 3);
    assert_at(&db, &migrator, schema(4), Some(4)).await;
    let _ = migrator.undo(&db, &safe, &UndoOptions::new()).await.unwrap();
    assert_at(&db, &migrator, schema(4), Some(3)).await;
}

#[tokio::test]
async fn a_row_is_writable_once_a_field_is_gone_and_its_values_may_stay_all_the_same() {
    let db = engine().await;
    let migrator = used(&db, 2).await;
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    let _ = migrator.undo(&db, &plan, &data_loss()).await.unwrap();
    let notes = rows(&db, &tenant(), "UPDATE note SET text = text + '!'; SELECT * FROM note;").await;
    assert_eq!(
        notes,
        json!([{ "id": "note:1", "text": "a!" }, { "id": "note:2", "text": "b!" }, { "id": "note:3", "text": "c!" }])
    );

    let db = engine().await;
    let migrator = used(&db, 2).await;
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    let _ = migrator.undo(&db, &plan, &data_loss().leftovers(Leftovers::Kept)).await.unwrap();
    let note = rows(&db, &tenant(), "SELECT * FROM note:1;").await;
    assert_eq!(note, json!([{ "id": "note:1", "tag": "x", "text": "a" }]));
}

#[tokio::test]
async fn neither_events_nor_other_fields_notice_that_values_are_cleared() {
    let db = engine().await;
    let v1 = (
        "V1__notes.surql",
        "DEFINE TABLE note SCHEMAFULL;\nDEFINE FIELD at ON note TYPE datetime VALUE time::now();\nDEFINE TABLE seen SCHEMALESS;\n\
         DEFINE EVENT seen ON note WHEN true THEN { CREATE seen };\n",
    );
    let migrator = migrator(module("app", &[v1, ("V2__tag.surql", "DEFINE FIELD tag ON note TYPE option<string>;\n")]));
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let before = rows(&db, &tenant(), "CREATE note:1 SET tag = 'x'; SELECT VALUE at FROM note;").await;
    let _ = undo(&db, &migrator, to(1)).await.unwrap();
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE at FROM note;").await, before);
    assert_eq!(rows(&db, &tenant(), "RETURN count(SELECT * FROM seen);").await, json!(1));
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE tag FROM note;").await, json!([null]));
}

#[tokio::test]
async fn a_plan_is_refused_once_the_ledger_has_changed() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    assert!(super::migrator(schema(4)).migrate(&db, tenant()).await.is_served());
    let error = migrator.undo(&db, &plan, &data_loss()).await.unwrap_err();
    let UndoError::Stale { version, undone, .. } = &error else { panic!("{error}") };
    assert_eq!((version.get(), undone.len()), (4, 0));
    assert_at(&db, &migrator, schema(4), Some(4)).await;
}

/// The second migration has a down file that fails as long as there is a blocker.
fn blocked() -> &'static migrate_runtime::Migrations {
    module(
        "app",
        &[
            FILES[0],
            ("V2__other.surql", "DEFINE TABLE other SCHEMALESS;\n"),
            (
                "V2__other.down.surql",
                "LET $blockers = (SELECT * FROM note WHERE text = 'blocker');\n\
                 IF array::len($blockers) > 0 { THROW 'it is blocked' };\nREMOVE TABLE other;\n",
            ),
            ("V3__more.surql", "DEFINE TABLE more SCHEMALESS;\n"),
        ],
    )
}

#[tokio::test]
async fn a_failure_ends_it_is_recorded_and_gone_on_from() {
    let db = engine().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let migrator = migrator(blocked()).observer(move |event: &Event<'_>| {
        let what = match event {
            Event::UndoStarted { step, .. } => format!("started {}", step.version),
            Event::UndoDone { step, .. } => format!("done {}", step.version),
            Event::UndoFailed { step, .. } => format!("failed {}", step.version),
            _ => return,
        };
        told.lock().unwrap().push(what);
    });
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "CREATE note:1 SET text = 'blocker';").await;
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    let options = UndoOptions::new().approve(Approval::Unsafe);
    let error = migrator.undo(&db, &plan, &options).await.unwrap_err();
    let UndoError::Failed { file, statement, cause, undone, .. } = &error else { panic!("{error}") };
    assert_eq!((file.as_str(), *statement), ("V2__other.surql", Some(2)));
    assert!(cause.contains("it is blocked"), "{cause}");
    assert_eq!(undone.iter().map(|one: &Undone| one.version.get()).collect::<Vec<_>>(), [3]);
    assert!(error.to_string().contains("undone before that: app V3__more"), "{error}");
    assert_eq!(statuses(&db).await, ["app1 applied", "app2 applied", "app3 rolled_back"]);
    let row = &ledger(&db, &tenant()).await[1];
    assert_eq!(row["undo"]["error"]["statement"], 2, "{row}");
    assert!(row["undo"]["error"]["message"].as_str().unwrap().contains("blocked"));
    assert_eq!(events(&db, "undo_failed").await, [2]);
    assert_eq!(*seen.lock().unwrap(), ["started 3", "done 3", "started 2", "failed 2"]);

    rows(&db, &tenant(), "DELETE note:1;").await;
    let report = migrator.undo(&db, &plan, &options).await.unwrap();
    let by: Vec<_> = report.undone.iter().map(|one| (one.version.get(), one.by)).collect();
    assert_eq!(by, [(3, UndoneBy::Others), (2, UndoneBy::Us)], "the same plan goes on");
    assert_at(&db, &migrator, blocked(), Some(1)).await;
    let row = &ledger(&db, &tenant()).await[1];
    assert!(row["undo"].get("error").is_none(), "{row}");
}

#[tokio::test]
async fn a_text_that_ends_its_transaction_early_is_noticed_and_nobody_goes_on_from_there() {
    let db = engine().await;
    let _ = used(&db, 2).await;
    // As another tool, or a hand, might have written it.
    rows(&db, &tenant(), "UPDATE _migrations:['app', 2] SET down.text = 'REMOVE INDEX by_tag ON note; RETURN 1; REMOVE FIELD tag ON note';").await;
    let older = migrator(schema(1));
    let error = undo(&db, &older, to(1)).await.unwrap_err();
    assert!(matches!(error, UndoError::Torn { .. }), "{error}");
    assert_eq!(statuses(&db).await, ["app1 applied", "app2 started"]);
    assert_eq!(events(&db, "undo_failed").await, [2]);
    assert_eq!(events(&db, "rolled_back").await, [0; 0]);
    let error = undo(&db, &older, to(1)).await.unwrap_err();
    assert_eq!(error.kind(), "impossible", "{error}");
}

#[tokio::test]
async fn an_error_behind_which_the_text_went_on_is_no_success() {
    let db = engine().await;
    let _ = used(&db, 2).await;
    rows(
        &db,
        &tenant(),
        "UPDATE _migrations:['app', 2] SET down.text = 'REMOVE INDEX by_tag ON note; BREAK; REMOVE FIELD tag ON note';",
    )
    .await;
    let error = undo(&db, &migrator(schema(1)), to(1)).await.unwrap_err();
    assert!(matches!(error, UndoError::Torn { .. } | UndoError::Failed { .. }), "{error}");
    assert_ne!(statuses(&db).await[1], "app2 rolled_back");
}

#[tokio::test]
async fn the_fleet_index_knows_of_it() {
    let db = engine().await;
    let system = Context::new("system", "migrations").unwrap();
    let schema = schema(4);
    let migrator = migrator(schema).index(system);
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let fleet = || Fleet::contexts([tenant()]);
    let before = migrator.migrate_all(&db, fleet()).await.unwrap();
    assert_eq!((before.counts().up_to_date, before.round_trips()), (1, 1), "the index says so: {before}");
    let _ = undo(&db, &migrator, to(2)).await.unwrap();
    let verified = migrator.verify(&db, fleet()).await.unwrap();
    assert!(!verified.to_string().contains("wrong"), "{verified}");
    let again = migrator.migrate_all(&db, fleet()).await.unwrap();
    assert_eq!(again.counts().migrated, 1, "{again}");
    assert_at(&db, &migrator, schema, Some(4)).await;
}

#[tokio::test]
async fn edges_that_an_undo_takes_away_cannot_be_followed_any_more() {
    let db = engine().await;
    let migrator = used(&db, 3).await;
    let likes = "SELECT VALUE ->likes->note FROM ONLY person:1;";
    assert_eq!(rows(&db, &tenant(), likes).await, json!(["note:1"]));
    let _ = undo(&db, &migrator, to(2)).await.unwrap();
    // Defined anew, the tables are as if there had never been any.
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "CREATE person:1;").await;
    assert_eq!(rows(&db, &tenant(), likes).await, json!([]));
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE <-likes FROM ONLY note:1;").await, json!([]));
}
