//! Fleets from every source, those that go first, and those that stop the rest.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use migrate_runtime::{Context, Event, Fleet, FleetError, Halted, Migrations, Migrator, Outcome, Refusal, Report};
use migrate_tests::{Fault, Faulty, engine, module, rows};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn schema() -> &'static Migrations {
    module("app", &[("V1__a.surql", "DEFINE TABLE a;\nCREATE a:1;\n")])
}

fn tenant(n: usize) -> Context {
    Context::new("fleet", format!("tenant_{n:03}")).unwrap()
}

fn tenants(count: usize) -> Vec<Context> {
    (0..count).map(tenant).collect()
}

/// Makes the migration fail in these tenants.
async fn spoil(db: &Surreal<Any>, tenants: impl IntoIterator<Item = usize>) {
    for n in tenants {
        rows(db, &tenant(n), "CREATE a:1;").await;
    }
}

fn indices(report: &Report, test: impl Fn(&Outcome) -> bool) -> Vec<usize> {
    let tested = report.contexts().iter().enumerate().filter(|(_, context)| test(&context.outcome));
    tested.map(|(at, _)| at).collect()
}

fn is_untouched(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal::NotAttempted { .. }))
}

async fn databases(db: &Surreal<Any>) -> usize {
    rows(db, &Context::new("fleet", "look").unwrap(), "INFO FOR NS;").await["databases"].as_object().unwrap().len()
}

#[tokio::test]
async fn a_stream_is_worked_on_while_it_goes_on_and_read_no_further_than_there_is_room() {
    let db = engine().await;
    let (given, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let ahead = Arc::new(AtomicUsize::new(0));
    let (gave, finished, most) = (Arc::clone(&given), Arc::clone(&done), Arc::clone(&ahead));
    let contexts = stream::iter(tenants(200)).map(move |context| {
        let given = gave.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(given - done.load(Ordering::SeqCst), Ordering::SeqCst);
        Ok::<_, std::io::Error>(context)
    });
    let migrator =
        Migrator::new([schema()]).unwrap().concurrency(2).probe_batch(5).observer(move |event: &Event<'_>| {
            if let Event::ContextFinished { .. } = event {
                finished.fetch_add(1, Ordering::SeqCst);
            }
        });
    let report = migrator.migrate_all(&db, Fleet::stream(contexts)).await.unwrap();
    assert_eq!((report.counts().migrated, given.load(Ordering::SeqCst)), (200, 200));
    let names: Vec<_> = report.contexts().iter().map(|report| report.context.clone()).collect();
    assert_eq!(names, tenants(200), "in the order of the stream");
    // Two being migrated, two batches of five probed or waiting, and one batch just read.
    let ahead = ahead.load(Ordering::SeqCst);
    assert!(ahead <= 2 + 10 + 5 + 5, "{ahead} were read ahead");
}

#[tokio::test]
async fn what_a_stream_repeats_is_passed_over() {
    let db = engine().await;
    let repeated = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&repeated);
    let migrator = Migrator::new([schema()]).unwrap().observer(move |event: &Event<'_>| {
        if let Event::ContextRepeated { .. } = event {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let twice = tenants(3).into_iter().chain(tenants(3)).map(Ok::<_, std::io::Error>);
    let report = migrator.migrate_all(&db, Fleet::stream(stream::iter(twice))).await.unwrap();
    assert_eq!((report.counts().contexts, report.counts().migrated), (3, 3));
    assert_eq!(repeated.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_stream_that_fails_leaves_a_report_of_what_it_gave_before() {
    let db = engine().await;
    let broken = stream::iter([Ok(tenant(0)), Ok(tenant(1)), Err("the registry went away"), Ok(tenant(2))]);
    let migrator = Migrator::new([schema()]).unwrap();
    let error = migrator.migrate_all(&db, Fleet::stream(broken)).await.unwrap_err();
    let FleetError::Interrupted { report, source } = error else { panic!("{error}") };
    assert_eq!((report.counts().contexts, report.counts().migrated), (2, 2));
    assert_eq!(source.to_string(), "the registry went away");
    assert_eq!(databases(&db).await, 2 + 1, "nothing behind the error was touched");
}

#[tokio::test]
async fn a_fleet_may_be_all_databases_that_pass_a_filter() {
    let db = engine().await;
    for (namespace, database) in [("acme", "eu-1"), ("acme", "us-1"), ("umbrella", "eu-1"), ("ops", "system")] {
        rows(&db, &Context::new(namespace, database).unwrap(), "RETURN 1;").await;
    }
    let fleet = Fleet::databases().only(|context| context.database().starts_with("eu-"));
    let report = Migrator::new([schema()]).unwrap().migrate_all(&db, fleet).await.unwrap();
    let names: Vec<_> = report.contexts().iter().map(|report| report.context.to_string()).collect();
    assert_eq!(names, ["acme/eu-1", "umbrella/eu-1"]);
    assert_eq!(report.round_trips(), 2 + 1 + 2, "two to list them, one to read them, one each to migrate them");
}

#[tokio::test]
async fn a_refused_canary_leaves_the_rest_as_it_was_and_what_is_up_to_date_served() {
    let db = engine().await;
    let migrator = Migrator::new([schema()]).unwrap();
    for n in [4, 7] {
        assert_eq!(migrator.migrate(&db, tenant(n)).await.outcome, Outcome::Migrated);
    }
    spoil(&db, [1]).await;
    let migrator = migrator.canaries(2).concurrency(4).probe_batch(3);
    let report = migrator.migrate_all(&db, Fleet::contexts(tenants(10))).await.unwrap();
    assert_eq!(indices(&report, |outcome| *outcome == Outcome::UpToDate), [4, 7]);
    assert_eq!(indices(&report, |outcome| *outcome == Outcome::Migrated), [0], "the other canary");
    assert_eq!(indices(&report, is_untouched), [2, 3, 5, 6, 8, 9]);
    let Outcome::Refused(Refusal::NotAttempted { because, pending: 1 }) = &report.contexts()[9].outcome else {
        panic!("{report}")
    };
    assert_eq!(because, &Halted::Canary(tenant(1)));
    for n in [2, 9] {
        let info = rows(&db, &tenant(n), "INFO FOR DB;").await;
        assert!(info["tables"].as_object().unwrap().is_empty(), "{n}");
    }
}

#[tokio::test]
async fn canaries_that_pass_are_followed_by_the_rest() {
    let db = engine().await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&order);
    let named = [tenant(8), tenant(5)];
    let migrator = Migrator::new([schema()]).unwrap().canary_contexts(named).concurrency(4).probe_batch(2).observer(
        move |event: &Event<'_>| match event {
            Event::ContextFinished { report, .. } => written.lock().unwrap().push(Some(report.context.clone())),
            Event::CanariesPassed { .. } => written.lock().unwrap().push(None),
            _ => {}
        },
    );
    let report = migrator.migrate_all(&db, Fleet::contexts(tenants(10))).await.unwrap();
    assert_eq!(report.counts().migrated, 10);
    let order = order.lock().unwrap();
    let (canaries, rest) = order.split_at(2);
    assert!(canaries.contains(&Some(tenant(5))) && canaries.contains(&Some(tenant(8))), "{order:?}");
    assert_eq!((&rest[0], rest.len()), (&None, 9), "the rest begins when both have passed");
}

#[tokio::test]
async fn a_canary_that_the_fleet_does_not_have_is_an_error_before_anything_happens() {
    let db = engine().await;
    let migrator = Migrator::new([schema()]).unwrap().canary_contexts([tenant(99)]);
    let error = migrator.migrate_all(&db, Fleet::contexts(tenants(2))).await.unwrap_err();
    assert!(matches!(error, FleetError::NoSuchCanary(context) if context == tenant(99)));
    assert_eq!(databases(&db).await, 1);
}

#[tokio::test]
async fn canaries_of_a_stream_are_put_before_it_and_seen_to_once() {
    let db = engine().await;
    spoil(&db, [3]).await;
    let migrator = Migrator::new([schema()]).unwrap().canary_contexts([tenant(3)]);
    let contexts = stream::iter(tenants(6).into_iter().map(Ok::<_, std::io::Error>));
    let report = migrator.migrate_all(&db, Fleet::stream(contexts)).await.unwrap();
    assert_eq!((report.counts().contexts, report.counts().failed, report.counts().not_attempted), (6, 1, 5));
    assert_eq!(report.contexts()[0].context, tenant(3));
}

#[tokio::test]
async fn a_used_up_failure_budget_stops_what_has_not_begun() {
    let db = engine().await;
    spoil(&db, [1, 3, 5, 7]).await;
    let everyone = Migrator::new([schema()]).unwrap().migrate_all(&engine().await, Fleet::contexts(tenants(4))).await;
    assert_eq!(everyone.unwrap().counts().migrated, 4);
    let migrator = Migrator::new([schema()]).unwrap().failure_budget(2).concurrency(1);
    let report = migrator.migrate_all(&db, Fleet::contexts(tenants(60))).await.unwrap();
    let counts = report.counts();
    assert_eq!(counts.failed, 2, "{report}");
    assert_eq!(counts.migrated + counts.not_attempted, 58);
    assert!(!report.all_served());
    // By default nobody's failure keeps another one from its migrations.
    let report = Migrator::new([schema()]).unwrap().migrate_all(&db, Fleet::contexts(tenants(60))).await.unwrap();
    assert_eq!((report.counts().failed, report.counts().not_attempted), (4, 0));
}

#[tokio::test]
async fn the_number_of_tries_is_bounded_when_asked_for() {
    let db = engine().await;
    let faulty = Faulty::always(&db, Fault::Conflict);
    let migrator = Migrator::new([schema()]).unwrap().attempts(3);
    let report = migrator.migrate(&faulty, tenant(0)).await;
    let Outcome::Refused(Refusal::Unavailable { reason }) = &report.outcome else { panic!("{report:?}") };
    assert!(reason.contains("after 3 tries"), "{reason}");
    assert_eq!(faulty.texts().len(), 3);
}

#[tokio::test]
async fn a_database_that_never_answers_costs_one_deadline_and_not_one_for_each_batch() {
    let db = engine().await;
    let faulty = Faulty::always(&db, Fault::LostBefore);
    let deadline = Duration::from_millis(300);
    let migrator = Migrator::new([schema()]).unwrap().deadline(deadline).concurrency(2).probe_batch(2);
    let report = migrator.migrate_all(&faulty, Fleet::contexts(tenants(400))).await.unwrap();
    assert_eq!(report.counts().failed, 400);
    // Two batches are tried for a deadline, some ten times each, and each of the other 198 once.
    let tries = report.round_trips();
    assert!((201..400).contains(&tries), "{tries}");
    let Outcome::Refused(Refusal::Unavailable { reason }) = &report.contexts()[0].outcome else { panic!("{report}") };
    assert!(reason.contains("dropped before"), "{reason}");
}
