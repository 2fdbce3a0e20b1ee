//! What a replica meets before it migrates: a server that is not up yet, and one that does not let it in.

use std::time::Duration;

use migrate_runtime::{Fleet, FleetError, Migrator, QueryError, Refusal, reach};
use migrate_tests::{Faulty, Server, Storage, assert_migrated, chain, signed_in};
use surrealdb::engine::any::connect;
use surrealdb::opt::auth::Root;

use crate::replica::{Order, Replica};
use crate::{contexts, server};

#[tokio::test]
async fn replicas_that_start_before_the_server_wait_for_it() {
    let mut server = Server::stopped(env!("CARGO_BIN_EXE_surreal"), Storage::Memory, &[]);
    let url = server.url();
    let order = Order { url: &url, chain: "small", namespace: "early", contexts: 2, token: None };
    let replicas: Vec<_> = (0..2).map(|_| Replica::start(&order)).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.restart();
    for replica in replicas {
        let ended = replica.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
    }
    let db = server.root().await;
    for context in contexts("early", 2) {
        assert_migrated(&db, &context, chain("small").unwrap()).await;
    }
}

#[tokio::test]
async fn a_server_that_never_comes_up_is_given_up_with_the_reason() {
    let server = Server::stopped(env!("CARGO_BIN_EXE_surreal"), Storage::Memory, &[]);
    let url = server.url();
    let error = reach(Duration::from_millis(200), || signed_in(&url)).await.unwrap_err();
    assert!(error.is_connection(), "{error:?}");
    assert!(error.message().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_once() {
    let server = server(Storage::Memory);
    let url = server.url();
    let sign_in = || async {
        let db = connect(&url).await?;
        db.signin(Root { username: "root".to_owned(), password: "wrong".to_owned() }).await?;
        Ok(db)
    };
    // The patience is longer than any test may take.
    let error = reach(Duration::from_hours(1), sign_in).await.unwrap_err();
    assert!(error.is_not_allowed(), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_is_not_signed_in_is_refused_without_trying_again() {
    let server = server(Storage::Memory);
    let stranger = Faulty::new(connect(server.url()).await.unwrap(), []);
    let migrator = Migrator::new([chain("small").unwrap()]).unwrap().deadline(Duration::from_hours(1));
    let report = migrator.migrate_all(&stranger, Fleet::contexts(contexts("closed", 3))).await.unwrap();
    assert_eq!(report.counts().failed, 3, "{report}");
    for (_, refusal) in report.refused() {
        let Refusal::Unavailable { reason } = refusal else { panic!("{refusal}") };
        assert!(reason.contains("Anonymous access not allowed"), "{reason}");
    }
    assert_eq!(stranger.texts().len(), 1, "one question, one answer");
    let whole = migrator.migrate_all(&stranger, Fleet::databases_of("closed")).await;
    assert!(matches!(whole, Err(FleetError::Query(QueryError::NotAllowed(_)))), "{whole:?}");
}
