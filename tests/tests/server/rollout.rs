//! Operators and replicas that move a phased migration on over one fleet, in processes of their own.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{
    AwaitedEnd, Context, Fleet, Membership, Migrator, PhasedState, Registry, RolloutError, RolloutOptions, Version,
    WhenReady,
};
use migrate_tests::{Server, Storage, chain, log, rows};
use serde_json::json;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use tokio::time::{sleep, timeout};

use crate::replica::{Order, Replica};
use crate::{contexts, server};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_mins(2);
const CONTEXTS: usize = 8;

/// A lease that lasts however busy the machine is.
fn registry() -> Registry {
    Registry::new(Context::new("ops", "system").unwrap()).lease(Duration::from_mins(10))
}

fn operator() -> Migrator {
    let migrator = Migrator::new([chain("phased").unwrap()]).unwrap();
    migrator.registry(registry()).lease(Duration::from_millis(500))
}

fn fleet() -> Fleet {
    Fleet::contexts(contexts("rollout", CONTEXTS))
}

fn second() -> Version {
    Version::new(2).unwrap()
}

/// Every context ready to complete, and a new replica alive.
async fn ready(db: &Arc<Surreal<Any>>) -> Membership {
    let older = Migrator::new([chain("before_phased").unwrap()]).unwrap();
    assert!(older.migrate_all(db, fleet()).await.unwrap().all_served());
    let started = operator().start_all(db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(started.is_done(), "{started}");
    registry().join(&operator(), Arc::clone(db)).await.unwrap()
}

async fn applied(db: &Surreal<Any>) -> usize {
    let rollout = operator().rollout_status(db, fleet(), "app", second()).await.unwrap();
    let states = rollout.contexts.iter().map(|one| one.found.as_ref().unwrap().state);
    states.filter(|state| *state == PhasedState::Applied).count()
}

/// Asserts that each context was completed once, and is what it shall be.
async fn assert_completed_once(db: &Surreal<Any>) {
    assert_eq!(applied(db).await, CONTEXTS);
    for context in contexts("rollout", CONTEXTS) {
        let log = log(db, &context).await;
        let applied = log.iter().filter(|row| row["version"] == 2 && row["event"] == "applied").count();
        assert_eq!(applied, 1, "{context}: {log:?}");
        let sums = rows(db, &context, "SELECT math::sum(number) AS sum, count() AS notes FROM note GROUP ALL;").await;
        assert_eq!(sums, json!([{ "sum": 60 * 59 / 2, "notes": 60 }]), "{context}");
    }
}

/// An operator in a process of its own.
fn operating(server: &Server) -> Replica {
    let url = server.url();
    let order = Order { url: &url, chain: "phased", namespace: "rollout", contexts: CONTEXTS, token: None };
    let mut replica = Replica::start_with(&order, &[("REPLICA_COMPLETE", "2"), ("REPLICA_LEASE_MS", "500")]);
    assert!(replica.begun().is_some(), "it begins");
    replica
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_that_complete_one_fleet_at_once_complete_each_context_once() {
    let server = server(Storage::Memory);
    let db = Arc::new(server.root().await);
    let _new = ready(&db).await;
    let others = [operating(&server), operating(&server)];
    let own = operator().complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(own.is_done(), "{own}");
    for other in others {
        let ended = other.ended();
        assert!(ended.is_success, "{}{}", ended.report, ended.stderr);
    }
    assert_completed_once(&db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_is_killed_and_the_next_one_goes_on_where_it_was() {
    let server = server(Storage::SurrealKv);
    let db = Arc::new(server.root().await);
    let _new = ready(&db).await;
    let killed = operating(&server);
    let some_are = async {
        while applied(&db).await == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, some_are).await.expect("it completes some");
    assert!(killed.kill(), "it was running");
    let done = applied(&db).await;
    assert!((1..CONTEXTS).contains(&done), "{done}");
    let report = operator().complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(report.is_done() && report.counts().already_there == done, "{report}");
    assert_completed_once(&db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_from_another_process_stops_an_operator_before_the_next_context() {
    let server = server(Storage::Memory);
    let db = Arc::new(server.root().await);
    let _new = ready(&db).await;
    let stopped = operating(&server);
    let some_are = async {
        while applied(&db).await == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, some_are).await.expect("it completes some");
    operator().pause_rollout(&db, "app", second(), "it is three o'clock").await.unwrap();
    let ended = stopped.ended();
    let report = &ended.report;
    assert!(
        !ended.is_success && report["halted"].as_str().unwrap().contains("three o'clock"),
        "{report}{}",
        ended.stderr
    );
    let count = |name: &str| usize::try_from(report[name].as_u64().unwrap()).unwrap();
    assert!(count("not_reached") > 0 && count("moved") > 0 && count("refused") == 0, "{report}");
    assert_eq!(applied(&db).await, count("moved"), "what it says is what is there");
    let refused = operator().complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap_err();
    assert_eq!(refused.kind(), "paused");
    operator().resume_rollout(&db, "app", second()).await.unwrap();
    let report = operator().complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap();
    assert!(report.is_done(), "{report}");
    assert_completed_once(&db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_complete_by_themselves_once_the_older_one_is_killed_and_the_server_has_been_away() {
    let mut server = server(Storage::SurrealKv);
    let url = server.url();
    let db = Arc::new(server.root().await);
    let _new = ready(&db).await;
    let order = Order { url: &url, chain: "before_phased", namespace: "rollout", contexts: CONTEXTS, token: None };
    let mut before = Replica::start_with(&order, &[("REPLICA_REGISTRY_MS", "8000")]);
    assert!(before.begun().is_some(), "it has joined");
    let refused = operator().complete_all(&db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap_err();
    assert!(matches!(&refused, RolloutError::OlderReplicas { behind } if behind.len() == 1), "{refused}");

    let mut waiting = Vec::new();
    for _ in 0..3 {
        let db = server.root().await;
        waiting.push(tokio::spawn(async move {
            let when = WhenReady::new().every(Duration::from_millis(200)).lease(Duration::from_secs(2));
            operator().complete_when_ready(&db, fleet, "app", second(), &when).await
        }));
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(applied(&db).await, 0, "they wait");
    server.kill();
    sleep(Duration::from_secs(1)).await;
    server.restart();
    assert!(before.kill(), "it was running");
    for one in waiting {
        let ended = timeout(LIMIT, one).await.expect("it ends by itself").unwrap().unwrap();
        assert_eq!(ended.end, AwaitedEnd::Completed, "{ended}");
    }
    assert_completed_once(&server.root().await).await;
}
