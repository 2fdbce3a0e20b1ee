//! A validation says what would become of pending migrations, and changes nothing.

mod changes_nothing;
mod constraints;
mod required;

use std::time::Duration;

use migrate_runtime::{
    Context, Database, FindingCode, FindingSeverity, Fleet, Migrations, Migrator, Presence, Refusal, UndoPolicy,
    Unmanaged, ValidateError, Validation, ValidationOptions, ValidationPhase, ValidationVerdict, Version,
};
use migrate_tests::{engine, module, rows};
use serde_json::{Value, json};

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// All that a context holds: definitions, ledger, log and rows of these tables.
async fn everything(db: &impl Database, context: &Context, tables: &[&str]) -> Value {
    let on = |table: &&str| format!(", (INFO FOR TABLE {table}), (SELECT * FROM {table})");
    let on = tables.iter().map(on).collect::<Vec<_>>().concat();
    let text = format!("[(INFO FOR DB), (SELECT * FROM _migrations), (SELECT * FROM _migration_log){on}];");
    rows(db, context, &text).await
}

fn codes(validation: &Validation) -> Vec<FindingCode> {
    validation.findings.iter().map(|finding| finding.code).collect()
}

const USERS: (&str, &str) = (
    "V1__users.surql",
    "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\nDEFINE FIELD email ON user TYPE option<string>;\n",
);

/// A chain of users and one more migration.
fn with(file: &'static str, text: &'static str) -> &'static Migrations {
    module("app", &[USERS, (file, text)])
}

/// A database at V1 of `chain`, with what `text` does to it.
async fn at_v1(chain: &'static Migrations, text: &str) -> surrealdb::Surreal<surrealdb::engine::any::Any> {
    let db = engine().await;
    let _ = Migrator::new([chain]).unwrap().until([("app", version(1))]).unwrap().migrate(&db, tenant()).await;
    rows(&db, &tenant(), text).await;
    db
}

async fn validate(chain: &'static Migrations, db: &impl Database, options: ValidationOptions) -> Validation {
    Migrator::new([chain]).unwrap().validate(db, &tenant(), &options).await.unwrap()
}

#[tokio::test]
async fn what_is_fine_passes_and_can_then_be_applied() {
    let chain = with("V2__bio.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");
    let db = at_v1(chain, "CREATE user:1 SET name = 'a';").await;
    let before = everything(&db, &tenant(), &["user"]).await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert_eq!((validation.verdict(), &validation.skipped[..]), (ValidationVerdict::Pass, &[][..]), "{validation}");
    assert_eq!(validation.pending.iter().map(|one| one.version).collect::<Vec<_>>(), [version(2)]);
    assert_eq!(everything(&db, &tenant(), &["user"]).await, before);
    let json = serde_json::to_value(&validation).unwrap();
    assert_eq!((&json["verdict"], &json["pending"][0]["version"]), (&json!("PASS"), &json!(2)));
    let report = Migrator::new([chain]).unwrap().migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert!(validation.can_apply() && validation.pending.is_empty(), "there is nothing left: {validation}");
}

#[tokio::test]
async fn a_context_that_does_not_exist_is_taken_for_an_empty_one_and_not_created() {
    let db = engine().await;
    let chain = with("V2__row.surql", "CREATE user:1 SET name = 'a';\n");
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert_eq!((validation.presence, validation.pending.len()), (Presence::Absent, 2));
    assert!(validation.can_apply(), "a new tenant is undone with its database: {validation}");
    let info = rows(&db, &Context::new("x", "y").unwrap(), "INFO FOR ROOT;").await;
    assert!(info["namespaces"].get("acme").is_none(), "{info}");
}

#[tokio::test]
async fn objects_that_are_not_as_the_migrations_left_them_are_told_with_their_place() {
    let text = "-- migrate: allow(M302) -\nDEFINE TABLE IF NOT EXISTS post;\nDEFINE FIELD OVERWRITE name ON user TYPE string | int;\n\
                REMOVE FIELD IF EXISTS email ON user;\n";
    let chain = with("V2__more.surql", text);
    let db = at_v1(
        chain,
        "DEFINE TABLE post SCHEMAFULL; DEFINE FIELD OVERWRITE name ON user TYPE any; REMOVE FIELD email ON user;",
    )
    .await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    let semantic = validation.findings.iter().filter(|finding| finding.phase == ValidationPhase::Semantics);
    let told: Vec<_> =
        semantic.map(|one| (one.code, one.object.as_ref().unwrap().to_string(), one.line.unwrap())).collect();
    assert_eq!(
        told,
        [
            (FindingCode::DefinedOtherwise, "table post".to_owned(), 2),
            (FindingCode::Missing, "field user.email".to_owned(), 4),
            (FindingCode::Different, "field user.name".to_owned(), 3),
        ],
        "{validation}"
    );
    assert_eq!(validation.verdict(), ValidationVerdict::PassWithWarnings, "it was tried and went well: {validation}");
    assert!(!validation.can_apply() && validation.can_apply_with_force());
    let unmanaged = ValidationOptions::new().unmanaged(Unmanaged::matching(["post", "user"]));
    let validation = validate(chain, &db, unmanaged).await;
    assert!(!validation.findings.iter().any(|one| one.phase == ValidationPhase::Semantics), "{validation}");
}

#[tokio::test]
async fn what_cannot_be_undone_is_a_warning_or_by_policy_an_error() {
    let chain = with("V2__row.surql", "CREATE user:1 SET name = 'a';\n");
    let db = at_v1(chain, "RETURN 1;").await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert_eq!(codes(&validation), [FindingCode::Irreversible]);
    assert_eq!(validation.findings[0].severity, FindingSeverity::Warning);
    let validation = validate(chain, &db, ValidationOptions::new().undo(UndoPolicy::Explicit)).await;
    assert_eq!(codes(&validation), [FindingCode::NoExplicitUndo]);
    assert_eq!(validation.verdict(), ValidationVerdict::Fail);
    let down = module(
        "app",
        &[USERS, ("V2__row.surql", "CREATE user:1 SET name = 'a';\n"), ("V2__row.down.surql", "DELETE user:1;\n")],
    );
    let validation = validate(down, &db, ValidationOptions::new().undo(UndoPolicy::Explicit)).await;
    assert!(!codes(&validation).contains(&FindingCode::NoExplicitUndo), "{validation}");
}

#[tokio::test]
async fn costs_beyond_the_thresholds_are_warnings() {
    use FindingCode::{IndexBuild, ManyStatements, Slow, TableRewrite};

    let text = "-- migrate: allow(M424) few rows\nDEFINE INDEX by_name ON user FIELDS name;\nUPDATE user SET name = 'b';\nSLEEP 30ms;\n";
    let chain = with("V2__heavy.surql", text);
    let db = at_v1(chain, "FOR $i IN 0..20 { CREATE user SET name = <string> $i };").await;
    let generous = validate(chain, &db, ValidationOptions::new()).await;
    assert_eq!(codes(&generous), [FindingCode::Irreversible], "{generous}");
    let strict = ValidationOptions::new().rows(10).statements(2).slow(Duration::from_millis(20));
    let validation = validate(chain, &db, strict).await;
    let costs: Vec<_> = validation
        .findings
        .iter()
        .filter(|one| one.phase == ValidationPhase::Performance)
        .map(|one| one.code)
        .collect();
    assert_eq!(costs, [ManyStatements, Slow, IndexBuild, TableRewrite], "{validation}");
    let message = &validation.findings.iter().find(|one| one.code == IndexBuild).unwrap().message;
    assert!(message.contains("11 rows or more"), "counted no further: {message}");
    let short = validate(chain, &db, ValidationOptions::new().timeout(Duration::from_millis(1))).await;
    assert!(codes(&short).contains(&FindingCode::TimedOut), "{short}");
}

#[tokio::test]
async fn a_ledger_that_is_refused_is_not_validated() {
    let chain = with("V2__bio.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");
    let db = at_v1(chain, "UPDATE _migrations SET status = 'started';").await;
    let error = Migrator::new([chain]).unwrap().validate(&db, &tenant(), &ValidationOptions::new()).await.unwrap_err();
    assert!(matches!(error, ValidateError::Refused(Refusal::Stuck { .. })), "{error}");
}

#[tokio::test]
async fn every_context_of_a_fleet_is_validated_and_told_in_order() {
    let chain = with(
        "V2__unique.surql",
        "-- migrate: allow(M301) -\n-- migrate: allow(M424) -\nDEFINE INDEX u ON user FIELDS name UNIQUE;\n",
    );
    let db = at_v1(chain, "CREATE user:1 SET name = 'a'; CREATE user:2 SET name = 'a';").await;
    let other = Context::new("acme", "eu-0").unwrap();
    let fleet = Fleet::contexts([tenant(), other.clone()]);
    let migrator = Migrator::new([chain]).unwrap();
    let validation = migrator.validate_all(&db, fleet, &ValidationOptions::new()).await.unwrap();
    let order: Vec<_> = validation.contexts().iter().map(|(context, _)| context.clone()).collect();
    assert_eq!(order, [other, tenant()]);
    assert_eq!(
        (validation.count(ValidationVerdict::Pass), validation.count(ValidationVerdict::Fail)),
        (1, 1),
        "{validation}"
    );
    assert!(!validation.can_apply());
    let json = serde_json::to_value(&validation).unwrap();
    assert_eq!((&json["contexts"], &json["fail"], &json["unknown"]), (&json!(2), &json!(1), &json!(0)));
}
