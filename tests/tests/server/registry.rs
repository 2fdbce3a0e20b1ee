//! The replica registry on a real server: processes that are killed or stand still, and users without rights.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{AtLeast, Context, Migrator, Registry, RegistryError, Renewal};
use migrate_tests::{Server, Storage, chain, rows};
use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::auth::Database;
use tokio::time::{sleep, timeout};

use crate::replica::{Order, Replica};
use crate::server;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_mins(1);

fn registry() -> Registry {
    Registry::new(Context::new("ops", "system").unwrap()).lease(Duration::from_millis(1_500))
}

async fn until_alive(db: &Surreal<Any>, count: usize) {
    let patiently = async {
        while registry().live_replicas(db).await.unwrap().len() != count {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, patiently).await.unwrap_or_else(|_| panic!("{count} replicas are never alive"));
}

#[tokio::test]
async fn a_replica_that_is_killed_ages_out_and_one_that_stands_still_is_back_when_it_goes_on() {
    let server = server(Storage::Memory);
    let db = server.root().await;
    let url = server.url();
    let order = Order { url: &url, chain: "small", namespace: "alive", contexts: 1, token: None };
    let start = || {
        let mut replica = Replica::start_with(&order, &[("REPLICA_REGISTRY_MS", "1500")]);
        assert!(replica.begun().is_some(), "it begins, and has joined by then");
        replica
    };
    let (killed, still) = (start(), start());
    until_alive(&db, 2).await;
    let last = chain("small").unwrap().last().unwrap().version();
    let answer = registry().everyone_at_least(&db, "app", last).await.unwrap();
    assert_eq!(answer, AtLeast::Everyone { replicas: 2 });

    assert!(killed.kill(), "it was running");
    until_alive(&db, 1).await;
    still.stand_still();
    until_alive(&db, 0).await;
    assert_eq!(registry().everyone_at_least(&db, "app", last).await.unwrap(), AtLeast::Nobody);
    still.go_on();
    until_alive(&db, 1).await;
}

#[tokio::test]
async fn a_server_that_is_away_for_longer_than_a_lease_finds_its_replicas_again() {
    let mut server = server(Storage::SurrealKv);
    let db = Arc::new(server.root().await);
    let migrator = Migrator::new([chain("small").unwrap()]).unwrap();
    let mut membership = registry().join(&migrator, Arc::clone(&db)).await.unwrap();
    server.kill();
    let lapsed = async {
        while !matches!(membership.renewed().await.unwrap().renewal, Renewal::Lapsed { .. }) {}
        server.restart();
        while membership.renewed().await.unwrap().renewal != Renewal::InTime {}
    };
    timeout(LIMIT, lapsed).await.expect("it lapses and is back");
    let live = registry().live_replicas(&server.root().await).await.unwrap();
    assert_eq!(live.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [membership.id()]);
    membership.leave().await.unwrap();
}

async fn user_of_own(server: &Server, name: &str) -> Arc<Surreal<Any>> {
    let db = connect(server.url()).await.unwrap();
    let credentials = Database {
        namespace: "mine".to_owned(),
        database: "own".to_owned(),
        username: name.to_owned(),
        password: "pw".to_owned(),
    };
    db.signin(credentials).await.unwrap();
    Arc::new(db)
}

#[tokio::test]
async fn users_without_rights_are_told_so_and_write_nothing_elsewhere() {
    let server = server(Storage::Memory);
    let root = server.root().await;
    let users = "USE NS mine DB own; DEFINE USER viewer ON DATABASE PASSWORD 'pw' ROLES VIEWER;
        DEFINE USER editor ON DATABASE PASSWORD 'pw' ROLES EDITOR; USE NS ops DB system;";
    root.query(users).await.unwrap().check().unwrap();
    let migrator = Migrator::new([chain("small").unwrap()]).unwrap();
    let own = Context::new("mine", "own").unwrap();
    for name in ["viewer", "editor"] {
        let db = user_of_own(&server, name).await;
        let joined = registry().join(&migrator, Arc::clone(&db)).await;
        assert!(matches!(joined, Err(RegistryError::NotEntered { .. })), "{name}: {joined:?}");
        let asked = registry().live_replicas(&*db).await;
        assert!(matches!(asked, Err(RegistryError::NotEntered { .. })), "{name}: {asked:?}");
    }
    let viewer = user_of_own(&server, "viewer").await;
    let joined = Registry::new(own.clone()).join(&migrator, viewer).await;
    assert!(matches!(joined, Err(RegistryError::NotAllowed { .. })), "{joined:?}");
    for context in [own.clone(), Context::new("ops", "system").unwrap()] {
        let info = rows(&root, &context, "INFO FOR DB;").await;
        assert!(info["tables"].as_object().unwrap().is_empty(), "{context}: {info}");
    }
    let editor = user_of_own(&server, "editor").await;
    let membership = Registry::new(own.clone()).join(&migrator, Arc::clone(&editor)).await.unwrap();
    assert_eq!(Registry::new(own).live_replicas(&*editor).await.unwrap().len(), 1);
    membership.leave().await.unwrap();
}
