//! Completions that wait until the last older replica is gone.

use std::sync::Arc;

use migrate_runtime::{Awaited, AwaitedEnd, PhasedCompletions, RolloutError, Stop, WaitingFor, WhenReady};
use migrate_tests::{Fault, Faulty, engine, log};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::*;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_mins(1);

fn when() -> WhenReady {
    WhenReady::new().every(Duration::from_millis(100)).lease(Duration::from_millis(600))
}

async fn awaited<D: Database>(db: &D, binary: &Migrator, when: &WhenReady) -> Awaited {
    let awaited = binary.complete_when_ready(db, fleet, "app", second(), when);
    timeout(LIMIT, awaited).await.expect("it ends").unwrap()
}

#[tokio::test]
async fn the_going_of_the_last_older_replica_lets_it_be_completed_once_by_whoever_waits() {
    let db = engine().await;
    let _new = ready(&db).await;
    let (one, other) = (joined(&db, old()).await, joined(&db, old()).await);
    let binaries = [operator(), operator(), operator()];
    let going = async {
        sleep(Duration::from_millis(300)).await;
        one.leave().await.unwrap();
        sleep(Duration::from_millis(300)).await;
        assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4], "one is still there");
        other.leave().await.unwrap();
    };
    let when = when();
    let [a, b, c] = &binaries;
    let (a, b, c, ()) = tokio::join!(awaited(&db, a, &when), awaited(&db, b, &when), awaited(&db, c, &when), going);
    for awaited in [&a, &b, &c] {
        assert_eq!(awaited.end, AwaitedEnd::Completed, "{awaited}");
        assert_eq!(awaited.waiting_for, None);
    }
    let moved = [&a, &b, &c].iter().filter_map(|one| one.report.as_ref()).map(|one| one.counts().moved).sum::<usize>();
    assert_eq!(moved, 4, "each context was completed by one of them");
    for context in contexts() {
        let log = log(&db, &context).await;
        assert_eq!(log.iter().filter(|row| row["version"] == 2 && row["event"] == "applied").count(), 1);
    }
    let again = awaited(&db, &operator(), &when).await;
    assert_eq!(again.end, AwaitedEnd::NothingToDo);
}

#[tokio::test]
async fn what_is_waited_for_is_told_when_the_time_is_over() {
    let db = engine().await;
    written(&db).await;
    let when = when().timeout(Duration::from_millis(300));
    let ended = awaited(&db, &operator(), &when).await;
    assert!(matches!(ended.waiting_for, Some(WaitingFor::ReplicasUnknown { .. })), "{ended}");
    let _new = joined(&db, new()).await;
    let ended = awaited(&db, &operator(), &when).await;
    assert_eq!(ended.end, AwaitedEnd::TimedOut);
    assert!(matches!(&ended.waiting_for, Some(WaitingFor::NotReady(contexts)) if contexts.len() == 4), "{ended}");
    operator().pause_rollout(&db, "app", second(), "wait").await.unwrap();
    let ended = awaited(&db, &operator(), &when).await;
    assert!(matches!(&ended.waiting_for, Some(WaitingFor::Paused(_))), "{ended}");
    operator().resume_rollout(&db, "app", second()).await.unwrap();
    let _older = joined(&db, old()).await;
    let ended = awaited(&db, &operator(), &when).await;
    let json = serde_json::to_value(&ended).unwrap();
    assert_eq!((&json["end"], &json["waiting_for"]["kind"]), (&json!("timed_out"), &json!("older_replicas")));
    assert_eq!(json["waiting_for"]["replicas"][0]["modules"]["app"]["version"], 1);
    assert!(ended.report.is_none());
}

#[tokio::test]
async fn it_ends_when_it_is_told_to_and_when_a_step_fails() {
    let db = engine().await;
    let _new = ready(&db).await;
    let older = joined(&db, old()).await;
    let stop = Stop::default();
    let told = async {
        sleep(Duration::from_millis(200)).await;
        stop.now();
    };
    let binary = operator().stopped_by(&stop);
    let when = when();
    let (ended, ()) = tokio::join!(awaited(&db, &binary, &when), told);
    assert_eq!(ended.end, AwaitedEnd::Stopped, "{ended}");
    older.leave().await.unwrap();
    rows(&db, &contexts()[2], "UPDATE user:1 SET full_name = NONE;").await;
    let ended = awaited(&db, &operator(), &when).await;
    assert_eq!(ended.end, AwaitedEnd::Failed, "{ended}");
    assert_eq!(words(&ended.report.unwrap()), ["moved", "moved", "refused", "moved"]);
}

#[tokio::test]
async fn a_connection_that_is_lost_again_and_again_is_waited_for() {
    let db = engine().await;
    let _new = ready(&db).await;
    for faults in [
        [Fault::LostBefore, Fault::LostAfter, Fault::Conflict].iter().cycle().take(60).cloned().collect::<Vec<_>>(),
        (0..60).map(|n| if n % 4 == 0 { Fault::LostAfter } else { Fault::Pass }).collect(),
    ] {
        let faulty = Faulty::new(&db, faults);
        let ended = awaited(&faulty, &operator(), &when()).await;
        assert!(matches!(ended.end, AwaitedEnd::Completed | AwaitedEnd::NothingToDo), "{ended}");
    }
    assert_eq!(states(&db).await, [PhasedState::Applied; 4]);
}

#[tokio::test]
async fn where_whoever_completes_is_gone_another_one_goes_on() {
    let db = engine().await;
    let _new = ready(&db).await;
    // It stops for ever in the middle of a context, with the lease of the completion and that of the context.
    let mut faults = vec![Fault::Pass; 24];
    faults.push(Fault::StopAfter);
    let dying = Arc::new(Faulty::new(db.clone(), faults));
    let killed = {
        let dying = Arc::clone(&dying);
        tokio::spawn(async move { operator().complete_when_ready(&dying, fleet, "app", second(), &when()).await })
    };
    while dying.texts().len() <= 24 {
        sleep(Duration::from_millis(5)).await;
    }
    sleep(Duration::from_millis(50)).await;
    killed.abort();
    let _ended = killed.await;
    assert!(states(&db).await.contains(&PhasedState::ReadyToComplete), "it was not done");
    let ended = awaited(&db, &operator(), &when()).await;
    assert_eq!(ended.end, AwaitedEnd::Completed, "{ended}");
}

#[tokio::test]
async fn a_server_completes_by_itself_only_if_it_was_told_to() {
    let db = engine().await;
    let _new = ready(&db).await;
    let when = when();
    assert!(operator().complete_automatically(&db, fleet, &when).await.unwrap().is_empty());
    assert_eq!(states(&db).await, [PhasedState::ReadyToComplete; 4]);
    let server = || operator().phased_completions(PhasedCompletions::WhenReady);
    let awaited = timeout(LIMIT, server().complete_automatically(&db, fleet, &when)).await.expect("it ends").unwrap();
    assert_eq!(
        awaited.iter().map(|one| (one.version.get(), one.end)).collect::<Vec<_>>(),
        [(2, AwaitedEnd::Completed)]
    );
    assert!(server().complete_automatically(&db, fleet, &when).await.unwrap().is_empty(), "nothing is left");
    let without = migrator(new()).phased_completions(PhasedCompletions::WhenReady);
    let refused = without.complete_automatically(&db, fleet, &when).await;
    assert!(matches!(refused, Err(RolloutError::NoRegistry)), "{refused:?}");
}
