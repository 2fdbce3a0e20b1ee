//! What the recorded steps prove, and what they do not.

use migrate_runtime::{Concluded, PhasedError};
use migrate_tests::engine;

use super::*;

const ROW: &str = "_migrations:['app', 2]";

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
    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    let (operator, context) = (migrator(new()), tenant());
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
