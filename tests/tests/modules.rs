//! Modules from several crates in one database: their order, and what becomes of them.

use migrate_runtime::{Context, Fleet, Migrations, Migrator, Refusal};
use migrate_tests::{Fault, Faulty, engine, ledger, live_catalog, module, rows};
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

fn migrator<const N: usize>(modules: [&'static Migrations; N]) -> Migrator {
    Migrator::new(modules).unwrap()
}

/// Each ledger row as its module and version, in the order in which they were applied.
async fn order(db: &Surreal<Any>) -> Vec<String> {
    let log = rows(db, &tenant(), "SELECT * FROM _migration_log ORDER BY at, id;").await;
    let name = |row: &Value| format!("{}{}", row["module"].as_str().unwrap(), row["version"]);
    log.as_array().unwrap().iter().filter(|row| row["event"] == "applied").map(name).collect()
}

async fn catalog(db: &Surreal<Any>) -> migrate_core::Catalog {
    db.use_ns("acme").use_db("eu-1").await.unwrap();
    live_catalog(db).await.unwrap()
}

/// `app` needs `auth` at V1 from the beginning, and at V3 for its own V2.
fn chains() -> (&'static Migrations, &'static Migrations) {
    let auth = module(
        "auth",
        &[
            ("V1__users.surql", "DEFINE TABLE user SCHEMALESS;\n"),
            ("V2__mail.surql", "DEFINE FIELD mail ON user TYPE option<string>;\n"),
            ("V3__roles.surql", "DEFINE TABLE role SCHEMALESS;\n"),
            ("V4__keys.surql", "DEFINE TABLE key SCHEMALESS;\n"),
        ],
    );
    let plan = "-- migrate: requires auth 3\nDEFINE FIELD level ON role TYPE option<int>;\n";
    let app = module(
        "app",
        &[
            ("migrations.toml", "requires = { auth = 1 }\n"),
            ("V1__notes.surql", "DEFINE TABLE note SCHEMALESS;\nDEFINE FIELD by ON note TYPE option<record<user>>;\n"),
            ("V2__level.surql", plan),
            ("V3__tags.surql", "DEFINE FIELD tags ON note TYPE option<array<string>>;\n"),
        ],
    );
    (auth, app)
}

#[tokio::test]
async fn chains_interleave_where_one_needs_a_part_of_the_other() {
    let (auth, app) = chains();
    let db = engine().await;
    let report = migrator([app, auth]).migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    assert_eq!((report.counts().migrated, report.round_trips()), (1, 2), "{report}");
    assert_eq!(order(&db).await, ["auth1", "app1", "auth2", "auth3", "app2", "app3", "auth4"]);

    let one_by_one = engine().await;
    for modules in [vec![auth], vec![auth, app]] {
        let report = Migrator::new(modules).unwrap().migrate(&one_by_one, tenant()).await;
        assert!(report.is_served(), "{report:?}");
    }
    assert_eq!(order(&one_by_one).await, ["auth1", "auth2", "auth3", "auth4", "app1", "app2", "app3"]);
    assert_eq!(catalog(&db).await, catalog(&one_by_one).await);
    let again = migrator([auth, app]).migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    assert_eq!(again.counts().up_to_date, 1, "the order in which they are given does not matter: {again}");
}

#[tokio::test]
async fn definitions_are_put_together_only_where_nothing_of_another_module_comes_between() {
    let (auth, app) = chains();
    let db = engine().await;
    assert!(migrator([app, auth]).migrate(&db, tenant()).await.is_served());
    let fresh = "SELECT VALUE <string> version FROM _migration_log WHERE fresh = true ORDER BY version;";
    assert_eq!(rows(&db, &tenant(), fresh).await, serde_json::json!([]), "both chains are cut by the other");

    let db = engine().await;
    assert!(migrator([auth, app]).migrate(&db, tenant()).await.is_served());
    assert_eq!(rows(&db, &tenant(), fresh).await, serde_json::json!(["1", "2", "3", "4"]), "that of `auth` is whole");
}

#[tokio::test]
async fn what_failed_in_one_module_keeps_what_needs_it_from_running() {
    let (auth, app) = chains();
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE role;").await;
    let report = migrator([app, auth]).migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::Failed { .. })), "{report:?}");
    assert_eq!(report.refusal().unwrap().to_string(), "auth V3__roles.surql:1: The table 'role' already exists");
    assert_eq!(order(&db).await, ["auth1", "app1", "auth2"]);
}

#[tokio::test]
async fn what_is_required_is_looked_for_in_the_very_transaction() {
    let auth = module("auth", &[("V1__users.surql", "DEFINE TABLE user;\n")]);
    for stepwise in ["", "-- migrate: stepwise\n"] {
        let text = format!("-- migrate: requires auth 1\n{stepwise}CREATE note SET n = 1;\n");
        let app = module("app", &[("V1__a.surql", "DEFINE TABLE note;\n"), ("V2__b.surql", &text)]);
        let db = engine().await;
        let before = module("app", &[("V1__a.surql", "DEFINE TABLE note;\n")]);
        assert!(migrator([auth, before]).migrate(&db, tenant()).await.is_served());
        // The ledger loses the row of `auth` behind the back of the one who has read it.
        let theft = Fault::Meanwhile(
            "USE NS acme DB `eu-1`; UPDATE _migrations SET status = 'rolled_back' WHERE module = 'auth';".to_owned(),
        );
        let faulty = Faulty::new(&db, [Fault::Pass, theft]);
        let report = migrator([auth, app]).migrate(&faulty, tenant()).await;
        let refusal = report.refusal().map(ToString::to_string).unwrap_or_default();
        assert_eq!(
            refusal, "auth V1__users.surql:1: The table 'user' already exists",
            "{stepwise}: it was planned anew"
        );
        assert_eq!(rows(&db, &tenant(), "SELECT VALUE n FROM note;").await, serde_json::json!([]), "{stepwise}");
    }
}

#[tokio::test]
async fn versions_of_modules_have_nothing_to_do_with_each_other() {
    let (auth, app) = chains();
    let db = engine().await;
    assert!(migrator([auth, app]).migrate(&db, tenant()).await.is_served());
    let heads: Vec<_> =
        ledger(&db, &tenant()).await.iter().map(|row| format!("{}{}", row["module"], row["version"])).collect();
    assert_eq!(heads.len(), 7);
    for (module, last) in [(auth, 4), (app, 3)] {
        let chain = module.last().unwrap();
        assert_eq!(chain.version().get(), last);
        let recorded = format!("SELECT VALUE chain FROM ONLY _migrations:['{}', {last}];", module.module());
        assert_eq!(rows(&db, &tenant(), &recorded).await, chain.chain().to_string());
    }
}
