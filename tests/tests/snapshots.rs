//! Snapshots say what the schema was: taken by the database itself, with the migration that they stand behind or on request.

use std::sync::{Arc, Mutex};

use migrate_runtime::{
    Context, Database, Event, Evidence, Fleet, Keep, LiveSchemaError, Migrations, Migrator, Snapshot, SnapshotError,
    SnapshotFormatError, Snapshots, StoredSnapshot, Version,
};
use migrate_tests::{Fault, Faulty, chain, engine, live_catalog, module, rows};
use proptest::prelude::*;
use serde_json::json;

fn tenant() -> Context {
    Context::new("acme", "eu `1`").unwrap()
}

const EVERYTHING: &str = "
    DEFINE CONFIG GRAPHQL AUTO;
    DEFINE PARAM $limit VALUE 10;
    DEFINE FUNCTION fn::greet::all($name: string) { RETURN 'hi ' + $name; };
    DEFINE ANALYZER plain TOKENIZERS blank FILTERS lowercase;
    DEFINE SEQUENCE orders BATCH 10 START 5;
    DEFINE TABLE user SCHEMAFULL;
    DEFINE TABLE User SCHEMALESS;
    DEFINE FIELD tags ON user TYPE array<string>;
    DEFINE FIELD `odd name`.b ON user TYPE option<object>;
    DEFINE INDEX `by tags` ON user FIELDS tags;
    DEFINE EVENT `é\\\\\\`'☃` ON user WHEN $event = 'UPDATE' THEN (CREATE audit SET at = time::now(), `a b` = '\\n☃');
    DEFINE TABLE `odd \\` \\\\ table.x` SCHEMALESS;
    DEFINE FIELD x ON `odd \\` \\\\ table.x` TYPE option<int>;
    DEFINE TABLE likes TYPE RELATION IN user OUT user;
    DEFINE API '/a' FOR get THEN { RETURN { status: 200 } };
    DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNUP (CREATE user) SIGNIN (SELECT * FROM user) DURATION FOR TOKEN 1h;
    DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS512 KEY 'a secret key';
    DEFINE USER reader ON DATABASE PASSWORD 'secret' ROLES VIEWER;";

fn migrator(schema: &'static Migrations) -> Migrator {
    Migrator::new([schema])
        .unwrap()
        .applied_by("service", "2.0")
        .snapshots(Snapshots::AfterEachMigration { keep: 1_000 })
}

/// All stored snapshots, the oldest first, each loaded.
async fn stored(migrator: &Migrator, db: &impl Database) -> Vec<(StoredSnapshot, Snapshot)> {
    let mut all = Vec::new();
    for stored in migrator.list_snapshots(db, &tenant(), 10_000, None).await.unwrap().into_iter().rev() {
        let snapshot = migrator.load_snapshot(db, &tenant(), &stored.id).await.unwrap();
        assert_eq!((stored.checksum, &stored.modules), (snapshot.checksum(), snapshot.modules()), "{stored}");
        assert_eq!((stored.objects, stored.taken_at.as_str()), (snapshot.catalog().len(), snapshot.taken_at()));
        all.push((stored, snapshot));
    }
    all
}

/// Migrates, and holds every snapshot against the embedded schema of its version. Returns the versions that have one.
async fn assert_lawful(schema: &'static Migrations, db: &impl Database) -> Vec<u64> {
    let migrator = migrator(schema);
    let report = migrator.migrate(db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    let mut versions = Vec::new();
    for (stored, snapshot) in stored(&migrator, db).await {
        let (module, version) = stored.after.clone().expect("a migration stored it");
        let migration = schema.get(version).unwrap();
        assert_eq!(schema.catalog_at(Some(version)).diff(snapshot.catalog()), [], "{stored}");
        assert_eq!((module.as_str(), snapshot.modules().len()), (schema.module(), 1));
        assert_eq!(snapshot.modules()[&module].version, version);
        assert_eq!(snapshot.modules()[&module].chain, migration.chain());
        assert_eq!((stored.taken_by.binary.as_str(), stored.taken_by.version.as_deref()), ("service", Some("2.0")));
        versions.push(version.get());
    }
    let now = migrator.snapshot(db, &tenant()).await.unwrap();
    let newest = migrator.newest_snapshot(db, &tenant()).await.unwrap().unwrap();
    assert_eq!((now.checksum(), now.modules()), (newest.checksum(), newest.modules()));
    versions
}

#[tokio::test]
async fn each_migration_leaves_the_schema_that_is_embedded_for_its_version() {
    for (name, versions) in [("small", vec![1, 2, 3, 4]), ("split", vec![1, 2, 3, 4]), ("stepwise", vec![1, 2])] {
        assert_eq!(assert_lawful(chain(name).unwrap(), &engine().await).await, versions, "{name}");
    }
}

#[tokio::test]
async fn a_fresh_tenant_gets_one_snapshot_at_the_end_of_the_definitions_that_are_left() {
    let schema = module(
        "app",
        &[
            ("V1__a.surql", "DEFINE TABLE a;\n"),
            ("V2__b.surql", "DEFINE TABLE b;\n"),
            ("V3__row.surql", "CREATE a:1;\n"),
            ("V4__c.surql", "DEFINE TABLE c;\n"),
        ],
    );
    let db = engine().await;
    let watched = Faulty::new(&db, []);
    assert_eq!(assert_lawful(schema, &watched).await, [2, 3, 4]);
    let applying = watched.texts().iter().filter(|text| text.contains("CREATE a:1")).count();
    assert_eq!(applying, 1, "no round trip more than without snapshots");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_chain_leaves_what_is_embedded(chain in prop::collection::vec(prop::collection::vec(statement(), 1..5), 1..7)) {
        let texts: Vec<_> = chain.iter().enumerate().map(|(at, migration)| {
            let statements = migration.iter().enumerate();
            let statements: String = statements.map(|(n, text)| text.replace("{n}", &format!("{at}_{n}"))).collect();
            (format!("V{}__m.surql", at + 1), format!("-- migrate: allow(M424) a test\n{statements}"))
        }).collect();
        let files: Vec<_> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let schema = module("app", &files);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let versions = runtime.block_on(async { assert_lawful(schema, &engine().await).await });
        prop_assert_eq!(versions.last().copied(), schema.last().map(|last| last.version().get()));
    }
}

fn statement() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "DEFINE TABLE t{n} SCHEMAFULL;\nDEFINE FIELD `a b` ON t{n} TYPE array<string>;\n",
        "DEFINE TABLE `t \\`{n}` TYPE ANY;\nDEFINE INDEX `i ☃` ON `t \\`{n}` FIELDS a, b;\n",
        "DEFINE FUNCTION fn::f{n}($x: int) { RETURN $x * 2; };\n",
        "DEFINE PARAM $p{n} VALUE 'it\\'s';\n",
        "DEFINE TABLE e{n};\nDEFINE EVENT `\\`e` ON e{n} WHEN true THEN {};\nCREATE e{n}:1;\n",
        "DEFINE TABLE r{n} TYPE RELATION;\n",
        "DEFINE ANALYZER a{n} TOKENIZERS blank;\nDEFINE SEQUENCE s{n} BATCH 10;\n",
        "DEFINE TABLE l{n};\nLET $x = 1;\nCREATE l{n} SET x = $x;\n",
    ])
}

#[tokio::test]
async fn what_the_database_stores_is_what_it_reports_whatever_the_names() {
    let db = engine().await;
    rows(&db, &tenant(), EVERYTHING).await;
    let migrator = Migrator::new([]).unwrap();
    let read = migrator.snapshot(&db, &tenant()).await.unwrap();
    db.use_ns("acme").use_db("eu `1`").await.unwrap();
    assert_eq!(read.catalog().diff(&live_catalog(&db).await.unwrap()), []);
    assert!(read.catalog().iter().any(|(_, text)| text.contains("[REDACTED]")));

    let stored = migrator.take_snapshot(&db, &tenant()).await.unwrap();
    let loaded = migrator.load_snapshot(&db, &tenant(), &stored.id).await.unwrap();
    assert_eq!(read.catalog().diff(loaded.catalog()), [], "our own tables are left out of both");
    assert_eq!((stored.checksum, stored.after), (read.checksum(), None));
    assert_eq!(Snapshot::from_json(&loaded.to_json()), Ok(loaded));

    let table = rows(&db, &tenant(), "INFO FOR DB;").await["tables"]["_schema_snapshot"].as_str().unwrap().to_owned();
    assert!(table.contains("SCHEMAFULL") && table.contains("PERMISSIONS NONE"), "{table}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_no_snapshot() {
    let schema = module(
        "app",
        &[
            ("V1__a.surql", "DEFINE TABLE a;\nCREATE a:1;\n"),
            ("V2__b.surql", "DEFINE TABLE b;\nCREATE a SET id = 1;\n"),
        ],
    );
    let db = engine().await;
    let migrator = migrator(schema);
    let report = migrator.migrate(&db, tenant()).await;
    assert!(!report.is_served());
    let all = stored(&migrator, &db).await;
    assert_eq!(all.iter().map(|(one, _)| one.after.clone().unwrap().1).collect::<Vec<_>>(), [Version::FIRST]);
    assert_eq!(all[0].1.catalog(), &schema.catalog_at(Some(Version::FIRST)));
}

#[tokio::test]
async fn whatever_is_lost_on_the_way_each_migration_has_one_snapshot() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        for before in 0..3 {
            let db = engine().await;
            let passing = std::iter::repeat_n(Fault::Pass, before);
            let faulty = Faulty::new(&db, passing.chain([fault.clone()]));
            assert_eq!(assert_lawful(chain("split").unwrap(), &faulty).await, [1, 2, 3, 4], "{fault:?} {before}");
        }
    }
}

#[tokio::test]
async fn one_that_was_asked_for_is_stored_once_and_in_no_other_context() {
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE user;").await;
    let migrator = Migrator::new([]).unwrap();
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        let faulty = Faulty::new(&db, [fault.clone(), fault]);
        let one = migrator.take_snapshot(&faulty, &tenant()).await.unwrap();
        assert_eq!(faulty.texts().len(), 3);
        assert_eq!(migrator.list_snapshots(&db, &tenant(), 1, None).await.unwrap(), [one]);
    }
    assert_eq!(migrator.list_snapshots(&db, &tenant(), 9, None).await.unwrap().len(), 3);
    for nowhere in [Context::new("acme", "nowhere").unwrap(), Context::new("nobody", "here").unwrap()] {
        let absent = |error| assert_eq!(error, SnapshotError::Schema(LiveSchemaError::Absent(nowhere.clone())));
        absent(migrator.take_snapshot(&db, &nowhere).await.unwrap_err());
        absent(migrator.snapshot(&db, &nowhere).await.unwrap_err());
        absent(migrator.list_snapshots(&db, &nowhere, 1, None).await.unwrap_err());
        absent(migrator.prune_snapshots(&db, &nowhere, Keep::Newest(1)).await.unwrap_err());
    }
    assert_eq!(rows(&db, &tenant(), "INFO FOR NS;").await["databases"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn migrations_are_applied_without_a_snapshot_where_none_can_be_stored() {
    for name in ["small", "stepwise"] {
        let db = engine().await;
        // Somebody else's table of that name.
        let theirs = "DEFINE TABLE _schema_snapshot SCHEMAFULL; DEFINE FIELD objects ON _schema_snapshot TYPE int;";
        rows(&db, &tenant(), theirs).await;
        let skipped = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&skipped);
        let migrator = migrator(chain(name).unwrap()).observer(move |event: &Event<'_>| {
            if let Event::SnapshotSkipped { reason, .. } = event {
                seen.lock().unwrap().push((*reason).to_owned());
            }
        });
        let report = migrator.migrate(&db, tenant()).await;
        assert!(report.is_served(), "{report:?}");
        assert_eq!(report.applied.len(), chain(name).unwrap().len());
        let skipped = skipped.lock().unwrap().clone();
        assert!(skipped.len() == 1 && skipped[0].contains("objects"), "told once, with the reason: {skipped:?}");
        assert_eq!(rows(&db, &tenant(), "SELECT * FROM _schema_snapshot;").await, json!([]));
        assert!(migrator.take_snapshot(&db, &tenant()).await.is_err());
    }
}

#[tokio::test]
async fn the_fleet_index_and_snapshots_are_written_side_by_side() {
    for name in ["split", "stepwise"] {
        let db = engine().await;
        let system = Context::new("ops", "index").unwrap();
        let migrator = migrator(chain(name).unwrap()).index(system.clone());
        let fleet = || Fleet::contexts([tenant()]);
        assert!(migrator.migrate_all(&db, fleet()).await.unwrap().all_served());
        let again = migrator.migrate_all(&db, fleet()).await.unwrap();
        assert_eq!(again.contexts()[0].evidence, Evidence::Index, "{name}: {again}");
        assert_eq!(stored(&migrator, &db).await.len(), chain(name).unwrap().len());
        let tables = rows(&db, &system, "INFO FOR DB;").await["tables"].clone();
        assert!(tables.get("_schema_snapshot").is_none(), "none of the tenant's is kept in the system context");
    }
}

#[tokio::test]
async fn only_so_many_are_kept_and_never_without_the_newest() {
    let db = engine().await;
    let schema = chain("split").unwrap();
    let migrator = Migrator::new([schema]).unwrap().snapshots(Snapshots::AfterEachMigration { keep: 2 });
    rows(&db, &tenant(), "RETURN 1;").await;
    let asked = migrator.take_snapshot(&db, &tenant()).await.unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let all = migrator.list_snapshots(&db, &tenant(), 9, None).await.unwrap();
    let after: Vec<_> = all.iter().map(|one| one.after.as_ref().map(|(_, version)| version.get())).collect();
    assert_eq!(after, [Some(4), Some(3), None], "the one that was asked for is kept beside them");

    // Page by page it is the same list.
    let mut pages = Vec::new();
    while let [one] = &migrator.list_snapshots(&db, &tenant(), 1, pages.last()).await.unwrap()[..] {
        pages.push(one.clone());
    }
    assert_eq!(pages, all);

    let pruned =
        migrator.prune_snapshots(&db, &tenant(), Keep::NewerThan(std::time::Duration::from_hours(1))).await.unwrap();
    assert_eq!((pruned.removed, pruned.left), (0, 3));
    migrator.delete_snapshot(&db, &tenant(), &asked.id).await.unwrap();
    migrator.delete_snapshot(&db, &tenant(), &asked.id).await.unwrap();
    let gone = migrator.load_snapshot(&db, &tenant(), &asked.id).await.unwrap_err();
    assert_eq!(gone, SnapshotError::NotFound { context: tenant(), id: asked.id });
    for keep in [Keep::NewerThan(std::time::Duration::ZERO), Keep::Newest(0)] {
        migrator.take_snapshot(&db, &tenant()).await.unwrap();
        let pruned = migrator.prune_snapshots(&db, &tenant(), keep).await.unwrap();
        assert_eq!(pruned.left, 1, "{keep:?}");
    }
}

#[tokio::test]
async fn a_stored_snapshot_that_was_changed_is_noticed() {
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE user;").await;
    let migrator = Migrator::new([]).unwrap();
    let id = migrator.take_snapshot(&db, &tenant()).await.unwrap().id;
    let changes = [("objects['table user'] = 'DEFINE TABLE user DROP'", "tampered"), ("format = 2", "unknown")];
    for (change, kind) in changes {
        rows(&db, &tenant(), &format!("UPDATE _schema_snapshot SET {change};")).await;
        let error = migrator.load_snapshot(&db, &tenant(), &id).await.unwrap_err();
        let SnapshotError::Format { cause, .. } = &error else { panic!("{error}") };
        match cause {
            SnapshotFormatError::Tampered { .. } => assert_eq!(kind, "tampered"),
            cause => assert_eq!((kind, cause), ("unknown", &SnapshotFormatError::UnknownFormat("2".into()))),
        }
    }
}
