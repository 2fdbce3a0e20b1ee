//! A database that has the schema and no ledger is taken over: verified, recorded exactly once, and migrated on.

mod disturbed;
mod fleets;
mod requires;

use migrate_runtime::{
    Baseline, BaselineError, Context, Database, LiveSchemaError, Migrations, Migrator, SchemaDifference, Strangers,
    TakeoverState, Unmanaged, Version,
};
use migrate_tests::{Faulty, engine, ledger, log, module, rows};
use serde_json::{Value, json};

const V1: (&str, &str) = (
    "V1__init.surql",
    "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\nDEFINE FIELD tags ON user TYPE array<string>;\n\
     DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNUP (CREATE user) SIGNIN (SELECT * FROM user);\n",
);
const V2: (&str, &str) = ("V2__seed.surql", "CREATE user:1 SET name = 'root', tags = [];\n");
const V3: (&str, &str) = ("V3__bio.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");
const V4: (&str, &str) = ("V4__later.surql", "DEFINE TABLE later;\nCREATE later:1;\n");

/// The schema after V3, made by hand: nobody recorded anything.
const BY_HAND: &str = "
    DEFINE TABLE user SCHEMAFULL; DEFINE FIELD bio ON user TYPE option<string>; DEFINE FIELD name ON user TYPE string;
    DEFINE FIELD tags ON user TYPE array<string>;
    DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNUP (CREATE user) SIGNIN (SELECT * FROM user);
    CREATE user:7 SET name = 'kept', tags = ['a'];";

fn app() -> &'static Migrations {
    module("app", &[V1, V2, V3, V4])
}

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

async fn by_hand(context: &Context) -> surrealdb::Surreal<surrealdb::engine::any::Any> {
    let db = engine().await;
    rows(&db, context, BY_HAND).await;
    db
}

async fn events(db: &impl Database) -> Vec<Value> {
    log(db, &tenant()).await.iter().map(|row| row["event"].clone()).collect()
}

#[tokio::test]
async fn what_is_there_is_recorded_and_what_comes_after_it_is_migrated() {
    let db = by_hand(&tenant()).await;
    let migrator = Migrator::new([app()]).unwrap().applied_by("service", "2.0");
    let watched = Faulty::new(&db, []);
    let takeover = migrator.baseline(&watched, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!(watched.texts().len(), 2, "one round trip to look and one to write");
    assert_eq!((takeover.state, takeover.modules.len()), (TakeoverState::Recorded, 1));
    let taken = &takeover.modules[0];
    assert_eq!((taken.module, taken.version, taken.migrations.len()), ("app", version(3), 3));
    assert_eq!(taken.data.iter().map(|one| one.version).collect::<Vec<_>>(), [version(2)], "said to be taken as done");
    assert!(takeover.to_string().contains("V2__seed"), "{takeover}");

    let recorded = ledger(&db, &tenant()).await;
    for (row, migration) in recorded.iter().zip(app()) {
        assert_eq!(row["status"], "applied");
        assert_eq!(row["chain"], migration.chain().to_string());
        assert_eq!(row["checksum"], migration.checksum().to_string());
        assert_eq!(row["applied_by"]["via"], "baseline");
        assert_eq!(row["applied_by"]["binary"], "service");
        assert_eq!(row["down"]["text"].as_str(), migration.undo().text());
    }
    assert_eq!((recorded.len(), events(&db).await), (3, vec![json!("baselined"); 3]));

    let report = migrator.migrate(&db, tenant()).await;
    assert_eq!(report.applied.iter().map(|one| one.version).collect::<Vec<_>>(), [version(4)], "{report:?}");
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE id FROM user;").await, json!(["user:7"]), "V2 was not run");
    let again = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!((again.state, again.modules[0].version), (TakeoverState::AlreadyRecorded, version(3)));
    assert_eq!(events(&db).await.len(), 4);
}

#[tokio::test]
async fn another_schema_is_refused_with_every_difference_and_nothing_is_written() {
    let db = by_hand(&tenant()).await;
    rows(&db, &tenant(), "DEFINE FIELD OVERWRITE name ON user TYPE int; REMOVE FIELD bio ON user; DEFINE INDEX mine ON user FIELDS name;").await;
    let before = rows(&db, &tenant(), "INFO FOR DB;").await;
    let migrator = Migrator::new([app()]).unwrap();
    let at = Baseline::new().at("app", version(3));
    let error = migrator.baseline(&db, &tenant(), &at).await.unwrap_err();
    let [removed, changed, added] = error.differences() else { panic!("{error}") };
    assert!(matches!(removed, SchemaDifference::Removed { object, .. } if object.to_string() == "field user.bio"));
    let SchemaDifference::Changed { expected, live, .. } = changed else { panic!("{changed}") };
    assert!(expected.contains("TYPE string") && live.contains("TYPE int"));
    assert!(matches!(added, SchemaDifference::Added { object, .. } if object.to_string() == "index user.mine"));
    assert!(
        error.to_string().starts_with("the schema of acme/eu-1 is not that of app V3\n  field user.bio is missing")
    );
    assert_eq!(rows(&db, &tenant(), "INFO FOR DB;").await, before, "not even an empty ledger");
    // Without a version, the closest one is told.
    let error = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap_err();
    assert!(matches!(&error, BaselineError::Different { at, .. } if at[..] == [("app", version(2))]), "{error}");
}

#[tokio::test]
async fn secrets_are_not_compared() {
    let db = engine().await;
    let secret = |key: &str| format!("DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS512 KEY '{key}';");
    rows(&db, &tenant(), &secret("of the database")).await;
    let text = format!("-- migrate: allow(M422) a test\n{}\n", secret("of the migration"));
    let migrator = Migrator::new([module("app", &[("V1__api.surql", &text)])]).unwrap();
    let takeover = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!(takeover.state, TakeoverState::Recorded);
}

#[tokio::test]
async fn what_no_module_defines_needs_to_be_accepted() {
    let db = by_hand(&tenant()).await;
    rows(&db, &tenant(), "DEFINE TABLE audit_1; DEFINE FIELD at ON audit_1 TYPE datetime; DEFINE PARAM $own VALUE 1;")
        .await;
    let migrator = Migrator::new([app()]).unwrap();
    let error = migrator.plan_baseline(&db, &tenant(), &Baseline::new()).await.unwrap_err();
    assert_eq!(error.differences().len(), 3, "{error}");
    let unmanaged = Baseline::new().unmanaged(Unmanaged::matching(["audit_*"]));
    let error = migrator.plan_baseline(&db, &tenant(), &unmanaged).await.unwrap_err();
    assert_eq!(error.differences().len(), 1, "{error}");
    let takeover = migrator.baseline(&db, &tenant(), &unmanaged.strangers(Strangers::Accepted)).await.unwrap();
    assert_eq!(takeover.strangers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["param own"]);
}

#[tokio::test]
async fn a_plan_writes_nothing() {
    let db = by_hand(&tenant()).await;
    let before = rows(&db, &tenant(), "INFO FOR DB;").await;
    let migrator = Migrator::new([app()]).unwrap();
    let takeover = migrator.plan_baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!((takeover.state, takeover.modules[0].version), (TakeoverState::Planned, version(3)));
    assert_eq!(rows(&db, &tenant(), "INFO FOR DB;").await, before);
    let nowhere = Context::new("acme", "nowhere").unwrap();
    let error = migrator.baseline(&db, &nowhere, &Baseline::new()).await.unwrap_err();
    assert_eq!(error, BaselineError::Schema(LiveSchemaError::Absent(nowhere)));
    let there = rows(&db, &tenant(), "INFO FOR NS;").await;
    assert_eq!(there["databases"].as_object().unwrap().len(), 1, "nothing was created");
}

#[tokio::test]
async fn a_module_with_a_ledger_of_its_own_is_refused_and_the_other_one_is_not() {
    let db = engine().await;
    let other = module("other", &[("V1__o.surql", "DEFINE TABLE o;\n")]);
    assert!(Migrator::new([other]).unwrap().migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), BY_HAND).await;
    let migrator = Migrator::new([other, app()]).unwrap();
    let error = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap_err();
    let exists = BaselineError::LedgerExists { context: tenant(), module: "other", version: version(1) };
    assert_eq!(error, exists);
    let takeover = migrator.baseline(&db, &tenant(), &Baseline::new().module("app")).await.unwrap();
    assert_eq!(takeover.modules.iter().map(|one| (one.module, one.version)).collect::<Vec<_>>(), [("app", version(3))]);
    assert_eq!(migrator.migrate(&db, tenant()).await.applied.len(), 1);
    let nobody = migrator.baseline(&db, &tenant(), &Baseline::new().module("nobody")).await.unwrap_err();
    assert_eq!(nobody, BaselineError::NoSuchModule("nobody".to_owned()));
}

#[tokio::test]
async fn a_module_that_the_database_has_nothing_of_is_left_to_be_migrated() {
    let db = by_hand(&tenant()).await;
    let new = module("new", &[("V1__n.surql", "DEFINE TABLE n;\n")]);
    let migrator = Migrator::new([new, app()]).unwrap();
    let takeover = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!(takeover.modules.iter().map(|one| one.module).collect::<Vec<_>>(), ["app"]);
    assert_eq!(migrator.migrate(&db, tenant()).await.applied.len(), 2);

    let empty = engine().await;
    rows(&empty, &tenant(), "RETURN 1;").await;
    let takeover = migrator.baseline(&empty, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!(takeover.state, TakeoverState::Nothing);
    assert_eq!(migrator.migrate(&empty, tenant()).await.applied.len(), 5);
}
