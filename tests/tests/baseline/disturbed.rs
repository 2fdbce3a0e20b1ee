//! Others are at it too, the connection drops, or the user may not do everything.

use std::sync::Arc;

use migrate_tests::Fault;

use super::*;

#[tokio::test]
async fn of_replicas_that_race_one_records_it() {
    for _ in 0..5 {
        let db = by_hand(&tenant()).await;
        let replicas: Vec<_> = (0..6)
            .map(|_| {
                let db = db.clone();
                let migrator = Migrator::new([app()]).unwrap();
                tokio::spawn(async move {
                    let taken = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap().state;
                    assert!(migrator.migrate(&db, tenant()).await.is_served());
                    taken
                })
            })
            .collect();
        let mut recorded = 0;
        for replica in replicas {
            match replica.await.unwrap() {
                TakeoverState::Recorded => recorded += 1,
                other => assert_eq!(other, TakeoverState::AlreadyRecorded),
            }
        }
        assert_eq!(recorded, 1);
        let events = events(&db).await;
        assert_eq!(events, [json!("baselined"), json!("baselined"), json!("baselined"), json!("applied")]);
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_in_the_ledger() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        let db = by_hand(&tenant()).await;
        let faulty = Faulty::new(&db, [Fault::Pass, fault.clone()]);
        let takeover = Migrator::new([app()]).unwrap().baseline(&faulty, &tenant(), &Baseline::new()).await.unwrap();
        assert_eq!(takeover.state, TakeoverState::Recorded, "{fault:?}");
        assert_eq!(events(&db).await.len(), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn what_changes_between_looking_and_writing_is_looked_at_again() {
    let db = by_hand(&tenant()).await;
    let go = Arc::new(tokio::sync::Notify::new());
    let faulty = Faulty::new(db.clone(), [Fault::Pass, Fault::Pause(Arc::clone(&go))]);
    let late =
        tokio::spawn(
            async move { Migrator::new([app()]).unwrap().baseline(&faulty, &tenant(), &Baseline::new()).await },
        );
    rows(&db, &tenant(), "DEFINE FIELD OVERWRITE name ON user TYPE int;").await;
    go.notify_one();
    let error = late.await.unwrap().unwrap_err();
    assert!(matches!(error, BaselineError::Different { .. }), "{error}");
    assert!(rows(&db, &tenant(), "INFO FOR DB;").await["tables"]["_migrations"].is_null());
}

#[tokio::test]
async fn no_other_database_is_written_to_when_the_context_cannot_be_entered() {
    let db = by_hand(&tenant()).await;
    let home = Context::new("home", "home").unwrap();
    rows(&db, &home, BY_HAND).await;
    let migrator = Migrator::new([app()]).unwrap();
    let faulty = Faulty::new(&db, [Fault::Pass, Fault::UseRefused]);
    let error = migrator.baseline(&faulty, &tenant(), &Baseline::new()).await.unwrap_err();
    assert!(matches!(error, BaselineError::Unavailable { .. }), "{error}");
    for context in [&home, &tenant()] {
        assert!(rows(&db, context, "INFO FOR DB;").await["tables"]["_migrations"].is_null());
    }
}

#[tokio::test]
async fn a_user_of_the_database_alone_may_take_it_over() {
    let db = by_hand(&tenant()).await;
    rows(&db, &tenant(), "DEFINE USER service ON DATABASE PASSWORD 'secret' ROLES EDITOR;").await;
    let (username, password) = ("service".to_owned(), "secret".to_owned());
    let (namespace, database) = ("acme".to_owned(), "eu-1".to_owned());
    db.signin(surrealdb::opt::auth::Database { namespace, database, username, password }).await.unwrap();
    let watched = Faulty::new(&db, []);
    let migrator = Migrator::new([app()]).unwrap();
    let baseline = Baseline::new().unmanaged(Unmanaged::matching(["user service"]));
    let takeover = migrator.baseline(&watched, &tenant(), &baseline).await.unwrap();
    assert_eq!(
        (takeover.state, watched.texts().len()),
        (TakeoverState::Recorded, 3),
        "who may not look at the namespace"
    );
    let other = Context::new("acme", "other").unwrap();
    let error = migrator.baseline(&db, &other, &baseline).await.unwrap_err();
    assert_eq!(error.kind(), "unavailable", "{error}");
}

#[tokio::test]
async fn a_failed_attempt_to_migrate_it_before_is_replaced() {
    let db = by_hand(&tenant()).await;
    let migrator = Migrator::new([app()]).unwrap();
    let report = migrator.migrate(&db, tenant()).await;
    assert!(!report.is_served(), "the table is there already: {report:?}");
    assert_eq!(ledger(&db, &tenant()).await[0]["status"], "failed");
    let takeover = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!((takeover.state, takeover.modules[0].version), (TakeoverState::Recorded, version(3)));
    let rows = ledger(&db, &tenant()).await;
    assert_eq!(
        rows.iter().map(|row| row["status"].clone()).collect::<Vec<_>>(),
        [json!("applied"), json!("applied"), json!("applied")]
    );
    assert!(rows.iter().all(|row| row["error"].is_null()));
    assert!(migrator.migrate(&db, tenant()).await.is_served());
}
