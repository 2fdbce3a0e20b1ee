//! What stops a rollout: a canary, the budget, whoever runs it, and its death at any query.

use migrate_runtime::{Halted, RolloutOverride, Stop};
use migrate_tests::{Fault, Faulty, engine};

use super::*;

/// The completion fails there: it asserts that every name is filled.
async fn unfilled(db: &Surreal<Any>, contexts: &[Context]) {
    for context in contexts {
        rows(db, context, "UPDATE user:1 SET full_name = NONE;").await;
    }
}

#[tokio::test]
async fn a_refused_canary_keeps_it_from_all_others() {
    let db = engine().await;
    let _new = ready(&db).await;
    let second_one = contexts()[1].clone();
    unfilled(&db, std::slice::from_ref(&second_one)).await;
    let binary = operator().canary_contexts([second_one.clone()]);
    let report = binary.complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert_eq!(words(&report), ["not_reached", "refused", "not_reached", "not_reached"], "{report}");
    assert_eq!(report.halted, Some(Halted::Canary(second_one.clone())));
    let shown = report.to_string();
    assert!(shown.contains("halted     the canary fleet/b was refused"), "{shown}");
    assert!(shown.contains("not tried  fleet/d   is ready to complete"), "{shown}");
    // Mended, it goes on.
    rows(&db, &second_one, "UPDATE user:1 SET full_name = 'filled';").await;
    let report = binary.complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(report.is_done(), "{report}");
}

#[tokio::test]
async fn what_is_not_ready_and_left_out_is_no_canary() {
    let db = engine().await;
    written(&db).await;
    let _new = joined(&db, new()).await;
    let ready = Fleet::contexts(contexts().into_iter().skip(1));
    assert!(operator().start_all(&db, ready, "app", second(), &RolloutOptions::new()).await.unwrap().is_done());
    unfilled(&db, &contexts()[1..2]).await;
    let skipping = RolloutOptions::new().overriding(RolloutOverride::NotReady);
    let report = operator().canaries(1).complete_all(&db, fleet(), "app", second(), &skipping).await.unwrap();
    assert_eq!(words(&report), ["not_ready", "refused", "not_reached", "not_reached"], "{report}");
}

#[tokio::test]
async fn so_many_failures_as_the_budget_has_end_it() {
    let db = engine().await;
    let _new = ready(&db).await;
    unfilled(&db, &contexts()[..3]).await;
    let options = RolloutOptions::new();
    // One by one, in the order of the fleet.
    let binary = operator().canaries(4).failure_budget(1);
    let report = binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert_eq!(words(&report), ["refused", "not_reached", "not_reached", "not_reached"], "{report}");
    let binary = operator().failure_budget(2);
    let report = binary.complete_all(&db, fleet(), "app", second(), &options).await.unwrap();
    let counts = report.counts();
    assert_eq!(report.halted, Some(Halted::FailureBudget { refused: 2 }), "{report}");
    assert_eq!((counts.refused, counts.moved + counts.not_reached), (2, 2), "{report}");
    // Without a budget one does not keep another from it.
    let report = operator().complete_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert_eq!(report.counts().refused, 3, "{report}");
    assert!(report.contexts[3].outcome.is_there() && report.halted.is_none(), "{report}");
}

#[tokio::test]
async fn whoever_is_told_to_stop_begins_nothing_and_says_what_was_not_tried() {
    let db = engine().await;
    let _new = ready(&db).await;
    let stop = Stop::default();
    let (told, counted) = (stop.clone(), std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let binary = operator().stopped_by(&stop).observer(move |event: &migrate_runtime::Event<'_>| {
        if matches!(event, migrate_runtime::Event::ContextFinished { .. })
            && counted.fetch_add(1, Ordering::SeqCst) == 1
        {
            told.now();
        }
    });
    let report = binary.complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    let counts = report.counts();
    assert_eq!((counts.moved, counts.not_reached, &report.halted), (2, 2, &Some(Halted::Stopped)), "{report}");
    let report = operator().complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert_eq!((report.counts().moved, report.counts().already_there), (2, 2), "{report}");
}

#[tokio::test]
async fn an_operator_who_dies_at_any_query_loses_nothing() {
    let pair = || Fleet::contexts(contexts().into_iter().take(2));
    let mut died = 0;
    for query in (0..).step_by(13) {
        let db = engine().await;
        let _new = ready(&db).await;
        let fault = if query % 2 == 0 { Fault::StopBefore } else { Fault::StopAfter };
        let mut faults = vec![Fault::Pass; query];
        faults.push(fault);
        let dying = Faulty::new(&db, faults);
        let (binary, options) = (operator(), RolloutOptions::new());
        let stopped = async {
            while dying.texts().len() <= query {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let ended = tokio::select! {
            report = binary.complete_all(&dying, pair(), "app", second(), &options) => Some(report.unwrap()),
            () = stopped => None,
        };
        if ended.is_some() {
            break;
        }
        died += 1;
        let report = operator().complete_all(&db, pair(), "app", second(), &options).await.unwrap();
        assert!(report.is_done(), "query {query}: {report}");
        for context in contexts().into_iter().take(2) {
            let log = log(&db, &context).await;
            let applied = log.iter().filter(|row| row["version"] == 2 && row["event"] == "applied").count();
            assert_eq!(applied, 1, "query {query}, {context}: {log:?}");
            let names = rows(&db, &context, "SELECT VALUE full_name FROM user ORDER BY full_name;").await;
            assert_eq!(names, serde_json::json!(["0", "1", "2"]), "query {query}, {context}");
        }
    }
    assert!(died > 1, "{died}");
}
