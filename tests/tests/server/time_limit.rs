//! A server that gives queries or transactions a limited time: what takes longer is refused with that reason, and not
//! tried again and again until the deadline.

use std::time::Duration;

use migrate_runtime::{Fleet, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{Server, Storage, ledger, module};

use crate::contexts;

fn schema() -> &'static Migrations {
    module(
        "app",
        &[
            ("V1__quick.surql", "DEFINE TABLE a;\n"),
            ("V2__slow.surql", "DEFINE TABLE b;\nSLEEP 3s;\nDEFINE TABLE c;\n"),
            ("V3__next.surql", "DEFINE TABLE d;\n"),
        ],
    )
}

/// Migrates on a server with this option, and returns the statement at fault, if that can be told.
async fn limited(option: &str, limit: &str) -> Option<String> {
    let server = Server::start_with(env!("CARGO_BIN_EXE_surreal"), Storage::Memory, &[option, limit]);
    let db = server.root().await;
    let context = contexts("limited", 1).remove(0);
    let migrator = Migrator::new([schema()]).unwrap().deadline(Duration::from_hours(1));
    let report = migrator.migrate_all(&db, Fleet::contexts([context.clone()])).await.unwrap();
    let Outcome::Refused(Refusal::Failed { version, statement, cause, .. }) = &report.contexts()[0].outcome else {
        panic!("{report}")
    };
    assert_eq!(version.get(), 2, "{report}");
    assert!(cause.contains(limit), "{cause}");
    let rows = ledger(&db, &context).await;
    let statuses: Vec<_> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["applied", "failed"], "{rows:?}");
    let info = migrate_tests::rows(&db, &context, "INFO FOR DB;").await;
    let tables: Vec<_> = info["tables"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(tables, ["_migration_log", "_migrations", "a"], "nothing of V2 was kept");
    statement.clone()
}

#[tokio::test]
async fn a_migration_that_takes_longer_than_a_transaction_may_is_refused_with_its_statement() {
    assert_eq!(limited("--transaction-timeout", "1s").await.as_deref(), Some("SLEEP 3s"));
}

#[tokio::test]
async fn a_migration_that_takes_longer_than_a_query_may_is_refused_and_those_before_it_are_kept() {
    // Whether the server says how far it came depends on whether it or the connection notices first.
    let statement = limited("--query-timeout", "1s").await;
    assert!(statement.as_deref().is_none_or(|statement| statement == "SLEEP 3s"), "{statement:?}");
}
