//! Starts, completions and rollbacks of many contexts, and what is told of them.

use migrate_runtime::{Evidence, Move, PhasedStarts, RolloutError, RolloutOutcome};
use migrate_tests::{engine, ledger, log};
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_fleet_is_started_and_completed_and_each_time_again_nothing_is_done_twice() {
    let db = engine().await;
    let new_replica = ready(&db).await;
    assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4]);
    let (binary, options) = (operator(), RolloutOptions::new());
    let again = binary.start_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert_eq!(words(&again), ["already_there"; 4]);

    let report = binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert!(report.is_done(), "{report}");
    assert_eq!(
        report.contexts[0].outcome,
        RolloutOutcome::Moved { before: PhasedState::ReadyToComplete, state: PhasedState::Applied }
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["move"], &json["moved"], &json["halted"]), (&json!("complete"), &json!(4), &json!(null)));
    assert_eq!(
        json["outcomes"][3],
        json!({ "namespace": "fleet", "database": "d", "outcome": "moved", "before": "ready_to_complete", "state": "applied" })
    );
    for context in contexts() {
        let row = &ledger(&db, &context).await[1];
        assert_eq!((&row["status"], &row["breaking"]), (&json!("applied"), &json!(true)));
        let begun = log(&db, &context).await;
        let begun = begun.iter().filter(|row| row["version"] == 2 && row["event"] == "started");
        assert_eq!(begun.count(), 2, "its start and its completion, once each");
        let report = migrator(old()).migrate(&db, context).await;
        assert!(!report.is_served(), "an older binary refuses it: {report:?}");
    }
    // Nobody needs to be alive for nothing.
    new_replica.leave().await.unwrap();
    let again = binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert_eq!(words(&again), ["already_there"; 4]);
}

#[tokio::test]
async fn a_start_applies_what_leads_to_it_and_nothing_else() {
    let db = engine().await;
    written(&db).await;
    // Of a module beside it, nothing is touched.
    let mail = module("mail", &[("V1__mail.surql", "DEFINE TABLE mail;\n")]);
    let both =
        Migrator::new([new(), mail]).unwrap().lease(Duration::from_millis(200)).phased_starts(PhasedStarts::Leave);
    let report = both.start_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(report.is_done(), "{report}");
    for context in contexts() {
        let rows = ledger(&db, &context).await;
        let rows: Vec<_> = rows.iter().map(|row| (row["module"].clone(), row["version"].clone())).collect();
        assert_eq!(rows, [(json!("app"), json!(1)), (json!("app"), json!(2))]);
    }
    let absent = Fleet::contexts([Context::new("fleet", "nowhere").unwrap()]);
    let report = both.start_all(&db, absent, "app", second(), &RolloutOptions::new()).await.unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["refused"], &json["outcomes"][0]["kind"]), (&json!(1), &json!("absent")), "nothing is created");
}

#[tokio::test]
async fn a_rollback_takes_back_what_was_begun_and_no_more() {
    let db = engine().await;
    written(&db).await;
    let (binary, options) = (operator(), RolloutOptions::new());
    let some = || Fleet::contexts(contexts().into_iter().take(2));
    assert!(binary.start_all(&db, some(), "app", second(), &options).await.unwrap().is_done());
    let [first, _, third, _] = &contexts()[..] else { panic!("four") };
    let report = binary.rollback_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert!(report.is_done(), "{report}");
    assert_eq!(words(&report), ["moved", "moved", "already_there", "already_there"]);
    let live = migrator(old()).live_schema(&db, first, &Unmanaged::default()).await.unwrap();
    assert_eq!(live.into_catalog(), old().catalog_at(None));

    // What is completed somewhere has no way back there, and the others go back all the same.
    assert!(binary.start_all(&db, fleet(), "app", second(), &options).await.unwrap().is_done());
    migrator(new()).complete(&db, third, "app", second()).await.unwrap();
    let report = binary.rollback_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert_eq!(words(&report), ["moved", "moved", "refused", "moved"]);
    assert!(!report.is_done() && report.to_string().contains("refused    fleet/c"), "{report}");
}

#[tokio::test]
async fn what_was_begun_under_a_former_name_of_the_module_is_found_and_taken_back() {
    let db = engine().await;
    let _new = ready(&db).await;
    let renamed = module("crm", &[("migrations.toml", "formerly = \"app\"\n"), BEFORE, RENAME]);
    let binary = migrator(renamed).registry(registry());
    let status = binary.rollout_status(&db, fleet(), "crm", second()).await.unwrap();
    let is_ready = |state: PhasedState| state == PhasedState::ReadyToComplete;
    assert!(
        status.contexts.iter().all(|one| one.found.as_ref().is_ok_and(|found| is_ready(found.state))),
        "{status:?}"
    );
    let report = binary.rollback_all(&db, fleet(), "crm", second(), &RolloutOptions::new()).await.unwrap();
    assert_eq!(words(&report), ["moved"; 4], "{report}");
}

#[tokio::test]
async fn the_status_counts_states_and_steps_and_writes_nothing() {
    let db = engine().await;
    written(&db).await;
    let (binary, options) = (operator(), RolloutOptions::new());
    let some = || Fleet::contexts(contexts().into_iter().take(3));
    assert!(binary.start_all(&db, some(), "app", second(), &options).await.unwrap().is_done());
    let [first, second_one, third, _] = &contexts()[..] else { panic!("four") };
    // Two stay at the assertion, one is completed.
    for context in [first, second_one] {
        rows(&db, context, "UPDATE user:1 SET full_name = NONE;").await;
        migrator(new()).complete(&db, context, "app", second()).await.unwrap_err();
    }
    migrator(new()).complete(&db, third, "app", second()).await.unwrap();
    let all = || Fleet::contexts(contexts().into_iter().chain([Context::new("fleet", "nowhere").unwrap()]));
    let status = binary.rollout_status(&db, all(), "app", second()).await.unwrap();
    let counts: Vec<_> = status.states().into_iter().map(|one| (one.state, one.step, one.contexts)).collect();
    assert_eq!(
        counts,
        [
            (PhasedState::Pending, None, 1),
            (PhasedState::CompleteFailed, Some("filled".to_owned()), 2),
            (PhasedState::Applied, None, 1)
        ]
    );
    assert_eq!((status.unread(), status.is_completed()), (1, false));
    let shown = status.to_string();
    assert!(
        shown.contains("2   failed in its completion, `filled` next") && shown.contains("1   could not be read"),
        "{shown}"
    );
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["states"][1], json!({ "state": "complete_failed", "step": "filled", "contexts": 2 }));
    assert_eq!(json["contexts"][4]["kind"], "absent");
    let every = binary.rollout_statuses(&db, fleet()).await.unwrap();
    assert_eq!(every.iter().map(|one| one.version.get()).collect::<Vec<_>>(), [2]);
    let whole = binary.fleet_status(&db, all(), Evidence::Ledger).await.unwrap();
    assert_eq!(whole.count("absent"), 1, "nothing was created");
}

#[tokio::test]
async fn what_is_not_a_phased_migration_is_refused_as_a_whole() {
    let db = engine().await;
    written(&db).await;
    let options = RolloutOptions::new();
    for (module, version, kind) in
        [("other", 2, "no_such_module"), ("app", 9, "no_such_version"), ("app", 3, "not_phased")]
    {
        let version = Version::new(version).unwrap();
        let refused = operator().complete_all(&db, fleet(), module, version, &options).await.unwrap_err();
        assert!(matches!(refused, RolloutError::Phased(_)) && refused.kind() == kind, "{refused}");
    }
    assert_eq!(Move::Complete.to_string(), "complete");
}

#[tokio::test]
async fn two_operators_complete_one_fleet_at_once_and_each_context_is_completed_once() {
    let db = engine().await;
    let _replica = ready(&db).await;
    let options = RolloutOptions::new();
    let (one, other) = (operator().concurrency(3), operator().concurrency(3));
    let (one, other) = tokio::join!(
        one.complete_all(&db, fleet(), "app", second(), &options),
        other.complete_all(&db, fleet(), "app", second(), &options),
    );
    for report in [one.unwrap(), other.unwrap()] {
        assert!(report.is_done(), "{report}");
    }
    for context in contexts() {
        let log = log(&db, &context).await;
        let of = |event: &str| log.iter().filter(|row| row["version"] == 2 && row["event"] == event).count();
        assert_eq!(of("applied"), 1, "{context}: {log:?}");
    }
}
