//! The ledgers of other tools are adopted: with the tables and rows that those tools write, by the statements that they
//! send, as of the versions named.

mod surql;
mod surrealdb_migrations;
mod surrealkit;

use migrate_runtime::{
    Adoption, AdoptionError, BaselineError, Context, Database, Migrations, Migrator, TakeoverState, Tool, Version,
};
use migrate_tests::{Fault, Faulty, engine, ledger, log, module, rows};
use serde_json::{Value, json};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

/// What each of the tools has brought about here, in its own way.
const USER: &str = "DEFINE TABLE OVERWRITE user SCHEMAFULL;\nDEFINE FIELD OVERWRITE name ON user TYPE string;\n";
const POST: &str = "DEFINE TABLE OVERWRITE post SCHEMAFULL;\nDEFINE FIELD OVERWRITE title ON post TYPE string;\n";

fn app() -> &'static Migrations {
    module(
        "app",
        &[
            ("V1__add_user.surql", "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\n"),
            ("V2__add_post.surql", "DEFINE TABLE post SCHEMAFULL;\nDEFINE FIELD title ON post TYPE string;\n"),
            ("V3__add_tag.surql", "DEFINE TABLE tag SCHEMAFULL;\n"),
        ],
    )
}

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// A database in which these statements were run, each of them with success.
async fn database(texts: &[&str]) -> Surreal<Any> {
    let db = engine().await;
    for text in texts {
        rows(&db, &tenant(), text).await;
    }
    db
}

/// Everything that is in the tables of a tool, with their definitions.
async fn foreign(db: &impl Database, tool: Tool) -> Vec<Value> {
    let mut all = Vec::new();
    let tables = rows(db, &tenant(), "INFO FOR DB;").await["tables"].clone();
    for table in tool.tables().iter().filter(|table| tables[**table].is_string()) {
        all.push(rows(db, &tenant(), &format!("INFO FOR TABLE {table};")).await);
        all.push(rows(db, &tenant(), &format!("SELECT * FROM {table} ORDER BY id;")).await);
    }
    all
}

/// Adopts up to a version, and holds everything that follows from it against what should.
async fn assert_adopted(db: &Surreal<Any>, adoption: &Adoption, tool: Tool, at: u64) {
    let migrator = Migrator::new([app()]).unwrap();
    let before = foreign(db, tool).await;
    assert!(!before.is_empty());
    let plan = migrator.plan_adoption(db, &tenant(), adoption).await.unwrap();
    assert_eq!(plan.state, TakeoverState::Planned);
    assert!(rows(db, &tenant(), "INFO FOR DB;").await["tables"]["_migrations"].is_null(), "a plan writes nothing");
    let takeover = migrator.adopt(db, &tenant(), adoption).await.unwrap();
    assert_eq!((takeover.state, takeover.modules[0].version), (TakeoverState::Recorded, version(at)));
    for row in ledger(db, &tenant()).await {
        assert_eq!(row["status"], "applied");
        assert_eq!(
            (&row["applied_by"]["via"], &row["applied_by"]["source"]),
            (&json!("adoption"), &json!(tool.name()))
        );
    }
    for row in log(db, &tenant()).await {
        assert_eq!((&row["event"], &row["by"]["source"]), (&json!("adopted"), &json!(tool.name())));
    }
    let again = migrator.adopt(db, &tenant(), adoption).await.unwrap();
    assert_eq!(again.state, TakeoverState::AlreadyRecorded);
    let report = migrator.migrate(db, tenant()).await;
    let applied: Vec<_> = report.applied.iter().map(|one| one.version.get()).collect();
    assert_eq!(applied, (at + 1..=3).collect::<Vec<_>>(), "{report:?}");
    assert_eq!(foreign(db, tool).await, before, "what is the other tool's is left alone");
}

async fn refused(db: &impl Database, adoption: &Adoption) -> AdoptionError {
    let error = Migrator::new([app()]).unwrap().adopt(db, &tenant(), adoption).await.unwrap_err();
    assert!(rows(db, &tenant(), "INFO FOR DB;").await["tables"]["_migrations"].is_null(), "nothing is written");
    error
}

#[tokio::test]
async fn where_there_is_no_other_ledger_none_is_found() {
    let db = database(&[USER]).await;
    let migrator = Migrator::new([app()]).unwrap();
    assert_eq!(migrator.detect_ledgers(&db, &tenant()).await.unwrap(), []);
    for tool in [Tool::SurrealKit, Tool::SurrealdbMigrations, Tool::Surql] {
        let error = refused(&db, &Adoption::of(tool, "app")).await;
        assert_eq!(error, AdoptionError::NoLedger { context: tenant(), tool });
    }
    let nowhere = Context::new("acme", "nowhere").unwrap();
    assert!(migrator.detect_ledgers(&db, &nowhere).await.is_err());
    assert_eq!(rows(&db, &tenant(), "INFO FOR NS;").await["databases"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_module_or_version_that_is_not_there_is_an_error() {
    let db = database(&[surrealdb_migrations::TABLE, USER]).await;
    let nobody = refused(&db, &Adoption::of(Tool::SurrealdbMigrations, "nobody")).await;
    assert_eq!(nobody, AdoptionError::Baseline(BaselineError::NoSuchModule("nobody".to_owned())));
    let of = || Adoption::of(Tool::SurrealdbMigrations, "app");
    for adoption in [of().at(version(9)), of().map("x", version(9))] {
        let error = refused(&db, &adoption).await;
        assert!(matches!(error, AdoptionError::Baseline(BaselineError::NoSuchVersion { .. })), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_in_the_ledger() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        let db = database(&[surrealdb_migrations::TABLE, USER]).await;
        surrealdb_migrations::record(&db, "20230101_120000_AddUser", None).await;
        let faulty = Faulty::new(&db, [Fault::Pass, fault.clone()]);
        let adoption = Adoption::of(Tool::SurrealdbMigrations, "app");
        let takeover = Migrator::new([app()]).unwrap().adopt(&faulty, &tenant(), &adoption).await.unwrap();
        assert_eq!(takeover.state, TakeoverState::Recorded, "{fault:?}");
        assert_eq!(log(&db, &tenant()).await.len(), 1, "{fault:?}");
    }
}
