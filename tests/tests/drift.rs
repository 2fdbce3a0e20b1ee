//! Drift is what differs from the versions that a context's own ledger gives: found exactly, and nothing else is called so.

mod fleets;
mod foreign;

use migrate_runtime::{
    Against, Baseline, Change, Context, Database, DifferenceClass, DriftOptions, DriftReport, DriftState, DriftUnknown,
    Fleet, Migration, Migrations, Migrator, SchemaDifference, Snapshots, Unmanaged, Version, compare,
};
use migrate_tests::{Fault, Faulty, engine, module, rows};

const V1: (&str, &str) = (
    "V1__init.surql",
    "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\nDEFINE FIELD `odd name` ON user TYPE option<int>;\n\
     DEFINE EVENT `é``` ON user WHEN $event = 'CREATE' THEN (CREATE log SET at = time::now());\nDEFINE TABLE log;\n",
);
const V2: (&str, &str) = (
    "V2__access.surql",
    "-- migrate: allow(M422) a test\nDEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS512 KEY 'of the migration';\n\
     DEFINE FUNCTION fn::greet($name: string) { RETURN 'hi ' + $name; };\nCREATE user:1 SET name = 'root';\n",
);
const V3: (&str, &str) = ("V3__bio.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");

fn app(last: usize) -> &'static Migrations {
    let v1 = V1.1.replace("`é```", "`é\\``");
    let files = [(V1.0, v1.as_str()), V2, V3];
    module("app", &files[..last])
}

fn tenant() -> Context {
    Context::new("acme", "eu `1`").unwrap()
}

fn migrator(schema: &'static Migrations) -> Migrator {
    Migrator::new([schema]).unwrap()
}

/// What is found in the one context.
async fn drift(migrator: &Migrator, db: &impl Database) -> DriftState {
    drift_with(migrator, db, &DriftOptions::new()).await
}

async fn drift_with(migrator: &Migrator, db: &impl Database, options: &DriftOptions) -> DriftState {
    let report = migrator.drift(db, Fleet::contexts([tenant()]), options).await.unwrap();
    report.get(&tenant()).unwrap().state.clone()
}

#[tokio::test]
async fn what_was_migrated_is_in_sync_and_each_change_by_hand_is_found() {
    let db = engine().await;
    let migrator = migrator(app(3)).snapshots(Snapshots::AfterEachMigration { keep: 9 });
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let watched = Faulty::new(&db, []);
    assert_eq!(drift(&migrator, &watched).await, DriftState::InSync);
    assert_eq!(watched.texts().len(), 1, "one round trip, and our own tables are not strangers");

    let changes = [
        (
            "DEFINE FIELD mine ON user TYPE int;",
            "REMOVE FIELD mine ON user;",
            "field user.mine is there and should not be",
        ),
        ("DEFINE PARAM $mine VALUE 1;", "REMOVE PARAM $mine;", "param mine is there and should not be"),
        ("REMOVE FIELD bio ON user;", "DEFINE FIELD bio ON user TYPE option<string>;", "field user.bio is missing"),
        (
            "DEFINE FIELD OVERWRITE name ON user TYPE int;",
            "DEFINE FIELD OVERWRITE name ON user TYPE string;",
            "field user.name is",
        ),
        (
            "DEFINE FUNCTION OVERWRITE fn::greet($name: string) { RETURN 'ho ' + $name; };",
            "DEFINE FUNCTION OVERWRITE fn::greet($name: string) { RETURN 'hi ' + $name; };",
            "function greet is",
        ),
        (
            "REMOVE EVENT `é\\`` ON user;",
            "DEFINE EVENT `é\\`` ON user WHEN $event = 'CREATE' THEN (CREATE log SET at = time::now());",
            "event user.`é\\`` is missing",
        ),
    ];
    for (change, back, said) in changes {
        rows(&db, &tenant(), change).await;
        let state = drift(&migrator, &db).await;
        let [difference] = state.differences() else { panic!("{change}: {state:?}") };
        assert!(difference.to_string().starts_with(said), "{difference}");
        assert_eq!(state.class(), Some(DifferenceClass::Real));
        rows(&db, &tenant(), back).await;
        assert_eq!(drift(&migrator, &db).await, DriftState::InSync, "{back}");
    }
    // Another key is no difference that anybody could see.
    rows(&db, &tenant(), "DEFINE ACCESS OVERWRITE api ON DATABASE TYPE JWT ALGORITHM HS512 KEY 'another one';").await;
    assert_eq!(drift(&migrator, &db).await, DriftState::InSync);
}

#[tokio::test]
async fn what_is_pending_is_no_drift() {
    let db = engine().await;
    for last in 1..=3 {
        assert!(migrator(app(last)).migrate(&db, tenant()).await.is_served());
        let report = migrator(app(3)).drift(&db, Fleet::contexts([tenant()]), &DriftOptions::new()).await.unwrap();
        let found = &report.contexts()[0];
        assert_eq!((&found.state, found.pending), (&DriftState::InSync, 3 - last), "{report}");
    }
}

/// The module as a server would print it that prints things in another way.
fn printed_otherwise(schema: &'static Migrations) -> &'static Migrations {
    let chain: Vec<_> = schema
        .iter()
        .map(|one| {
            let changes: Vec<_> = one
                .changes()
                .iter()
                .map(|change| {
                    let text = change
                        .definition()
                        .map(|text| text.replace(" ON user ", "  ON\n\tuser ").replace(" bio ", " `bio` "));
                    Change::__new(change.object().clone(), text.map(|text| &*text.leak()))
                })
                .collect();
            let (version, checksum, chain) = (one.version().get(), one.checksum(), one.chain());
            Migration::__new(version, one.name(), one.file(), one.text(), *checksum.as_bytes(), *chain.as_bytes())
                .__with_statements(one.statements())
                .__with_changes(changes.leak())
        })
        .collect();
    Box::leak(Box::new(Migrations::__new(schema.module(), chain.leak())))
}

#[tokio::test]
async fn what_another_server_version_prints_differently_is_told_from_what_is_different() {
    let db = engine().await;
    assert!(migrator(app(3)).migrate(&db, tenant()).await.is_served());
    let other = migrator(printed_otherwise(app(3)));
    let report = other.drift(&db, Fleet::contexts([tenant()]), &DriftOptions::new()).await.unwrap();
    assert_eq!((report.drifted(), report.is_same()), ((1, 1), true), "{report}");
    assert_eq!(report.contexts()[0].state.class(), Some(DifferenceClass::Formatting));
    assert!(report.to_string().contains("(1 in formatting only)"), "{report}");
    rows(&db, &tenant(), "DEFINE FIELD OVERWRITE name ON user TYPE int;").await;
    let report = other.drift(&db, Fleet::contexts([tenant()]), &DriftOptions::new()).await.unwrap();
    assert_eq!((report.drifted(), report.is_same()), ((1, 0), false), "{report}");
    let real = report.contexts()[0].state.differences().iter().filter(|one| one.class() == DifferenceClass::Real);
    assert_eq!(real.map(|one| one.object().to_string()).collect::<Vec<_>>(), ["field user.name"]);
}

#[tokio::test]
async fn what_is_declared_unmanaged_does_not_count_unless_a_module_defines_it() {
    let db = engine().await;
    let v1 = ("V1__init.surql", "DEFINE TABLE user;\nDEFINE TABLE audit_of_ours;\n");
    let migrator = migrator(module("app", &[("migrations.toml", "unmanaged = [\"audit_*\"]\n"), v1]));
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(
        &db,
        &tenant(),
        "DEFINE TABLE audit_1; DEFINE FIELD a ON audit_1 TYPE int; DEFINE INDEX mine ON user FIELDS a;",
    )
    .await;
    let state = drift(&migrator, &db).await;
    assert_eq!(state.differences().iter().map(|one| one.object().to_string()).collect::<Vec<_>>(), ["index user.mine"]);
    let options = DriftOptions::new().unmanaged(Unmanaged::matching(["index user.m*"]));
    assert_eq!(drift_with(&migrator, &db, &options).await, DriftState::InSync);
    rows(&db, &tenant(), "REMOVE TABLE audit_of_ours;").await;
    let state = drift_with(&migrator, &db, &options).await;
    assert!(matches!(state.differences(), [SchemaDifference::Removed { .. }]), "{state:?}");

    // A baseline passes over them too.
    rows(&db, &tenant(), "DEFINE TABLE audit_of_ours; REMOVE INDEX mine ON user; DELETE _migrations;").await;
    let takeover = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    assert!(takeover.strangers.is_empty() && takeover.modules.len() == 1, "{takeover}");
}

#[tokio::test]
async fn a_stored_snapshot_is_held_against_while_it_is_of_the_same_versions() {
    let db = engine().await;
    let options = DriftOptions::new().against(Against::NewestSnapshot);
    assert!(migrator(app(1)).migrate(&db, tenant()).await.is_served());
    let two = migrator(app(2));
    assert_eq!(drift_with(&two, &db, &options).await, DriftState::Unknown(DriftUnknown::NoSnapshot));
    // What was changed by hand before it was taken is part of it.
    rows(&db, &tenant(), "DEFINE TABLE mine;").await;
    two.take_snapshot(&db, &tenant()).await.unwrap();
    let watched = Faulty::new(&db, []);
    assert_eq!(drift_with(&two, &watched, &options).await, DriftState::InSync);
    assert_eq!(watched.texts().len(), 1);
    rows(&db, &tenant(), "REMOVE TABLE mine;").await;
    let state = drift_with(&two, &db, &options).await;
    assert!(matches!(state.differences(), [SchemaDifference::Removed { .. }]), "{state:?}");
    assert!(two.migrate(&db, tenant()).await.is_served());
    let state = drift_with(&two, &db, &options).await;
    assert!(matches!(state, DriftState::Unknown(DriftUnknown::OutdatedSnapshot { .. })), "{state:?}");
    rows(&db, &tenant(), "UPDATE _schema_snapshot SET objects['table x'] = 'y';").await;
    let state = drift_with(&two, &db, &options).await;
    assert!(matches!(state, DriftState::Unknown(DriftUnknown::Snapshot(_))), "{state:?}");
}

#[tokio::test]
async fn any_two_schemas_are_compared_wherever_they_come_from() {
    let db = engine().await;
    let migrator = migrator(app(3)).snapshots(Snapshots::AfterEachMigration { keep: 9 });
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let at = |version| migrator.embedded_schema_at([("app", Version::new(version).unwrap())]).unwrap();
    let live = migrator.live_schema(&db, &tenant(), &Unmanaged::none()).await.unwrap();
    assert!(compare(&live, &migrator.embedded_schema()).is_equal());
    assert!(compare(&live, &at(3)).is_equal());
    let listed = migrator.list_snapshots(&db, &tenant(), 9, None).await.unwrap();
    let first = migrator.load_snapshot(&db, &tenant(), &listed[listed.len() - 1].id).await.unwrap();
    let file = migrate_runtime::Snapshot::from_json(&first.to_json()).unwrap();
    assert!(compare(&first, &at(1)).is_equal() && compare(&file, &first).is_equal());
    let said = compare(&file, &live).to_string();
    assert!(said.ends_with("3 added, 0 removed, 0 modified"), "{said}");
    assert!(said.contains("  table user\n  + field user.bio\n      + DEFINE FIELD bio"), "{said}");
    assert!(migrator.embedded_schema_at([("nobody", Version::FIRST)]).is_err());
    assert!(migrator.embedded_schema_at([("app", Version::MAX)]).is_err());
    let graph = migrator.version_graph();
    assert_eq!(graph.order().unwrap().len(), 3);
}

#[tokio::test]
async fn a_disturbed_look_is_taken_again_and_a_lasting_disturbance_is_told() {
    let db = engine().await;
    assert!(migrator(app(3)).migrate(&db, tenant()).await.is_served());
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        let faulty = Faulty::new(&db, [fault.clone(), fault]);
        assert_eq!(drift(&migrator(app(3)), &faulty).await, DriftState::InSync);
    }
    let dead = Faulty::always(&db, Fault::LostBefore);
    let patient = migrator(app(3)).deadline(std::time::Duration::from_millis(50));
    let state = drift(&patient, &dead).await;
    assert!(matches!(state, DriftState::Unknown(DriftUnknown::Unavailable { .. })), "{state:?}");
}

/// One object of a report's JSON.
fn json(report: &DriftReport) -> serde_json::Value {
    serde_json::to_value(report).unwrap()
}

#[tokio::test]
async fn a_migrator_that_stops_early_expects_what_is_there_and_not_what_it_would_not_apply() {
    let db = engine().await;
    let until = |last| migrator(app(3)).until([("app", Version::new(last).unwrap())]).unwrap();
    assert!(until(2).migrate(&db, tenant()).await.is_served());
    assert_eq!(drift(&until(2), &db).await, DriftState::InSync);
    assert!(migrator(app(3)).migrate(&db, tenant()).await.is_served());
    assert_eq!(drift(&until(2), &db).await, DriftState::InSync, "it knows V3 as well");
    rows(&db, &tenant(), "REMOVE FIELD bio ON user;").await;
    assert!(matches!(drift(&until(2), &db).await, DriftState::Drifted(_)), "and sees what is missing of it");
}
