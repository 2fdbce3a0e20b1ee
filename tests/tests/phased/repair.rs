//! What the recorded steps prove, and what they do not.

use migrate_runtime::{Concluded, PhasedError, Refusal};
use migrate_tests::{Fault, Faulty, Mortal, engine};

use super::*;

const ROW: &str = "_migrations:['app', 2]";

/// A context that is ready to complete, and whoever does so.
async fn ready() -> (Surreal<Any>, Migrator, Context) {
    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    (db, migrator(new()), tenant())
}

#[tokio::test]
async fn a_repair_never_claims_that_a_step_ran_which_is_not_on_record() {
    let db = engine().await;
    with_users(&db).await;
    let (operator, context) = (migrator(new()), tenant());
    let error = operator.repair(&db, &context, "app", second()).await.unwrap_err();
    assert!(matches!(error, PhasedError::NotBegun { .. }), "{error}");
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    let fine = operator.repair(&db, &context, "app", second()).await.unwrap();
    assert_eq!(fine.concluded, Concluded::NothingToDo);

    // As somebody leaves it who "completes" by hand what was never run.
    let claim =
        format!("UPDATE {ROW} SET status = 'running_complete', phase = 'complete', cursor = 5, breaking = true;");
    rows(&db, &tenant(), &claim).await;
    let repair = operator.repair(&db, &context, "app", second()).await.unwrap();
    assert_eq!(
        repair.concluded,
        Concluded::NotRun { state: PhasedState::CompleteFailed, step: "filled".to_owned() },
        "{repair}"
    );
    operator.complete(&db, &context, "app", second()).await.unwrap();
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    assert_schema(&db, new(), "").await;
    assert!(events(&db).await.contains(&"repaired complete".to_owned()));
}

#[tokio::test]
async fn what_is_on_record_in_full_is_concluded_as_done_and_what_is_torn_runs_again() {
    let (db, operator, context) = ready().await;
    // Whoever had done the last step was gone before it could say so.
    rows(&db, &tenant(), &format!("UPDATE {ROW} SET status = 'running_start';")).await;
    let repair = operator.repair(&db, &context, "app", second()).await.unwrap();
    assert_eq!(repair.concluded, Concluded::Done { state: PhasedState::ReadyToComplete });
    assert_eq!(state(&db).await, PhasedState::ReadyToComplete);

    rows(&db, &tenant(), &format!("UPDATE {ROW} SET status = 'started', cursor = 1, steps.fill = NONE;")).await;
    assert_eq!(state(&db).await, PhasedState::Torn);
    let report = migrator(new()).migrate(&db, tenant()).await;
    assert!(!report.is_served(), "nobody knows what ran: {report:?}");
    let repair = operator.repair(&db, &context, "app", second()).await.unwrap();
    assert_eq!(repair.concluded, Concluded::NotRun { state: PhasedState::StartFailed, step: "fill".to_owned() });
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    assert_eq!(state(&db).await, PhasedState::ReadyToComplete);
}

#[tokio::test]
async fn a_completion_that_died_before_its_first_step_is_put_back_and_older_binaries_go_on() {
    let (db, operator, context) = ready().await;
    let mortal = Mortal::new(&db, 1);
    assert!(mortal.live(operator.complete(&mortal, &context, "app", second())).await.is_none(), "it dies");
    assert_eq!(state(&db).await, PhasedState::Completing);
    let older = migrator(old()).migrate(&db, tenant()).await;
    assert!(matches!(older.refusal(), Some(Refusal::Incompatible { .. })), "{older:?}");
    let busy = operator.repair(&db, &context, "app", second()).await.unwrap_err();
    assert!(matches!(busy, PhasedError::Busy { .. }), "its lease has not lapsed: {busy}");
    tokio::time::sleep(Duration::from_millis(250)).await;
    let repair = operator.repair(&db, &context, "app", second()).await.unwrap();
    assert_eq!(repair.concluded, Concluded::NotBegun { state: PhasedState::ReadyToComplete }, "{repair}");
    assert!(migrator(old()).migrate(&db, tenant()).await.is_served());
    assert_eq!(operator.rollback(&db, &context, "app", second()).await.unwrap().state, PhasedState::RolledBack);
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());

    // Behind the first step there is no way back.
    let mortal = Mortal::new(&db, 2);
    assert!(mortal.live(operator.complete(&mortal, &context, "app", second())).await.is_none(), "it dies");
    tokio::time::sleep(Duration::from_millis(250)).await;
    let repair = operator.repair(&db, &context, "app", second()).await.unwrap();
    assert_eq!((repair.before, repair.concluded), (PhasedState::Completing, Concluded::NothingToDo));
    assert_eq!(operator.complete(&db, &context, "app", second()).await.unwrap().state, PhasedState::Applied);
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    assert_schema(&db, new(), "").await;
}

#[tokio::test]
async fn a_completion_whose_first_step_failed_can_be_put_back() {
    let (db, operator, context) = ready().await;
    rows(&db, &tenant(), "UPDATE user:1 SET full_name = NONE;").await;
    operator.complete(&db, &context, "app", second()).await.unwrap_err();
    assert_eq!(state(&db).await, PhasedState::CompleteFailed);
    let repair = operator.repair(&db, &context, "app", second()).await.unwrap();
    assert_eq!(repair.concluded, Concluded::NotBegun { state: PhasedState::ReadyToComplete }, "{repair}");
    assert!(migrator(old()).migrate(&db, tenant()).await.is_served());
    let status = operator.phased_status(&db, &context, "app", second()).await.unwrap();
    assert_eq!((status.error, status.next), (None, None), "what failed is history");
    assert_eq!(operator.rollback(&db, &context, "app", second()).await.unwrap().state, PhasedState::RolledBack);
    assert_schema(&db, old(), "").await;
}

#[tokio::test]
async fn a_completion_that_goes_on_while_it_is_repaired_is_not_put_back() {
    let (db, operator, context) = ready().await;
    rows(&db, &tenant(), "UPDATE user:1 SET full_name = NONE;").await;
    operator.complete(&db, &context, "app", second()).await.unwrap_err();
    // Batches of a first step leave the cursor where it is.
    let batch = format!("USE NS acme DB `eu-1`; UPDATE {ROW} SET progress = {{ state: 'batches', rows: 20 }};");
    let meddled = Faulty::new(&db, [Fault::Pass, Fault::Pass, Fault::Meanwhile(batch)]);
    let repair = operator.repair(&meddled, &context, "app", second()).await.unwrap();
    assert_eq!(repair.concluded, Concluded::NothingToDo, "{repair}");
    assert_eq!(state(&db).await, PhasedState::CompleteFailed);
}
