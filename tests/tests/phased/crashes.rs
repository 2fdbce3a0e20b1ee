//! A process that is gone at any query of a start, a completion or a rollback.

use migrate_tests::{Fault, Faulty, engine};
use serde_json::json;

use super::*;

fn at(query: usize, fault: Fault) -> Vec<Fault> {
    let mut faults = vec![Fault::Pass; query];
    faults.push(fault);
    faults
}

/// Waits until the query at which the process stops was sent, and a little longer.
async fn stopped<D>(database: &Faulty<D>, query: usize) {
    while database.texts().len() <= query {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Whether somebody was cut short who goes from the start of the story to its end.
async fn story(dying: &Faulty<&Surreal<Any>>, query: usize) -> bool {
    let run = async {
        let (new, context) = (migrator(new()), tenant());
        new.migrate(dying, tenant()).await;
        new.rollback(dying, &context, "app", second()).await.unwrap();
        new.migrate(dying, tenant()).await;
        new.complete(dying, &context, "app", second()).await.unwrap();
    };
    tokio::select! {
        () = run => false,
        () = stopped(dying, query) => true,
    }
}

#[tokio::test]
async fn whoever_comes_next_goes_on_at_the_very_step_wherever_the_one_before_died() {
    let mut died = 0;
    for query in 0.. {
        let fault = if query % 2 == 0 { Fault::StopBefore } else { Fault::StopAfter };
        let db = engine().await;
        let hint = format!("query {query}, {fault:?}");
        with_users(&db).await;
        if !story(&Faulty::new(&db, at(query, fault)), query).await {
            break;
        }
        died += 1;
        let (new_binary, context) = (migrator(new()), tenant());
        let status = new_binary.phased_status(&db, &context, "app", second()).await.unwrap();
        if matches!(status.state, PhasedState::RollingBack | PhasedState::RollbackFailed) {
            new_binary.rollback(&db, &context, "app", second()).await.unwrap_or_else(|error| panic!("{hint}: {error}"));
        }
        if !matches!(status.state, PhasedState::Completing) {
            let report = new_binary.migrate(&db, tenant()).await;
            assert!(report.is_served(), "{hint}: {report:?}");
        }
        new_binary.complete(&db, &context, "app", second()).await.unwrap_or_else(|error| panic!("{hint}: {error}"));
        assert!(migrator(new()).migrate(&db, tenant()).await.is_served(), "{hint}");
        let users =
            rows(&db, &tenant(), "RETURN count(SELECT * FROM user WHERE full_name IS NOT NONE AND name IS NONE);")
                .await;
        assert_eq!(users, json!(25), "{hint}");
        let log = events(&db).await;
        assert_eq!(log.iter().filter(|event| *event == "applied complete").count(), 1, "{hint}: {log:?}");
        assert_schema(&db, new(), &hint).await;
    }
    assert!(died > 30, "only {died} runs were cut short");
}

#[tokio::test]
async fn an_answer_that_is_lost_at_any_query_of_a_completion_changes_nothing() {
    for query in 0.. {
        let db = engine().await;
        let hint = format!("query {query}");
        with_users(&db).await;
        let (new_binary, context) = (migrator(new()), tenant());
        assert!(new_binary.migrate(&db, tenant()).await.is_served());
        let fault = if query % 2 == 0 { Fault::LostAfter } else { Fault::Conflict };
        let flaky = Faulty::new(&db, at(query, fault));
        let status = new_binary.complete(&flaky, &context, "app", second()).await;
        assert_eq!(status.unwrap_or_else(|error| panic!("{hint}: {error}")).state, PhasedState::Applied, "{hint}");
        let log = events(&db).await;
        let expected = ["started start", "ready_to_complete start", "started complete", "applied complete"];
        assert_eq!(log, expected, "{hint}");
        if flaky.texts().len() <= query {
            break;
        }
    }
}
