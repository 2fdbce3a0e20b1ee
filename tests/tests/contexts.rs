//! No tenant's migration ever lands in another one, whatever the tenants are called and whoever asks.

use std::time::Duration;

use migrate_runtime::{Context, Fleet, FleetError, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{Fault, Faulty, engine, ledger, module, rows};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use surrealdb::opt::auth::{Database, Root};

fn schema() -> &'static Migrations {
    module("app", &[("V1__init.surql", "DEFINE TABLE user SCHEMAFULL;\nCREATE user:1;\n")])
}

fn hostile_names() -> Vec<String> {
    let mut names: Vec<_> = [
        "plain",
        "with space",
        "`",
        "``",
        "\\",
        "\\`",
        "a`; REMOVE DATABASE victim; `",
        "'",
        "\"",
        "; DROP",
        "⟩",
        "⟨a⟩",
        "-- x",
        "/* x",
        "$x",
        "é ü ß",
        "😀",
        "\n",
        "\r\n",
        "\t",
        "\u{202e}rtl",
        "select",
        "NONE",
        "1",
        "a/b",
        "..",
        "%00",
    ]
    .map(str::to_owned)
    .into();
    names.push("n".repeat(200));
    names.push("`".repeat(200));
    names
}

#[tokio::test]
async fn hostile_tenant_names_neither_break_nor_leak() {
    let db = engine().await;
    let victim = Context::new("victim", "victim").unwrap();
    rows(&db, &victim, "CREATE marker:1;").await;
    let names = hostile_names();
    let contexts: Vec<_> = names.iter().map(|name| Context::new(name, name).unwrap()).collect();
    let migrator = Migrator::new([schema()]).unwrap();
    for expected in [Outcome::Migrated, Outcome::UpToDate] {
        let report = migrator.migrate_all(&db, Fleet::contexts(contexts.clone())).await.unwrap();
        for context in report.contexts() {
            assert_eq!(context.outcome, expected, "{:?}", context.context);
        }
    }
    for context in &contexts {
        assert_eq!(ledger(&db, context).await.len(), 1, "{context:?}");
    }
    let info = rows(&db, &victim, "INFO FOR DB;").await;
    assert_eq!(info["tables"].as_object().unwrap().keys().collect::<Vec<_>>(), ["marker"]);
    let root = rows(&db, &victim, "INFO FOR ROOT;").await;
    assert_eq!(root["namespaces"].as_object().unwrap().len(), names.len() + 1, "no other namespace came to be");
}

#[tokio::test]
async fn a_context_that_cannot_be_entered_never_has_its_migration_land_elsewhere() {
    let db = engine().await;
    let home = Context::new("home", "home").unwrap();
    let away = Context::new("away", "away").unwrap();
    rows(&db, &home, "CREATE marker:1;").await;
    rows(&db, &away, "RETURN 1;").await;
    let deadline = Duration::from_millis(200);
    let migrator = Migrator::new([schema()]).unwrap().deadline(deadline);
    // Refused at the probe, and refused only once the writing starts.
    let passes = [0, 1];
    for pass in passes {
        let faults = std::iter::repeat_n(Fault::Pass, pass).chain(std::iter::repeat_n(Fault::UseRefused, 100));
        let refusing = Faulty::new(&db, faults);
        let report = migrator.migrate_all(&refusing, Fleet::contexts([away.clone()])).await.unwrap();
        let outcome = &report.contexts()[0].outcome;
        assert!(matches!(outcome, Outcome::Refused(Refusal::Unavailable { .. })), "after {pass}: {report}");
    }
    let info = rows(&db, &home, "INFO FOR DB;").await;
    assert_eq!(info["tables"].as_object().unwrap().keys().collect::<Vec<_>>(), ["marker"]);
}

/// An engine with sign-in, on which only `allowed/allowed` has a user.
async fn guarded() -> Surreal<Any> {
    let root = Root { username: "root".to_owned(), password: "root".to_owned() };
    let config = surrealdb::opt::Config::new().user(root.clone());
    let db = surrealdb::engine::any::connect(("mem://", config)).await.unwrap();
    db.signin(root).await.unwrap();
    for database in ["allowed", "other"] {
        let setup = format!("USE NS ns DB {database}; DEFINE USER editor ON DATABASE PASSWORD 'pw' ROLES OWNER;");
        db.query(setup).await.unwrap().check().unwrap();
    }
    db
}

#[tokio::test]
async fn a_user_of_one_database_migrates_it_and_is_refused_elsewhere_without_leaking() {
    let root = guarded().await;
    let user = root.clone();
    let credentials = Database {
        namespace: "ns".to_owned(),
        database: "allowed".to_owned(),
        username: "editor".to_owned(),
        password: "pw".to_owned(),
    };
    user.signin(credentials).await.unwrap();
    let context = |database: &str| Context::new("ns", database).unwrap();
    let fleet = || Fleet::contexts(["allowed", "other", "absent"].map(context));
    let migrator = Migrator::new([schema()]).unwrap();
    let report = migrator.migrate_all(&user, fleet()).await.unwrap();
    let outcomes: Vec<_> = report.contexts().iter().map(|context| &context.outcome).collect();
    assert_eq!(outcomes[0], &Outcome::Migrated);
    assert!(matches!(outcomes[1], Outcome::Refused(Refusal::Unavailable { .. })), "{report}");
    assert!(matches!(outcomes[2], Outcome::Refused(Refusal::Unavailable { .. })), "{report}");
    assert_eq!(ledger(&root, &context("allowed")).await.len(), 1);
    let other = rows(&root, &context("other"), "INFO FOR DB;").await;
    assert!(other["tables"].as_object().unwrap().is_empty(), "{other}");
    let namespace = rows(&root, &context("allowed"), "INFO FOR NS;").await;
    assert!(namespace["databases"].get("absent").is_none());
}

#[tokio::test]
async fn the_session_of_the_shared_handle_stays_where_it_was() {
    let db = engine().await;
    db.use_ns("mine").use_db("own").await.unwrap();
    let migrator = Migrator::new([schema()]).unwrap();
    assert!(migrator.migrate(&db, Context::new("a", "b").unwrap()).await.is_served());
    let here: Option<String> = db.query("RETURN session::db();").await.unwrap().take(0).unwrap();
    assert_eq!(here.as_deref(), Some("own"));
}

#[tokio::test]
async fn a_fleet_is_a_namespace_or_a_registry() {
    let db = engine().await;
    let registry = Context::new("ops", "system").unwrap();
    rows(
        &db,
        &registry,
        "CREATE tenant:1 SET namespace = 'acme', database = 'b'; CREATE tenant:2 SET namespace = 'acme', database = 'a';",
    )
    .await;
    let migrator = Migrator::new([schema()]).unwrap();
    let query = "SELECT namespace, database FROM tenant ORDER BY database -- whatever";
    let report = migrator.migrate_all(&db, Fleet::registry(registry, query)).await.unwrap();
    let names: Vec<_> = report.contexts().iter().map(|report| report.context.to_string()).collect();
    assert_eq!(names, ["acme/a", "acme/b"]);
    let again = migrator.migrate_all(&db, Fleet::databases_of("acme")).await.unwrap();
    assert_eq!(again.counts().up_to_date, 2);
}

#[tokio::test]
async fn looking_for_a_fleet_creates_nothing() {
    let db = engine().await;
    let migrator = Migrator::new([schema()]).unwrap();
    let absent = Context::new("nowhere", "nothing").unwrap();
    let no_namespace = migrator.migrate_all(&db, Fleet::databases_of("nowhere")).await;
    assert!(matches!(no_namespace, Err(FleetError::NoSuchNamespace(_))));
    let no_registry = migrator.migrate_all(&db, Fleet::registry(absent, "SELECT * FROM tenant")).await;
    assert!(matches!(no_registry, Err(FleetError::NoSuchRegistry(_))));
    let twice = Context::new("a", "b").unwrap();
    let twice = migrator.migrate_all(&db, Fleet::contexts([twice.clone(), twice])).await;
    assert!(matches!(twice, Err(FleetError::Duplicate(_))));
    let mut info = db.query("INFO FOR ROOT;").await.unwrap();
    let info = info.take::<surrealdb::types::Value>(0).unwrap().into_json_value();
    assert_eq!(info["namespaces"], serde_json::json!({}));
}
