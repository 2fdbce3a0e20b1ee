//! A rollout that somebody pauses, for all who have the registry.

use migrate_runtime::{Halted, RolloutError, RolloutOverride, Unmanaged};
use migrate_tests::engine;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_paused_rollout_is_moved_by_nobody_until_it_is_resumed() {
    let db = engine().await;
    let _new = ready(&db).await;
    let (binary, options) = (operator(), RolloutOptions::new());
    let pause = binary.pause_rollout(&db, "app", second(), "mail is down").await.unwrap();
    assert_eq!(pause.reason, "mail is down");
    let status = binary.rollout_status(&db, fleet(), "app", second()).await.unwrap();
    assert_eq!(status.pause.as_ref(), Some(&pause));
    assert!(status.to_string().contains("mail is down"), "{status}");
    // Where replicas and pauses are kept is nobody's schema.
    let live = binary.live_schema(&db, &system(), &Unmanaged::none()).await.unwrap().into_catalog();
    assert_eq!(live.iter().count(), 0, "{live:?}");
    for refused in [
        binary.complete_all(&db, fleet(), "app", second(), &options).await,
        binary.rollback_all(&db, fleet(), "app", second(), &options).await,
    ] {
        let refused = refused.unwrap_err();
        assert!(matches!(&refused, RolloutError::Paused(by) if **by == pause), "{refused}");
    }
    assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4]);
    // An operator may take it back in the pause, so that nobody starts it again.
    let over = RolloutOptions::new().overriding(RolloutOverride::Paused);
    assert!(binary.rollback_all(&db, fleet(), "app", second(), &over).await.unwrap().is_done());
    assert!(binary.migrate_all(&db, fleet()).await.unwrap().all_served());
    assert_eq!(states(&db).await, [PhasedState::RolledBack; 4]);

    binary.resume_rollout(&db, "app", second()).await.unwrap();
    binary.resume_rollout(&db, "app", second()).await.unwrap();
    let started = binary.start_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert!(started.is_done(), "{started}");
    assert!(binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap().is_done());
}

#[tokio::test]
async fn who_is_at_it_stops_before_the_next_context() {
    let db = engine().await;
    let _new = ready(&db).await;
    operator().pause_rollout(&db, "app", second(), "").await.unwrap();
    operator().resume_rollout(&db, "app", second()).await.unwrap();
    let pause = "USE NS ops DB system; UPDATE _migration_rollout SET paused = { at: time::now(), reason: 'enough', \
        by: { binary: 'other', replica: '00' } };";
    // While the second one is at its steps.
    let meddled = Meddled::new(&db, |text, variables| steps(text, variables, "b"), pause);
    let canaries = operator().canary_contexts(contexts().into_iter().take(2));
    let report = canaries.complete_all(&meddled, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert_eq!(words(&report), ["moved", "moved", "not_reached", "not_reached"], "{report}");
    assert!(matches!(&report.halted, Some(Halted::Paused(pause)) if pause.reason == "enough"), "{report}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["not_reached"], &json["moved"]), (&json!(2), &json!(2)));
    assert!(json["outcomes"][3]["reason"].as_str().unwrap().contains("paused since"), "{json}");

    operator().resume_rollout(&db, "app", second()).await.unwrap();
    let report = operator().complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert_eq!(words(&report), ["already_there", "already_there", "moved", "moved"], "it goes on where it ended");
}

#[tokio::test]
async fn starting_up_leaves_a_paused_start_and_serves() {
    let db = engine().await;
    written(&db).await;
    let binary = operator();
    binary.pause_rollout(&db, "app", second(), "not yet").await.unwrap();
    let report = binary.migrate_all(&db, fleet()).await.unwrap();
    assert!(report.all_served(), "{report}");
    assert!(report.to_string().contains("incomplete app V2 is not started   4 contexts"), "{report}");
    assert_eq!(states(&db).await, [PhasedState::Pending; 4]);
    // Who does not know the registry does not know of it.
    let [first, rest @ ..] = &contexts()[..] else { panic!("four") };
    assert!(migrator(new()).migrate(&db, first.clone()).await.is_served());
    assert_eq!(states(&db).await[0], PhasedState::ReadyToComplete);
    // New tenants have no older rows and get all of it.
    let fresh = Context::new("fleet", "fresh").unwrap();
    let report = binary.migrate(&db, fresh).await;
    assert!(report.is_served() && report.incomplete.is_empty(), "{report:?}");

    binary.resume_rollout(&db, "app", second()).await.unwrap();
    assert!(binary.migrate_all(&db, Fleet::contexts(rest.to_vec())).await.unwrap().all_served());
    assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4]);
}

#[tokio::test]
async fn a_pause_needs_a_registry_and_a_phased_migration() {
    let db = engine().await;
    let refused = migrator(new()).pause_rollout(&db, "app", second(), "").await.unwrap_err();
    assert_eq!(refused.kind(), "no_registry");
    let refused = operator().pause_rollout(&db, "app", Version::FIRST, "").await.unwrap_err();
    assert_eq!(refused.kind(), "not_phased");
}

#[tokio::test]
async fn who_leaves_a_paused_start_does_not_take_it_for_done_by_others() {
    let db = engine().await;
    written(&db).await;
    let _new = joined(&db, new()).await;
    operator().pause_rollout(&db, "app", second(), "not yet").await.unwrap();
    let read = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&read);
    let binary = operator().observer(move |event: &migrate_runtime::Event<'_>| {
        if matches!(event, migrate_runtime::Event::ContextProbed { .. }) {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let report = binary.migrate_all(&db, fleet()).await.unwrap();
    assert!(report.all_served(), "{report}");
    assert_eq!(read.load(Ordering::SeqCst), 4, "each ledger is read once");
}
