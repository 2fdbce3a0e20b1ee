//! What is done when, what waits for it, and what is refused.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{
    Evidence, Fleet, IndexFinding, LedgerFinding, Move, Outcome, PhasedError, PhasedStarts, PhasedState, Refusal,
};
use migrate_tests::{Fault, Faulty, Mortal, engine, ledger, module, rows};
use serde_json::json;
use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn starting_up_runs_the_start_and_what_comes_later_waits_for_the_completion() {
    let db = engine().await;
    with_users(&db).await;
    let report = migrator(new()).migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    let [incomplete] = &report.incomplete[..] else { panic!("{report:?}") };
    assert_eq!((incomplete.version.get(), incomplete.state, incomplete.waiting), (2, PhasedState::ReadyToComplete, 1));
    assert!(report.applied.is_empty(), "nothing is applied yet: {report:?}");
    assert_eq!(migrator(new()).migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
    let row = &ledger(&db, &tenant()).await[1];
    assert_eq!(
        (&row["status"], &row["breaking"], &row["phase"]),
        (&json!("ready_to_complete"), &json!(false), &json!("start"))
    );

    let status = migrator(new()).complete(&db, &tenant(), "app", second()).await.unwrap();
    assert_eq!(status.state, PhasedState::Applied);
    let done: Vec<_> = status.done.iter().map(|step| (step.id.as_str(), step.rows)).collect();
    assert_eq!(
        done,
        [("add", None), ("fill", Some(25)), ("filled", None), ("stop", None), ("clear", Some(25)), ("drop", None)]
    );
    assert_eq!(ledger(&db, &tenant()).await[1]["breaking"], json!(true));
    let report = migrator(new()).migrate(&db, tenant()).await;
    assert_eq!(report.applied.iter().map(|one| one.version.get()).collect::<Vec<_>>(), [3]);
    assert!(report.incomplete.is_empty());
    assert_eq!(events(&db).await, ["started start", "ready_to_complete start", "started complete", "applied complete"]);
    assert_schema(&db, new(), "").await;
}

#[tokio::test]
async fn a_context_that_has_nothing_gets_all_phases_at_once() {
    let seeded = (
        "V1__user.surql",
        "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\nCREATE user SET name = 'root';\n",
    );
    for schema in [new(), module("app", &[seeded, RENAME, AFTER])] {
        let db = engine().await;
        let report = migrator(schema).migrate(&db, tenant()).await;
        assert!(report.is_served() && report.incomplete.is_empty(), "{report:?}");
        let statuses: Vec<_> = ledger(&db, &tenant()).await.iter().map(|row| row["status"].clone()).collect();
        assert_eq!(statuses, ["applied", "applied", "applied"]);
        assert_schema(&db, schema, "").await;
        assert_eq!(migrator(schema).migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
    }
}

#[tokio::test]
async fn an_older_binary_refuses_a_new_tenant_from_the_first_word_of_a_migration_that_is_run_at_once() {
    let seeded = (
        "V1__user.surql",
        "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\nCREATE user SET name = 'root';\n",
    );
    let (old, new) = (module("app", &[seeded]), module("app", &[seeded, RENAME, AFTER]));
    let mut met = Vec::new();
    for transactions in 1.. {
        let db = engine().await;
        let mortal = Mortal::new(&db, transactions);
        if mortal.live(migrator(new).migrate(&mortal, tenant())).await.is_some() {
            break;
        }
        let found = state(&db).await;
        let older = migrator(old).migrate(&db, tenant()).await;
        if found == PhasedState::Pending {
            assert!(older.is_served(), "nothing of it is there: {older:?}");
        } else {
            assert!(matches!(older.refusal(), Some(Refusal::Incompatible { .. })), "{found}: {older:?}");
        }
        met.push(found);
        let report = migrator(new).migrate(&db, tenant()).await;
        assert!(report.is_served(), "{found}: {report:?}");
        // Where an older binary may have written rows meanwhile, it goes in phases.
        assert_eq!(report.incomplete.len(), usize::from(found == PhasedState::Pending), "{found}: {report:?}");
    }
    met.dedup();
    assert_eq!(
        met,
        [
            PhasedState::Pending,
            PhasedState::Starting,
            PhasedState::ReadyToComplete,
            PhasedState::Completing,
            PhasedState::Applied
        ]
    );
}

#[tokio::test]
async fn a_start_can_be_left_to_somebody_else() {
    let db = engine().await;
    with_users(&db).await;
    let report = migrator(new()).phased_starts(PhasedStarts::Leave).migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    assert_eq!((report.incomplete[0].state, report.incomplete[0].waiting), (PhasedState::Pending, 1));
    assert_eq!(ledger(&db, &tenant()).await.len(), 1);
    assert_eq!(state(&db).await, PhasedState::Pending);
}

#[tokio::test]
async fn a_module_that_requires_what_waits_waits_as_well() {
    let db = engine().await;
    with_users(&db).await;
    let other = module(
        "other",
        &[
            ("V1__own.surql", "DEFINE TABLE own;\n"),
            ("V2__needs.surql", "-- migrate: requires app 3\nDEFINE TABLE needs;\n"),
            ("V3__more.surql", "DEFINE TABLE more;\n"),
        ],
    );
    let both = Migrator::new([new(), other]).unwrap().lease(Duration::from_millis(200));
    let report = both.migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    assert_eq!(report.incomplete[0].waiting, 3);
    assert_eq!(report.applied.iter().map(|one| (one.module, one.version.get())).collect::<Vec<_>>(), [("other", 1)]);
    let drift = both.drift(&db, Fleet::contexts([tenant()]), &migrate_runtime::DriftOptions::new()).await.unwrap();
    assert_eq!(drift.in_sync(), 1, "what waits is no drift: {drift}");
    both.complete(&db, &tenant(), "app", second()).await.unwrap();
    assert_eq!(both.migrate(&db, tenant()).await.applied.len(), 3);
}

fn illegal(error: &PhasedError) -> (PhasedState, Vec<Move>) {
    match error {
        PhasedError::Refused(Refusal::IllegalMove { state, legal, .. }) => (*state, legal.clone()),
        other => panic!("an illegal move, not {other:?}"),
    }
}

#[tokio::test]
async fn illegal_moves_are_refused_with_the_legal_ones() {
    let db = engine().await;
    let (operator, context) = (migrator(new()), tenant());
    let absent = operator.complete(&db, &context, "app", second()).await.unwrap_err();
    assert_eq!(absent, PhasedError::Absent { context: tenant() });
    with_users(&db).await;
    let early = operator.complete(&db, &context, "app", second()).await.unwrap_err();
    assert_eq!(illegal(&early), (PhasedState::Pending, vec![Move::Start]));
    let plain = operator.complete(&db, &context, "app", Version::FIRST).await.unwrap_err();
    assert!(matches!(plain, PhasedError::NotPhased { .. }), "{plain}");
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    // A completion that fails half way can only go on.
    rows(&db, &tenant(), "DEFINE EVENT OVERWRITE block ON user WHEN $event = 'UPDATE' THEN { THROW 'blocked' };").await;
    let failed = operator.complete(&db, &context, "app", second()).await.unwrap_err();
    let PhasedError::Refused(Refusal::Failed { cause, line, .. }) = &failed else { panic!("{failed:?}") };
    assert!(cause.contains("in the step `clear`") && cause.contains("blocked"), "{cause}");
    assert_eq!(*line, Some(38));
    let back = operator.rollback(&db, &context, "app", second()).await.unwrap_err();
    assert_eq!(illegal(&back), (PhasedState::CompleteFailed, vec![Move::Complete]));
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served(), "who knows it goes on meanwhile");
    rows(&db, &tenant(), "REMOVE EVENT block ON user;").await;
    assert_eq!(operator.complete(&db, &context, "app", second()).await.unwrap().state, PhasedState::Applied);
    assert_eq!(operator.complete(&db, &context, "app", second()).await.unwrap().state, PhasedState::Applied);
    let late = operator.rollback(&db, &context, "app", second()).await.unwrap_err();
    assert_eq!(illegal(&late), (PhasedState::Applied, vec![]));
}

#[tokio::test]
async fn a_failed_start_refuses_the_context_and_can_be_taken_back_and_not_completed() {
    let db = engine().await;
    with_users(&db).await;
    rows(&db, &tenant(), "DEFINE EVENT block ON user WHEN $event = 'UPDATE' THEN { THROW 'blocked' };").await;
    let report = migrator(new()).migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Failed { kept: 1, .. })), "{report:?}");
    let status = migrator(new()).phased_status(&db, &tenant(), "app", second()).await.unwrap();
    assert_eq!((status.state, status.next.as_deref()), (PhasedState::StartFailed, Some("fill")));
    let error = migrator(new()).complete(&db, &tenant(), "app", second()).await.unwrap_err();
    assert_eq!(illegal(&error), (PhasedState::StartFailed, vec![Move::Start, Move::Rollback]));
    assert!(migrator(old()).migrate(&db, tenant()).await.is_served(), "an older binary goes on");
    rows(&db, &tenant(), "REMOVE EVENT block ON user;").await;
    let back = migrator(new()).rollback(&db, &tenant(), "app", second()).await.unwrap();
    assert_eq!(back.state, PhasedState::RolledBack);
    assert_schema(&db, old(), "").await;
}

#[tokio::test]
async fn an_older_binary_serves_until_the_completion_begins_and_never_behind_that() {
    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    let report = migrator(old()).migrate(&db, tenant()).await;
    assert!(matches!(report.outcome, Outcome::Ahead(_)), "{report:?}");
    // It stops behind its first query that writes.
    let dying = Faulty::new(&db, [Fault::Pass, Fault::Pass, Fault::Pass, Fault::Pass, Fault::StopAfter]);
    let operator = migrator(new());
    let context = tenant();
    tokio::select! {
        done = operator.complete(&dying, &context, "app", second()) => panic!("it stops: {done:?}"),
        () = tokio::time::sleep(Duration::from_secs(3)) => {}
    }
    assert_eq!(state(&db).await, PhasedState::Completing);
    let report = migrator(old()).migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Incompatible { .. })), "{report:?}");
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    migrator(new()).complete(&db, &tenant(), "app", second()).await.unwrap();
    let report = migrator(old()).migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Incompatible { .. })), "{report:?}");
}

#[tokio::test]
async fn of_two_operators_one_does_it_and_the_other_finds_it_done_or_refused() {
    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    let run = |wanted| {
        let db = db.clone();
        tokio::spawn(async move {
            let operator = migrator(new());
            match wanted {
                Move::Rollback => operator.rollback(&db, &tenant(), "app", second()).await,
                _ => operator.complete(&db, &tenant(), "app", second()).await,
            }
        })
    };
    let (one, other) = (run(Move::Complete), run(Move::Complete));
    assert_eq!(one.await.unwrap().unwrap().state, PhasedState::Applied);
    assert_eq!(other.await.unwrap().unwrap().state, PhasedState::Applied);
    assert_eq!(events(&db).await.iter().filter(|event| *event == "applied complete").count(), 1);

    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    // One has read that it is ready, and is held up while the other one takes it back.
    let go_on = Arc::new(Notify::new());
    let late = Faulty::new(db.clone(), [Fault::Pass, Fault::Pass, Fault::Pass, Fault::Pause(go_on.clone())]);
    let late = tokio::spawn(async move { migrator(new()).complete(&late, &tenant(), "app", second()).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(migrator(new()).rollback(&db, &tenant(), "app", second()).await.unwrap().state, PhasedState::RolledBack);
    go_on.notify_one();
    let error = late.await.unwrap().unwrap_err();
    assert_eq!(illegal(&error), (PhasedState::RolledBack, vec![Move::Start]));
}

#[tokio::test]
async fn the_fleet_index_neither_confirms_nor_misjudges_what_is_not_completed() {
    let db = engine().await;
    let indexed = || migrator(new()).index(Context::new("ops", "index").unwrap());
    with_users(&db).await;
    let fleet = || Fleet::contexts([tenant()]);
    let report = indexed().migrate_all(&db, fleet()).await.unwrap();
    assert!(report.all_served() && report.to_string().contains("incomplete app V2 is ready to complete"), "{report}");
    let verification = indexed().verify(&db, fleet()).await.unwrap();
    let [finding] = &verification.findings[..] else { panic!("{verification:?}") };
    assert!(
        matches!(&finding.ledger, LedgerFinding::Incomplete { migrations } if migrations.len() == 1),
        "{finding:?}"
    );
    assert_eq!((finding.index, verification.repaired), (IndexFinding::Right, 0));
    indexed().complete(&db, &tenant(), "app", second()).await.unwrap();
    let report = indexed().migrate_all(&db, fleet()).await.unwrap();
    assert_eq!(report.contexts()[0].applied.len(), 1, "{report}");
    let report = indexed().migrate_all(&db, fleet()).await.unwrap();
    assert_eq!(report.contexts()[0].evidence, Evidence::Index);
}
