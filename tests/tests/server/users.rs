//! Users with rights on less than the whole server: they migrate what is theirs, are told what is not, and nothing lands
//! in their own database by accident.

use migrate_runtime::{Context, Fleet, Migrator, Outcome, Refusal, Report};
use migrate_tests::{Server, Storage, assert_migrated, chain, rows};
use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::auth::{Database, Namespace};

use crate::server;

const PASSWORD: &str = "pw";

/// A server with the databases `mine/own`, `mine/other` and `foreign/f`, and users below root.
async fn setup() -> (Server, Surreal<Any>) {
    let server = server(Storage::Memory);
    let root = server.root().await;
    let users = "USE NS mine DB own;
        DEFINE USER viewer ON DATABASE PASSWORD 'pw' ROLES VIEWER;
        DEFINE USER editor ON DATABASE PASSWORD 'pw' ROLES EDITOR;
        DEFINE USER owner ON DATABASE PASSWORD 'pw' ROLES OWNER;
        DEFINE USER landlord ON NAMESPACE PASSWORD 'pw' ROLES OWNER;
        USE NS mine DB other; USE NS foreign DB f;";
    root.query(users).await.unwrap().check().unwrap();
    (server, root)
}

fn context(namespace: &str, database: &str) -> Context {
    Context::new(namespace, database).unwrap()
}

/// What exists and what does not, mine first.
fn all() -> [Context; 5] {
    [("mine", "own"), ("mine", "other"), ("mine", "absent"), ("foreign", "f"), ("missing", "m")]
        .map(|(namespace, database)| context(namespace, database))
}

async fn user_of_own(server: &Server, name: &str) -> Surreal<Any> {
    let db = connect(server.url()).await.unwrap();
    let credentials = Database {
        namespace: "mine".to_owned(),
        database: "own".to_owned(),
        username: name.to_owned(),
        password: PASSWORD.to_owned(),
    };
    db.signin(credentials).await.unwrap();
    db
}

async fn migrate(db: &Surreal<Any>) -> Report {
    let migrator = Migrator::new([chain("small").unwrap()]).unwrap();
    migrator.migrate_all(db, Fleet::contexts(all())).await.unwrap()
}

/// Checks that these contexts are refused, each with a reason that names it or what it stands in.
fn assert_no_way_in(report: &Report, contexts: &[Context]) {
    for context in contexts {
        let found = report.contexts().iter().find(|found| found.context == *context).unwrap();
        let Outcome::Refused(Refusal::Unavailable { reason }) = &found.outcome else { panic!("{report}") };
        assert!(reason.starts_with(&format!("{context} cannot be entered")), "{reason}");
        assert!(reason.contains("permission"), "{reason}");
    }
}

/// The databases that exist, without the server's own.
async fn databases(root: &Surreal<Any>) -> Vec<String> {
    let info = rows(root, &context("mine", "own"), "INFO FOR ROOT;").await;
    let mut found = Vec::new();
    for namespace in info["namespaces"].as_object().unwrap().keys().filter(|&name| name != "main") {
        let info = rows(root, &context(namespace, if namespace == "mine" { "own" } else { "f" }), "INFO FOR NS;").await;
        found.extend(info["databases"].as_object().unwrap().keys().map(|database| format!("{namespace}/{database}")));
    }
    found
}

#[tokio::test]
async fn users_of_one_database_migrate_it_and_are_told_that_they_may_not_enter_the_others() {
    let (server, root) = setup().await;
    for (name, outcome) in [("editor", Outcome::Migrated), ("owner", Outcome::UpToDate)] {
        let report = migrate(&user_of_own(&server, name).await).await;
        assert_eq!(report.contexts()[0].outcome, outcome, "{name}: {report}");
        assert_no_way_in(&report, &all()[1..]);
        // What went to another context by mistake would be here, twice.
        assert_migrated(&root, &all()[0], chain("small").unwrap()).await;
    }
    for untouched in [context("mine", "other"), context("foreign", "f")] {
        let info = rows(&root, &untouched, "INFO FOR DB;").await;
        assert!(info["tables"].as_object().unwrap().is_empty(), "{untouched}: {info}");
    }
    assert_eq!(databases(&root).await, ["foreign/f", "mine/other", "mine/own"], "nothing was created");
}

#[tokio::test]
async fn a_user_who_may_only_read_changes_nothing_and_is_told_so() {
    let (server, root) = setup().await;
    let viewer = user_of_own(&server, "viewer").await;
    let report = migrate(&viewer).await;
    let Outcome::Refused(Refusal::Failed { cause, .. }) = &report.contexts()[0].outcome else { panic!("{report}") };
    assert!(cause.contains("Not enough permissions"), "{cause}");
    assert!(cause.contains("could not be recorded"), "{cause}");
    assert_no_way_in(&report, &all()[1..]);
    let info = rows(&root, &all()[0], "INFO FOR DB;").await;
    assert!(info["tables"].as_object().unwrap().is_empty(), "{info}");

    // Where there is nothing to do, reading is enough.
    let _ = migrate(&root).await;
    assert_eq!(migrate(&viewer).await.contexts()[0].outcome, Outcome::UpToDate);
}

#[tokio::test]
async fn a_user_of_a_namespace_migrates_and_creates_its_databases_and_no_others() {
    let (server, root) = setup().await;
    let landlord = connect(server.url()).await.unwrap();
    let credentials =
        Namespace { namespace: "mine".to_owned(), username: "landlord".to_owned(), password: PASSWORD.to_owned() };
    landlord.signin(credentials).await.unwrap();
    let report = migrate(&landlord).await;
    assert_eq!(report.counts().migrated, 3, "{report}");
    assert_no_way_in(&report, &all()[3..]);
    for context in &all()[..3] {
        assert_migrated(&root, context, chain("small").unwrap()).await;
    }
    assert_eq!(databases(&root).await, ["foreign/f", "mine/absent", "mine/other", "mine/own"]);
    let migrator = Migrator::new([chain("small").unwrap()]).unwrap();
    let report = migrator.migrate_all(&landlord, Fleet::databases_of("mine")).await.unwrap();
    assert_eq!(report.counts().up_to_date, 3, "{report}");
}
