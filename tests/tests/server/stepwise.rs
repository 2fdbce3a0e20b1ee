//! Processes at one stepwise migration: killed, they are succeeded at the very statement; only held up, they are fenced off.

use std::time::{Duration, Instant};

use migrate_runtime::Context;
use migrate_tests::{Storage, log, rows};
use serde_json::{Value, json};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::replica::{Order, Replica};
use crate::{contexts, server};

const ROUNDS: usize = 12;
/// Short, so that whoever comes next need not wait long.
const ENVIRONMENT: [(&str, &str); 1] = [("REPLICA_LEASE_MS", "300")];

fn order<'a>(url: &'a str, namespace: &'a str) -> Order<'a> {
    Order { url, chain: "stepwise", namespace, contexts: 1, token: None }
}

fn replica(url: &str, namespace: &str) -> Replica {
    let mut replica = Replica::start_with(&order(url, namespace), &ENVIRONMENT);
    assert!(replica.begun().is_some(), "it begins");
    replica
}

/// Every statement took effect once, every row was written, and the index is ready.
async fn assert_whole(db: &Surreal<Any>, context: &Context, hint: &str) {
    let effects = rows(db, context, "SELECT VALUE version FROM effect ORDER BY version;").await;
    assert_eq!(effects, json!([1, 2, 3]), "{hint}: each statement took effect once");
    let written = rows(db, context, "SELECT VALUE writes FROM note WHERE writes != 1;").await;
    assert_eq!(written, json!([]), "{hint}: each row was written once");
    let index = rows(db, context, "INFO FOR INDEX by_n ON note;").await;
    assert_eq!(index["building"]["status"], "ready", "{hint}");
    let statuses = rows(db, context, "SELECT VALUE status FROM _migrations ORDER BY version;").await;
    assert_eq!(statuses, json!(["applied", "applied"]), "{hint}");
}

async fn events(db: &Surreal<Any>, context: &Context) -> Vec<String> {
    let of_stepwise = |row: &&Value| row["version"] == 2;
    let rows = log(db, context).await;
    rows.iter().filter(of_stepwise).filter_map(|row| Some(row["event"].as_str()?.to_owned())).collect()
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_is_succeeded_at_the_very_statement() {
    let server = server(Storage::SurrealKv);
    let db = server.root().await;
    let url = server.url();
    let begin = Instant::now();
    let undisturbed = replica(&url, "undisturbed").ended();
    let within = begin.elapsed();
    assert!(undisturbed.is_success, "{}{}", undisturbed.stderr, undisturbed.report);
    let (mut killed, mut resumed) = (0, 0);
    for round in 0..ROUNDS {
        let namespace = format!("round_{round}");
        let first = replica(&url, &namespace);
        tokio::time::sleep(within.mul_f64(fastrand::f64())).await;
        killed += usize::from(first.kill());
        let next = replica(&url, &namespace).ended();
        assert!(next.is_success, "round {round}: {}{}", next.stderr, next.report);
        for context in contexts(&namespace, 1) {
            assert_whole(&db, &context, &namespace).await;
            resumed += usize::from(events(&db, &context).await.iter().any(|event| event == "resumed"));
        }
    }
    println!(
        "{killed} of {ROUNDS} replicas were killed while they ran, {resumed} stepwise migrations were gone on with"
    );
    assert!(killed > 0, "a replica is killed before its end");
}

#[tokio::test]
async fn a_process_that_stood_still_while_another_took_over_writes_nothing_more() {
    let server = server(Storage::Memory);
    let db = server.root().await;
    let url = server.url();
    let mut overtaken = 0;
    for round in 0..6 {
        let namespace = format!("stopped_{round}");
        let [context] = &contexts(&namespace, 1)[..] else { panic!("one context") };
        let first = replica(&url, &namespace);
        tokio::time::sleep(Duration::from_millis(20 + fastrand::u64(..300))).await;
        first.stand_still();
        let next = replica(&url, &namespace).ended();
        assert!(next.is_success, "round {round}: {}{}", next.stderr, next.report);
        assert_whole(&db, context, &namespace).await;
        let before = events(&db, context).await;
        overtaken += usize::from(before.iter().any(|event| event == "resumed"));
        first.go_on();
        let first = first.ended();
        assert!(first.is_success, "round {round}: {}{}", first.stderr, first.report);
        assert_whole(&db, context, &format!("{namespace}, after the first went on")).await;
        assert_eq!(events(&db, context).await, before, "round {round}: it changed nothing any more");
    }
    println!("{overtaken} of 6 replicas were overtaken in the middle of the stepwise migration");
}

#[tokio::test]
async fn processes_that_start_together_wait_for_the_one_that_is_at_it() {
    let server = server(Storage::Memory);
    let db = server.root().await;
    let url = server.url();
    let replicas: Vec<_> = (0..3).map(|_| replica(&url, "together")).collect();
    for replica in replicas {
        let ended = replica.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
    }
    for context in contexts("together", 1) {
        assert_whole(&db, &context, "together").await;
    }
}
