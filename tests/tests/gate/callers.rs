//! However many ask at once, and whatever becomes of them, the work is done once.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use migrate_runtime::{Context, Database, Gate, GateOptions, GateRefusal, GateState, QueryError, Refusal, Reply};
use migrate_tests::{Fault, Faulty, applied, engine, rows};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use super::{Held, exists, migrator, patient, schema, tenant};

const CALLERS: usize = 64;

/// Lets so many ask at once.
fn ask<D: Database + 'static>(gate: &Gate<D>) -> Vec<tokio::task::JoinHandle<Result<(), GateRefusal>>> {
    let call = |_| {
        let gate = gate.clone();
        tokio::spawn(async move { gate.ensure(&tenant()).await })
    };
    (0..CALLERS).map(call).collect()
}

async fn took_effect_once(db: &Surreal<Any>) {
    assert_eq!(rows(db, &tenant(), "RETURN count(SELECT * FROM counter);").await, json!(2));
    assert_eq!(applied(db, &tenant()).await, schema().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_cost_one_look_one_probe_and_one_migration() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let held = Held::new(&db);
    let gate = Gate::new(migrator(), Arc::clone(&held));
    let callers = ask(&gate);
    held.arrived(1).await;
    assert!(matches!(gate.state(&tenant()), GateState::Migrating));
    held.let_go();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(held.round_trips(), 3);
    took_effect_once(&db).await;

    // From now on it is let through without a round trip.
    for caller in ask(&gate) {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(held.round_trips(), 3);
    assert!(matches!(gate.state(&tenant()), GateState::Served));
    assert_eq!((gate.counts().served, gate.counts().migrating), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_is_dropped_takes_nothing_from_the_others() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let held = Held::new(&db);
    let gate = Gate::new(migrator(), Arc::clone(&held));
    let first = tokio::spawn({
        let gate = gate.clone();
        async move { gate.ensure(&tenant()).await }
    });
    held.arrived(1).await;
    let others = ask(&gate);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    held.let_go();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(held.round_trips(), 3, "nobody had to begin again");
    took_effect_once(&db).await;
}

#[tokio::test]
async fn the_work_goes_on_although_nobody_waits_for_it_and_the_end_of_it_can_be_waited_for() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let held = Held::new(&db);
    let gate = Gate::with_options(migrator(), Arc::clone(&held), GateOptions::default().patience(Duration::ZERO));
    let refusal = gate.ensure(&tenant()).await.unwrap_err();
    assert!(matches!(&refusal, GateRefusal::Migrating { context, .. } if *context == tenant()), "{refusal:?}");
    assert!(refusal.retry_after().is_some() && refusal.refusal().is_none());
    held.let_go();
    gate.idle().await;
    gate.ensure(&tenant()).await.unwrap();
    took_effect_once(&db).await;
}

#[test]
fn when_the_runtime_of_the_work_is_shut_down_a_waiter_takes_it_over() {
    let home = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let away = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (db, held, gate) = home.block_on(async {
        let db = engine().await;
        exists(&db, &tenant()).await;
        let held = Held::new(&db);
        let gate = Gate::new(migrator(), Arc::clone(&held));
        (db, held, gate)
    });
    away.spawn({
        let gate = gate.clone();
        async move { gate.ensure(&tenant()).await }
    });
    home.block_on(held.arrived(1));
    let context = tenant();
    let mut waiter = Box::pin(gate.ensure(&context));
    let waits = home.block_on(poll_fn(|task| Poll::Ready(waiter.as_mut().poll(task).is_pending())));
    assert!(waits && held.round_trips() == 1, "it waits for the work that is under way");
    away.shutdown_timeout(Duration::from_mins(1));
    held.let_go();
    home.block_on(async {
        waiter.await.unwrap();
        assert_eq!(held.round_trips(), 1 + 3, "it began again");
        took_effect_once(&db).await;
    });
}

/// A database whose first queries panic.
#[derive(Debug)]
struct Panicking {
    database: Surreal<Any>,
    left: AtomicUsize,
}

impl Database for Panicking {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        tokio::task::yield_now().await;
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(left.is_err(), "this query was told to panic");
        Database::query(&self.database, text, variables).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_panic_refuses_its_callers_for_a_while_and_nobody_else() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let other = Context::new("acme", "eu-2").unwrap();
    exists(&db, &other).await;
    let panicking = Panicking { database: db.clone(), left: AtomicUsize::new(1) };
    let gate = Gate::with_options(migrator(), panicking, patient());
    for caller in ask(&gate) {
        let refusal = caller.await.unwrap().unwrap_err();
        let Some(Refusal::Unavailable { reason }) = refusal.refusal() else { panic!("{refusal:?}") };
        assert!(reason.contains("acme/eu-1 up to date panicked"), "{reason}");
    }
    gate.ensure(&other).await.unwrap();
    gate.forget(&tenant());
    gate.ensure(&tenant()).await.unwrap();
    gate.idle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_contexts_are_migrated_at_once_than_were_allowed() {
    let db = engine().await;
    let contexts: Vec<_> = (0..20).map(|n| Context::new("acme", format!("eu-{n}")).unwrap()).collect();
    for context in &contexts {
        exists(&db, context).await;
    }
    let held = Held::new(&db);
    let gate = Gate::with_options(migrator(), Arc::clone(&held), GateOptions::default().concurrency(2));
    let callers: Vec<_> = contexts
        .into_iter()
        .map(|context| {
            let gate = gate.clone();
            tokio::spawn(async move { gate.ensure(&context).await })
        })
        .collect();
    held.arrived(2).await;
    while gate.counts().migrating < 20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(held.round_trips(), 2, "the others wait");
    held.let_go();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(gate.counts().served, 20);
    let most = held.most_entering.load(Ordering::SeqCst);
    assert!((1..=2).contains(&most), "{most} at once");
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = prop_oneof![
        2 => Just(Fault::Pass),
        1 => Just(Fault::LostBefore),
        1 => Just(Fault::LostAfter),
        1 => Just(Fault::Conflict),
    ];
    prop::collection::vec(fault, 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_lost_on_the_way_callers_are_let_through_and_each_migration_takes_effect_once(faults in faults()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = engine().await;
            exists(&db, &tenant()).await;
            let gate = Gate::new(migrator(), Faulty::new(db.clone(), faults));
            for caller in ask(&gate) {
                caller.await.unwrap().unwrap();
            }
            took_effect_once(&db).await;
        });
    }
}
