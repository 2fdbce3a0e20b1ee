//! What keeps a completion from being begun, and what an operator may override.

use migrate_runtime::{Halted, PhasedError, Refusal, RolloutError, RolloutOverride};
use migrate_tests::{engine, ledger, log};
use serde_json::json;

use super::*;

#[tokio::test]
async fn an_older_live_replica_holds_a_completion_back_until_it_is_gone() {
    let db = engine().await;
    let _new = ready(&db).await;
    let older = joined(&db, old()).await;
    let (binary, options) = (operator(), RolloutOptions::new());
    let refused = binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap_err();
    let RolloutError::OlderReplicas { behind } = &refused else { panic!("{refused}") };
    assert_eq!(behind.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [older.id()]);
    assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4], "nothing was begun");
    older.leave().await.unwrap();
    assert!(binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap().is_done());
}

#[tokio::test]
async fn where_nobody_can_tell_nothing_is_completed_unless_that_is_overridden() {
    let db = engine().await;
    ready(&db).await.leave().await.unwrap();
    let options = RolloutOptions::new();
    for binary in [operator(), migrator(new())] {
        let refused = binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap_err();
        assert_eq!(refused.kind(), "unknown_replicas", "{refused}");
    }
    // The override of another check does not help.
    let older = RolloutOptions::new().overriding(RolloutOverride::NotReady);
    assert!(operator().complete_all(&db, fleet(), "app", second(), &older).await.is_err());
    let unknown = RolloutOptions::new().overriding(RolloutOverride::UnknownReplicas);
    let report = operator().complete_all(&db, fleet(), "app", second(), &unknown).await.unwrap();
    assert!(report.is_done() && report.overrides == [RolloutOverride::UnknownReplicas], "{report}");
    for context in contexts() {
        let log = log(&db, &context).await;
        let begun = log.iter().find(|row| row["event"] == "started" && row["phase"] == "complete").unwrap();
        assert_eq!(begun["overrides"], json!(["unknown_replicas"]), "{begun}");
    }
}

#[tokio::test]
async fn an_override_of_older_replicas_completes_beside_them_and_says_so() {
    let db = engine().await;
    let _new = ready(&db).await;
    let _older = joined(&db, old()).await;
    let options = RolloutOptions::new().overriding(RolloutOverride::OlderReplicas);
    let report = operator().complete_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert!(report.is_done() && report.to_string().contains("\noverridden older_replicas"), "{report}");
    let report = migrator(old()).migrate_all(&db, fleet()).await.unwrap();
    assert_eq!(report.counts().incompatible, 4, "older ones refuse what is completed: {report}");
}

#[tokio::test]
async fn contexts_that_are_not_ready_are_named_and_left_out_only_if_asked() {
    let db = engine().await;
    written(&db).await;
    let _new = joined(&db, new()).await;
    let some = Fleet::contexts(contexts().into_iter().take(3));
    let (binary, options) = (operator(), RolloutOptions::new());
    assert!(binary.start_all(&db, some, "app", second(), &options).await.unwrap().is_done());
    let refused = binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap_err();
    let RolloutError::NotReady { contexts } = &refused else { panic!("{refused}") };
    assert_eq!(contexts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["fleet/d (not started)"]);
    assert_eq!(states(&db).await[0], PhasedState::ReadyToComplete, "nothing was begun");
    let skipping = RolloutOptions::new().overriding(RolloutOverride::NotReady);
    let report = binary.complete_all(&db, fleet(), "app", second(), &skipping).await.unwrap();
    assert_eq!(words(&report), ["moved", "moved", "moved", "not_ready"]);
    assert!(!report.is_done(), "{report}");
}

#[tokio::test]
async fn an_older_replica_that_joins_before_a_completion_is_begun_is_seen_by_its_transaction() {
    let db = engine().await;
    let _new = ready(&db).await;
    let meddled = Meddled::new(&db, |text, variables| begins(text, variables, "b"), OLDER_JOINS);
    let canary = operator().canary_contexts([contexts()[0].clone(), contexts()[1].clone()]);
    let report = canary.complete_all(&meddled, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(meddled.is_done());
    assert!(matches!(&report.halted, Some(Halted::OlderReplicas(behind)) if behind.len() == 1), "{report}");
    assert_eq!(words(&report), ["moved", "not_reached", "not_reached", "not_reached"], "{report}");
    let row = &ledger(&db, &contexts()[1]).await[1];
    assert_eq!((&row["status"], &row["breaking"]), (&json!("ready_to_complete"), &json!(false)));
    let report = migrator(old()).migrate(&db, contexts()[1].clone()).await;
    assert!(report.is_served(), "the older one goes on there: {report:?}");
}

#[tokio::test]
async fn an_older_replica_that_joins_behind_the_word_is_seen_before_anything_is_broken() {
    let db = engine().await;
    let _new = ready(&db).await;
    let meddled = Meddled::new(&db, |text, variables| steps(text, variables, "a"), OLDER_JOINS);
    let only = || Fleet::contexts(contexts().into_iter().take(1));
    let options = RolloutOptions::new();
    let report = operator().complete_all(&meddled, only(), "app", second(), &options).await.unwrap();
    assert!(meddled.is_done() && words(&report) == ["not_reached"], "{report}");
    let first = &contexts()[0];
    let row = &ledger(&db, first).await[1];
    assert_eq!((&row["status"], &row["breaking"]), (&json!("ready_to_complete"), &json!(false)));
    assert!(migrator(old()).migrate(&db, first.clone()).await.is_served(), "the older one goes on there");
    let log = log(&db, first).await;
    let told: Vec<_> = log.iter().filter(|row| row["phase"] == "complete").map(|row| row["event"].clone()).collect();
    assert_eq!(told, ["started", "withheld"]);
    assert!(
        operator().rollback_all(&db, only(), "app", second(), &options).await.unwrap().is_done(),
        "the way back is open"
    );
    assert!(operator().start_all(&db, only(), "app", second(), &options).await.unwrap().is_done());
    rows(&db, &system(), OLDER_LEAVES).await;
    assert!(operator().complete_all(&db, only(), "app", second(), &options).await.unwrap().is_done());
}

#[tokio::test]
async fn an_older_replica_that_joins_behind_the_first_step_refuses_that_context_and_stops_it_before_the_next() {
    let db = engine().await;
    let _new = ready(&db).await;
    // The step behind the assertion: it asks about no replica any more.
    let meddled = Meddled::new(
        &db,
        |text, variables| steps(text, variables, "a") && !text.contains("_migration_replica"),
        OLDER_JOINS,
    );
    let canary = operator().canary_contexts([contexts()[0].clone()]);
    let report = canary.complete_all(&meddled, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(meddled.is_done());
    assert_eq!(words(&report), ["moved", "not_reached", "not_reached", "not_reached"], "{report}");
    assert!(matches!(report.halted, Some(Halted::OlderReplicas(_))), "{report}");
    let served = migrator(old()).migrate_all(&db, fleet()).await.unwrap();
    assert_eq!((served.counts().incompatible, served.counts().ahead), (1, 3), "{served}");
}

#[tokio::test]
async fn where_the_registry_can_be_read_an_override_of_what_it_cannot_tell_leaves_its_transactions_asking() {
    let db = engine().await;
    ready(&db).await.leave().await.unwrap();
    let unknown = RolloutOptions::new().overriding(RolloutOverride::UnknownReplicas);
    let meddled = Meddled::new(&db, |text, variables| begins(text, variables, "a"), OLDER_JOINS);
    let canary = operator().canary_contexts([contexts()[0].clone()]);
    let report = canary.complete_all(&meddled, fleet(), "app", second(), &unknown).await.unwrap();
    assert!(meddled.is_done() && words(&report) == ["not_reached"; 4], "{report}");
    assert!(matches!(report.halted, Some(Halted::OlderReplicas(_))), "{report}");
    rows(&db, &system(), OLDER_LEAVES).await;
    assert!(canary.complete_all(&db, fleet(), "app", second(), &unknown).await.unwrap().is_done());
}

#[tokio::test]
async fn where_nobody_has_ever_joined_the_transactions_find_nobody() {
    let db = engine().await;
    written(&db).await;
    let options = RolloutOptions::new();
    assert!(operator().start_all(&db, fleet(), "app", second(), &options).await.unwrap().is_done());
    let unknown = options.overriding(RolloutOverride::UnknownReplicas);
    let report = operator().complete_all(&db, fleet(), "app", second(), &unknown).await.unwrap();
    assert!(report.is_done(), "{report}");
    let root = rows(&db, &contexts()[0], "INFO FOR ROOT;").await;
    assert!(root["namespaces"]["ops"].is_null(), "the registry's context is not created by asking: {root}");
}

#[tokio::test]
async fn where_its_context_has_no_replicas_the_transactions_find_nobody() {
    let db = engine().await;
    written(&db).await;
    rows(&db, &system(), "DEFINE TABLE other;").await;
    let options = RolloutOptions::new();
    assert!(operator().start_all(&db, fleet(), "app", second(), &options).await.unwrap().is_done());
    let unknown = options.overriding(RolloutOverride::UnknownReplicas);
    let meddled = Meddled::new(&db, |text, variables| begins(text, variables, "a"), "RETURN 1;");
    let report = operator().complete_all(&meddled, fleet(), "app", second(), &unknown).await.unwrap();
    assert!(meddled.is_done() && report.is_done(), "{report}");
}

#[tokio::test]
async fn a_completion_of_one_context_asks_the_registry_that_its_migrator_knows() {
    let db = engine().await;
    let _new = ready(&db).await;
    let (binary, context) = (operator(), &contexts()[0]);
    let complete = async || binary.complete(&db, context, "app", second()).await;
    let withheld = |error: PhasedError| match error {
        PhasedError::Refused(Refusal::Withheld { reason, .. }) => reason,
        other => panic!("it is held back, not {other}"),
    };
    let older = joined(&db, old()).await;
    assert!(withheld(complete().await.unwrap_err()).contains("older replicas are alive"));
    older.leave().await.unwrap();
    binary.pause_rollout(&db, "app", second(), "mail is down").await.unwrap();
    assert!(withheld(complete().await.unwrap_err()).contains("mail is down"));
    binary.resume_rollout(&db, "app", second()).await.unwrap();
    assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4]);
    // One that joins at the last moment is seen by the transactions, as over a fleet.
    let meddled = Meddled::new(&db, |text, variables| steps(text, variables, "a"), OLDER_JOINS);
    let error = binary.complete(&meddled, context, "app", second()).await.unwrap_err();
    assert!(meddled.is_done() && withheld(error).contains("older"));
    assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4]);
    rows(&db, &system(), OLDER_LEAVES).await;
    assert_eq!(complete().await.unwrap().state, PhasedState::Applied);
    rows(&db, &system(), OLDER_JOINS.split_once(';').unwrap().1).await;
    assert_eq!(complete().await.unwrap().state, PhasedState::Applied, "nothing is done, so nobody is asked");
    // Who knows of no registry answers for older replicas alone.
    let _older = joined(&db, old()).await;
    assert!(migrator(new()).complete(&db, &contexts()[1], "app", second()).await.is_ok());
}
