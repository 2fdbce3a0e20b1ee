//! Asking for a context does not create it, whoever asks.

use std::sync::Arc;

use migrate_runtime::{Context, Gate, GateRefusal, GateState, Refusal};
use migrate_tests::{Fault, Faulty, engine, ledger, rows};
use surrealdb::opt::auth::{Database, Namespace};

use super::{exists, inventory, migrator, patient, tenant};

fn context(namespace: &str, database: &str) -> Context {
    Context::new(namespace, database).unwrap()
}

#[tokio::test]
async fn a_context_that_does_not_exist_is_refused_and_not_created() {
    let db = engine().await;
    let gate = Gate::new(migrator(), db.clone());
    exists(&db, &tenant()).await;
    for absent in [context("acme", "eu-2"), context("nowhere", "nothing"), context("ac`me", "a`; DEFINE DATABASE b; `")]
    {
        for _ in 0..2 {
            let refusal = gate.ensure(&absent).await.unwrap_err();
            assert!(matches!(&refusal, GateRefusal::NoSuchContext { context } if *context == absent), "{refusal:?}");
            assert!(matches!(gate.state(&absent), GateState::Unknown));
        }
    }
    assert_eq!(inventory(&db).await, ["acme", "acme/eu-1"]);
    assert_eq!(gate.counts(), migrate_runtime::GateCounts::default());
    // Once it is there, it is found.
    exists(&db, &context("acme", "eu-2")).await;
    gate.ensure(&context("acme", "eu-2")).await.unwrap();
    assert_eq!(ledger(&db, &context("acme", "eu-2")).await.len(), 2);
}

#[tokio::test]
async fn looking_takes_one_round_trip_and_leaves_the_session_where_it_was() {
    let db = engine().await;
    db.use_ns("mine").use_db("own").await.unwrap();
    let before = inventory(&db).await;
    let faulty = Arc::new(Faulty::new(db.clone(), []));
    let gate = Gate::new(migrator(), Arc::clone(&faulty));
    gate.ensure(&tenant()).await.unwrap_err();
    assert_eq!(faulty.texts().len(), 1);
    let here: Option<String> = db.query("RETURN session::db();").await.unwrap().take(0).unwrap();
    assert_eq!(here.as_deref(), Some("own"));
    assert_eq!(inventory(&db).await, before);
}

#[tokio::test]
async fn a_user_of_one_database_reaches_it_and_no_other() {
    let (root, user) = engine_user("DATABASE").await;
    let gate = Gate::with_options(migrator(), user, patient());
    gate.ensure(&context("ns", "allowed")).await.unwrap();
    for elsewhere in [context("ns", "other"), context("ns", "absent"), context("absent", "absent")] {
        let refusal = gate.ensure(&elsewhere).await.unwrap_err();
        assert!(matches!(refusal.refusal(), Some(Refusal::Unavailable { .. })), "{refusal:?}");
    }
    assert_eq!(ledger(&root, &context("ns", "allowed")).await.len(), 2);
    assert_eq!(inventory(&root).await, ["ns", "ns/allowed", "ns/other", "other"]);
    let other = rows(&root, &context("ns", "other"), "INFO FOR DB;").await;
    assert!(other["tables"].as_object().unwrap().is_empty(), "{other}");
}

#[tokio::test]
async fn an_owner_of_a_namespace_who_could_create_a_database_does_not_by_asking() {
    let (root, user) = engine_user("NAMESPACE").await;
    let gate = Gate::with_options(migrator(), user, patient());
    for there in ["allowed", "other"] {
        gate.ensure(&context("ns", there)).await.unwrap();
    }
    let absent = gate.ensure(&context("ns", "absent")).await.unwrap_err();
    assert!(matches!(absent, GateRefusal::NoSuchContext { .. }), "{absent:?}");
    for elsewhere in [context("other", "absent"), context("absent", "absent")] {
        let refusal = gate.ensure(&elsewhere).await.unwrap_err();
        assert!(matches!(refusal.refusal(), Some(Refusal::Unavailable { .. })), "{refusal:?}");
    }
    assert_eq!(inventory(&root).await, ["ns", "ns/allowed", "ns/other", "other"]);
    gate.create(&context("ns", "absent")).await.unwrap();
    gate.create(&context("absent", "absent")).await.unwrap_err();
    assert_eq!(inventory(&root).await, ["ns", "ns/absent", "ns/allowed", "ns/other", "other"]);
}

#[tokio::test]
async fn a_context_that_cannot_be_entered_is_not_taken_for_one_that_does_not_exist() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let faults = [Fault::Pass, Fault::UseRefused];
    let gate = Gate::with_options(migrator(), Faulty::new(db.clone(), faults), patient());
    let refusal = gate.ensure(&tenant()).await.unwrap_err();
    assert!(matches!(refusal.refusal(), Some(Refusal::Unavailable { .. })), "{refusal:?}");
}

type Any = surrealdb::Surreal<surrealdb::engine::any::Any>;

/// An engine that asks for rights, with `ns/allowed`, `ns/other` and the namespace `other`: the handle of root, and one
/// of an owner of `ns` or an editor of `ns/allowed`.
async fn engine_user(base: &str) -> (Any, Any) {
    let config = surrealdb::opt::Config::new()
        .user(surrealdb::opt::auth::Root { username: "root".to_owned(), password: "root".to_owned() });
    let root = surrealdb::engine::any::connect(("mem://", config)).await.unwrap();
    let credentials = surrealdb::opt::auth::Root { username: "root".to_owned(), password: "root".to_owned() };
    root.signin(credentials).await.unwrap();
    rows(&root, &context("ns", "other"), "DEFINE NAMESPACE other;").await;
    let role = if base == "DATABASE" { "EDITOR" } else { "OWNER" };
    let define = format!("DEFINE USER somebody ON {base} PASSWORD 'pw' ROLES {role};");
    rows(&root, &context("ns", "allowed"), &define).await;
    let user = root.clone();
    let (username, password) = ("somebody".to_owned(), "pw".to_owned());
    let namespace = "ns".to_owned();
    if base == "DATABASE" {
        user.signin(Database { namespace, database: "allowed".to_owned(), username, password }).await.unwrap();
    } else {
        user.signin(Namespace { namespace, username, password }).await.unwrap();
    }
    (root, user)
}
