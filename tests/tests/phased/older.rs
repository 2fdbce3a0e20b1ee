//! An older binary in every state, and moves out of states that nobody left in an orderly way.

use migrate_runtime::{ContextReport, Move, Outcome, PhasedError, PhasedStatus, Refusal};
use migrate_tests::{Mortal, engine};
use serde_json::json;

use super::*;

/// One who dies behind so many transactions of a move.
async fn die(db: &Surreal<Any>, wanted: Move, transactions: usize) {
    let (mortal, operator, context) = (Mortal::new(db, transactions), migrator(new()), tenant());
    let done = mortal.live(async {
        match wanted {
            Move::Start => drop(operator.migrate(&mortal, tenant()).await),
            Move::Complete => drop(operator.complete(&mortal, &context, "app", second()).await),
            Move::Rollback => drop(operator.rollback(&mortal, &context, "app", second()).await),
        }
    });
    assert!(done.await.is_none(), "it dies");
}

async fn block(db: &Surreal<Any>) {
    rows(db, &tenant(), "DEFINE EVENT block ON user WHEN $event = 'UPDATE' THEN { THROW 'blocked' };").await;
}

async fn unblock(db: &Surreal<Any>) {
    rows(db, &tenant(), "REMOVE EVENT block ON user;").await;
}

async fn start(db: &Surreal<Any>) -> ContextReport {
    migrator(new()).migrate(db, tenant()).await
}

async fn complete(db: &Surreal<Any>) -> Result<PhasedStatus, PhasedError> {
    migrator(new()).complete(db, &tenant(), "app", second()).await
}

async fn rollback(db: &Surreal<Any>) -> Result<PhasedStatus, PhasedError> {
    migrator(new()).rollback(db, &tenant(), "app", second()).await
}

/// A context in a state, with rows of an older binary.
async fn context_in(wanted: PhasedState) -> Surreal<Any> {
    let db = engine().await;
    with_users(&db).await;
    match wanted {
        PhasedState::Pending => {}
        PhasedState::Starting => die(&db, Move::Start, 2).await,
        PhasedState::StartFailed => {
            block(&db).await;
            assert!(!start(&db).await.is_served());
            unblock(&db).await;
        }
        _ => assert!(start(&db).await.is_served()),
    }
    match wanted {
        PhasedState::RollingBack => die(&db, Move::Rollback, 2).await,
        PhasedState::RollbackFailed => {
            block(&db).await;
            rollback(&db).await.unwrap_err();
            unblock(&db).await;
        }
        PhasedState::RolledBack => drop(rollback(&db).await.unwrap()),
        PhasedState::Completing => die(&db, Move::Complete, 2).await,
        PhasedState::CompleteFailed => {
            block(&db).await;
            complete(&db).await.unwrap_err();
            unblock(&db).await;
        }
        PhasedState::Applied => drop(complete(&db).await.unwrap()),
        _ => {}
    }
    assert_eq!(state(&db).await, wanted);
    db
}

#[tokio::test]
async fn an_older_binary_goes_on_in_every_state_until_the_completion_begins_and_in_none_behind_that() {
    for wanted in [
        PhasedState::Pending,
        PhasedState::Starting,
        PhasedState::StartFailed,
        PhasedState::ReadyToComplete,
        PhasedState::RollingBack,
        PhasedState::RollbackFailed,
        PhasedState::RolledBack,
    ] {
        let db = context_in(wanted).await;
        let report = migrator(old()).migrate(&db, tenant()).await;
        assert!(matches!(report.outcome, Outcome::UpToDate | Outcome::Ahead(_)), "{wanted}: {report:?}");
        rows(&db, &tenant(), "CREATE user:mine SET name = 'mine'; UPDATE user:3 SET name = 'three';").await;
        let names = rows(&db, &tenant(), "SELECT VALUE name FROM user WHERE id IN [user:3, user:4, user:mine];").await;
        assert_eq!(names, json!(["three", "4", "mine"]), "{wanted}");
        assert_eq!(state(&db).await, wanted, "it leaves it as it is");
    }
    for wanted in [PhasedState::Completing, PhasedState::CompleteFailed, PhasedState::Applied] {
        let db = context_in(wanted).await;
        let report = migrator(old()).migrate(&db, tenant()).await;
        assert!(matches!(report.refusal(), Some(Refusal::Incompatible { .. })), "{wanted}: {report:?}");
    }
}

#[tokio::test]
async fn a_start_that_died_or_failed_is_gone_on_with_or_taken_back_and_never_completed() {
    for wanted in [PhasedState::Starting, PhasedState::StartFailed] {
        let db = context_in(wanted).await;
        let before = rows(&db, &tenant(), "SELECT * FROM ONLY _migrations:['app', 2];").await;
        let error = complete(&db).await.unwrap_err();
        let PhasedError::Refused(Refusal::IllegalMove { state: found, legal, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!((*found, &legal[..]), (wanted, &[Move::Start, Move::Rollback][..]));
        assert_eq!(rows(&db, &tenant(), "SELECT * FROM ONLY _migrations:['app', 2];").await, before);
        assert_eq!(rollback(&db).await.unwrap().state, PhasedState::RolledBack);
        assert_schema(&db, old(), "taken back").await;
        assert!(start(&db).await.is_served());
        complete(&db).await.unwrap();
    }
}

#[tokio::test]
async fn a_start_that_failed_at_its_very_first_step_is_no_other_one() {
    let db = engine().await;
    with_users(&db).await;
    rows(&db, &tenant(), "DEFINE FIELD full_name ON user TYPE option<int>;").await;
    assert!(matches!(start(&db).await.refusal(), Some(Refusal::Failed { kept: 0, .. })));
    assert_eq!(state(&db).await, PhasedState::StartFailed);
    assert!(complete(&db).await.is_err());
    assert!(migrator(old()).migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "REMOVE FIELD full_name ON user;").await;
    assert_eq!(rollback(&db).await.unwrap().state, PhasedState::RolledBack);
    assert_schema(&db, old(), "nothing was there to take back").await;
    assert!(start(&db).await.is_served());
    complete(&db).await.unwrap();
}

#[tokio::test]
async fn a_completion_that_died_or_failed_can_only_go_on() {
    for wanted in [PhasedState::Completing, PhasedState::CompleteFailed] {
        let db = context_in(wanted).await;
        let error = rollback(&db).await.unwrap_err();
        let PhasedError::Refused(Refusal::IllegalMove { state: found, legal, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!((*found, &legal[..]), (wanted, &[Move::Complete][..]));
        assert!(start(&db).await.is_served(), "who knows it is served meanwhile, and leaves it as it is");
        assert_eq!(state(&db).await, wanted);
        assert_eq!(complete(&db).await.unwrap().state, PhasedState::Applied);
    }
}

#[tokio::test]
async fn a_rollback_that_died_or_failed_can_only_go_on() {
    for wanted in [PhasedState::RollingBack, PhasedState::RollbackFailed] {
        let db = context_in(wanted).await;
        let error = complete(&db).await.unwrap_err();
        let PhasedError::Refused(Refusal::IllegalMove { state: found, legal, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!((*found, &legal[..]), (wanted, &[Move::Rollback][..]));
        assert!(start(&db).await.is_served(), "who starts meanwhile leaves it to the operator");
        assert_eq!(state(&db).await, wanted);
        assert_eq!(rollback(&db).await.unwrap().state, PhasedState::RolledBack);
        assert_schema(&db, old(), "").await;
    }
}

#[tokio::test]
async fn two_operators_who_roll_back_do_it_once_and_one_who_meets_a_start_waits_for_it() {
    let run = |db: &Surreal<Any>| {
        let db = db.clone();
        tokio::spawn(async move { rollback(&db).await })
    };
    let db = context_in(PhasedState::ReadyToComplete).await;
    let (one, other) = (run(&db), run(&db));
    assert_eq!(one.await.unwrap().unwrap().state, PhasedState::RolledBack);
    assert_eq!(other.await.unwrap().unwrap().state, PhasedState::RolledBack);
    assert_eq!(events(&db).await.iter().filter(|event| *event == "rolled_back rollback").count(), 1);

    // A replica is in the start, or died there a moment ago: its lease has to lapse.
    let db = context_in(PhasedState::Starting).await;
    let held =
        rows(&db, &tenant(), "UPDATE ONLY _migration_lease:heartbeat SET expires_at = time::now() + 700ms;").await;
    assert!(held["expires_at"].is_string());
    let waited = std::time::Instant::now();
    assert_eq!(rollback(&db).await.unwrap().state, PhasedState::RolledBack);
    assert!(waited.elapsed() > Duration::from_millis(400), "{:?}", waited.elapsed());
    assert_schema(&db, old(), "").await;
}

#[tokio::test]
async fn a_backfill_ends_although_an_older_binary_goes_on_writing_rows_for_it() {
    let db = engine().await;
    with_users(&db).await;
    let plan = (
        "V2__plan.toml",
        "[[step]]\nid = 'add'\nphase = 'start'\nsql = 'DEFINE FIELD plan ON user TYPE option<string>'\n\
         [[step]]\nid = 'fill'\nphase = 'start'\n\
         backfill = { table = 'user', where = 'plan IS NONE', set = \"plan = 'free'\", batch = 20 }\n\
         [[step]]\nid = 'narrow'\nphase = 'complete'\nsql = \"DEFINE FIELD OVERWRITE plan ON user TYPE option<string> ASSERT $value != ''\"\n",
    );
    let schema = migrate_tests::module("app", &[BEFORE, plan]);
    // Before each query somebody writes another row.
    let meanwhile = migrate_tests::Fault::Meanwhile("USE NS acme DB `eu-1`; CREATE user SET name = 'more';".to_owned());
    let busy = migrate_tests::Faulty::always(&db, meanwhile);
    let report = tokio::time::timeout(Duration::from_secs(30), migrator(schema).migrate(&busy, tenant())).await;
    assert!(report.expect("it comes to its end").is_served());
    let status = migrator(schema).phased_status(&db, &tenant(), "app", second()).await.unwrap();
    let filled = status.done.iter().find(|step| step.id == "fill").and_then(|step| step.rows).unwrap();
    let said = rows(&db, &tenant(), "RETURN count(SELECT * FROM user WHERE plan = 'free');").await;
    assert_eq!((status.state, json!(filled)), (PhasedState::ReadyToComplete, said));
}
