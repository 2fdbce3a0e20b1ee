//! The fleet index confirms a fleet in one query, and never what is not so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream;
use migrate_runtime::{
    Context, Event, Evidence, Finding, Fleet, IndexFinding, Migrations, Migrator, Outcome, QueryError, Refusal, Reply,
};
use migrate_tests::{Fault, Faulty, engine, ledger, module, rows};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use surrealdb::opt::auth::{Database, Namespace, Root};

fn system() -> Context {
    Context::new("ops", "system").unwrap()
}

fn tenant(n: usize) -> Context {
    Context::new("fleet", format!("tenant_{n:03}")).unwrap()
}

fn tenants(count: usize) -> Vec<Context> {
    (0..count).map(tenant).collect()
}

const V1: (&str, &str) = ("V1__a.surql", "DEFINE TABLE a;\nCREATE a:1;\n");
const AUTH: (&str, &str) = ("V1__auth.surql", "DEFINE TABLE token;\n");
const V2: (&str, &str) = ("V2__b.surql", "DEFINE TABLE b;\n");

fn schema() -> &'static Migrations {
    module("app", &[V1])
}

fn indexed(modules: impl IntoIterator<Item = &'static Migrations>) -> Migrator {
    Migrator::new(modules).unwrap().index(system())
}

/// The index's row of a tenant.
async fn row(db: &Surreal<Any>, tenant: &Context) -> Value {
    let id = format!("_migration_fleet:['{}', '{}']", tenant.namespace(), tenant.database());
    rows(db, &system(), &format!("SELECT * FROM ONLY {id};")).await
}

async fn migrate_all(migrator: &Migrator, db: &Surreal<Any>, contexts: Vec<Context>) -> migrate_runtime::Report {
    migrator.migrate_all(db, Fleet::contexts(contexts)).await.unwrap()
}

#[tokio::test]
async fn canaries_that_the_index_confirms_hold_nobody_up() {
    let db = engine().await;
    let tenants: Vec<_> = (0..4).map(|n| Context::new("acme", format!("c{n}")).unwrap()).collect();
    let schema = module("app", &[("V1__a.surql", "DEFINE TABLE a;\n")]);
    let migrator = || {
        let migrator = Migrator::new([schema]).unwrap().index(Context::new("ops", "system").unwrap());
        migrator.canary_contexts([tenants[2].clone()])
    };
    // Another replica was at the canary already, and no further.
    let _ = migrator().migrate(&db, tenants[2].clone()).await;
    let report = migrator().migrate_all(&db, Fleet::contexts(tenants.clone())).await.unwrap();
    assert_eq!((report.counts().contexts, report.counts().migrated, report.counts().up_to_date), (4, 3, 1), "{report}");
}

#[tokio::test]
async fn an_up_to_date_fleet_is_confirmed_by_one_query_whatever_its_size() {
    let db = engine().await;
    let migrator = indexed([schema(), module("auth", &[AUTH])]);
    let report = migrate_all(&migrator, &db, tenants(200)).await;
    assert_eq!(report.counts().migrated, 200, "{report}");
    assert_eq!(migrator.counters().read().conflicts, 0, "rows of different tenants are not in each other's way");

    let report = migrate_all(&migrator, &db, tenants(200)).await;
    assert_eq!((report.counts().up_to_date, report.round_trips()), (200, 1), "{report}");
    let report = migrator.migrate_all(&db, Fleet::databases_of("fleet")).await.unwrap();
    assert_eq!((report.counts().up_to_date, report.round_trips()), (200, 3), "two to list them, one for all of them");
    let streamed = stream::iter(tenants(200).into_iter().map(Ok::<_, std::io::Error>));
    let report = migrator.migrate_all(&db, Fleet::stream(streamed)).await.unwrap();
    assert_eq!((report.counts().up_to_date, report.round_trips()), (200, 1));

    // What is not confirmed is read, and only that.
    let report = migrate_all(&migrator, &db, tenants(203)).await;
    assert_eq!((report.counts().up_to_date, report.counts().migrated), (200, 3));
    assert_eq!(report.round_trips(), 1 + 1 + 3 + 1, "ask, read, migrate each, and write the ids of the new databases");
}

/// A database that has no time for questions to the index about more than so many contexts.
struct Short {
    database: Surreal<Any>,
    most: usize,
}

impl migrate_runtime::Database for Short {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        let asked = variables.get("_migrate_asked_0").and_then(Value::as_array).map_or(0, Vec::len);
        if asked > self.most {
            return Err(QueryError::TimedOut("the question is too long".to_owned()));
        }
        migrate_runtime::Database::query(&self.database, text, variables).await
    }

    async fn version(&self) -> Result<Option<String>, QueryError> {
        migrate_runtime::Database::version(&self.database).await
    }
}

#[tokio::test]
async fn a_question_that_takes_too_long_is_asked_in_halves() {
    let db = engine().await;
    let _ = migrate_all(&indexed([schema()]), &db, tenants(20)).await;
    let short = Short { database: db.clone(), most: 5 };
    let report = indexed([schema()]).migrate_all(&short, Fleet::contexts(tenants(20))).await.unwrap();
    assert_eq!(report.counts().up_to_date, 20, "{report}");
    assert_eq!(report.round_trips(), 1 + 2 + 4, "20, 10 and 5 contexts a question");
    let status = indexed([schema()]).fleet_status(&short, Fleet::contexts(tenants(20)), Evidence::Index).await.unwrap();
    assert!(status.contexts.iter().all(|one| one.evidence == Evidence::Index), "no ledger is read for it: {status:?}");

    // It is written all the same, so that no older binary is told by it what is not so any more.
    let newer = module("app", &[V1, ("V2__b.surql", "-- migrate: allow(M303) nobody reads it\nREMOVE TABLE a;\n")]);
    let report = indexed([newer]).migrate_all(&short, Fleet::contexts(tenants(20))).await.unwrap();
    assert_eq!(report.counts().migrated, 20, "{report}");
    let older = migrate_all(&indexed([schema()]), &db, tenants(20)).await;
    assert_eq!(older.counts().refused(), 20, "{older}");
}

#[tokio::test]
async fn a_row_says_what_the_ledger_says() {
    let db = engine().await;
    let app = module("app", &[V1, V2]);
    assert_eq!(indexed([app]).migrate(&db, tenant(0)).await.outcome, Outcome::Migrated);
    let row = row(&db, &tenant(0)).await;
    assert_eq!((&row["namespace"], &row["database"]), (&json!("fleet"), &json!("tenant_000")));
    assert_eq!(row["modules"]["app"]["version"], 2);
    assert_eq!(row["modules"]["app"]["chain"], app.head().unwrap().to_string());
    assert!(row["database_id"].is_u64() && row["namespace_id"].is_u64() && row["updated_at"].is_string(), "{row}");
}

#[tokio::test]
async fn a_tenant_that_is_up_to_date_and_unknown_to_the_index_gets_its_row_in_a_batch() {
    let db = engine().await;
    let _ = migrate_all(&Migrator::new([schema()]).unwrap(), &db, tenants(100)).await;
    let migrator = indexed([schema()]);
    let report = migrate_all(&migrator, &db, tenants(100)).await;
    assert_eq!(report.counts().up_to_date, 100);
    assert_eq!(report.round_trips(), 2 + 2 + 2, "ask and define, read two batches, write two batches");
    assert_eq!(migrate_all(&migrator, &db, tenants(100)).await.round_trips(), 1);
}

#[tokio::test]
async fn tenants_may_each_have_a_namespace_of_their_own() {
    let db = engine().await;
    let contexts: Vec<_> = (0..5).map(|n| Context::new(format!("ns `{n}"), format!("db '{n}")).unwrap()).collect();
    let migrator = indexed([schema()]);
    assert_eq!(migrate_all(&migrator, &db, contexts.clone()).await.counts().migrated, 5);
    let report = migrate_all(&migrator, &db, contexts).await;
    assert_eq!((report.counts().up_to_date, report.round_trips()), (5, 1), "{report}");
}

#[tokio::test]
async fn a_database_that_was_removed_and_created_anew_is_not_confirmed() {
    let db = engine().await;
    let migrator = indexed([schema()]);
    let _ = migrate_all(&migrator, &db, tenants(3)).await;
    rows(
        &db,
        &system(),
        "USE NS fleet; REMOVE DATABASE tenant_001; DEFINE DATABASE tenant_001; REMOVE DATABASE tenant_002;",
    )
    .await;
    let report = migrate_all(&migrator, &db, tenants(3)).await;
    assert_eq!((report.counts().up_to_date, report.counts().migrated), (1, 2), "{report}");
    assert_eq!(ledger(&db, &tenant(1)).await.len(), 1);
    assert_eq!(migrate_all(&migrator, &db, tenants(3)).await.round_trips(), 1);
}

#[tokio::test]
async fn a_namespace_that_was_removed_and_created_anew_is_not_confirmed() {
    let db = engine().await;
    let migrator = indexed([schema()]);
    let _ = migrate_all(&migrator, &db, tenants(3)).await;
    rows(&db, &system(), "REMOVE NAMESPACE fleet; USE NS fleet DB tenant_000; USE NS fleet DB tenant_001;").await;
    assert_eq!(migrate_all(&migrator, &db, tenants(3)).await.counts().migrated, 3);
}

#[tokio::test]
async fn a_tenant_restored_from_a_backup_is_noticed_when_its_own_ledger_is_read() {
    let db = engine().await;
    let migrator = indexed([module("app", &[V1, V2])]);
    let _ = migrate_all(&migrator, &db, tenants(2)).await;
    // As if the database had been restored in place: V2 is gone, and the index says otherwise.
    rows(&db, &tenant(0), "REMOVE TABLE b; DELETE _migrations:['app', 2];").await;
    assert_eq!(migrate_all(&migrator, &db, tenants(2)).await.counts().up_to_date, 2, "a cache is only a cache");
    assert_eq!(migrator.migrate(&db, tenant(0)).await.outcome, Outcome::Migrated);
    assert_eq!(ledger(&db, &tenant(0)).await.len(), 2);
    assert_eq!(migrator.migrate(&db, tenant(1)).await.outcome, Outcome::UpToDate);
}

#[tokio::test]
async fn touching_one_tenant_reads_its_ledger_and_its_row_in_one_round_trip_and_puts_the_row_right() {
    let db = engine().await;
    let migrator = indexed([schema()]);
    let _ = migrate_all(&migrator, &db, tenants(1)).await;
    let watched = Faulty::new(&db, []);
    assert_eq!(migrator.migrate(&watched, tenant(0)).await.outcome, Outcome::UpToDate);
    assert_eq!(watched.texts().len(), 1);
    for wrong in ["UPDATE _migration_fleet SET modules = {};", "DELETE _migration_fleet;"] {
        rows(&db, &system(), wrong).await;
        assert_eq!(migrator.migrate(&db, tenant(0)).await.outcome, Outcome::UpToDate);
        assert_eq!(migrate_all(&migrator, &db, tenants(1)).await.round_trips(), 1, "{wrong}");
    }
}

#[tokio::test]
async fn an_older_binary_is_not_confirmed_by_what_a_newer_one_wrote_nor_does_it_spoil_it() {
    let db = engine().await;
    let (old, new) = (indexed([schema()]), indexed([module("app", &[V1, V2])]));
    let _ = migrate_all(&old, &db, tenants(4)).await;
    let _ = migrate_all(&new, &db, tenants(4)).await;
    rows(&db, &tenant(3), "UPDATE _migrations:['app', 2] SET breaking = true;").await;
    for _ in 0..2 {
        let report = migrate_all(&old, &db, tenants(4)).await;
        assert_eq!((report.counts().ahead, report.counts().incompatible), (3, 1), "{report}");
    }
    let report = migrate_all(&new, &db, tenants(4)).await;
    assert_eq!((report.counts().up_to_date, report.round_trips()), (4, 1), "{report}");
}

#[tokio::test]
async fn an_older_binary_is_never_confirmed_between_two_migrations_of_a_newer_one() {
    let db = engine().await;
    let old = indexed([schema()]);
    let _ = migrate_all(&old, &db, tenants(1)).await;
    // V2 is committed, and V3 falls: the row has to know of V2.
    let broken = ("V3__c.surql", "CREATE a:1;\n");
    let report = migrate_all(&indexed([module("app", &[V1, V2, broken])]), &db, tenants(1)).await;
    assert_eq!(report.counts().failed, 1);
    assert_eq!(row(&db, &tenant(0)).await["modules"]["app"]["version"], 2);
    assert_eq!(migrate_all(&old, &db, tenants(1)).await.counts().ahead, 1);
}

#[tokio::test]
async fn binaries_with_other_modules_share_one_index() {
    let db = engine().await;
    let (app, auth) = (schema(), module("auth", &[AUTH]));
    let (one, both) = (indexed([app]), indexed([app, auth]));
    let _ = migrate_all(&one, &db, tenants(2)).await;
    assert_eq!(migrate_all(&both, &db, tenants(2)).await.counts().migrated, 2, "auth was not confirmed");
    for migrator in [&one, &both] {
        let report = migrate_all(migrator, &db, tenants(2)).await;
        assert_eq!((report.counts().up_to_date, report.round_trips()), (2, 1), "{report}");
    }
    let without_migrations: &'static Migrations = Box::leak(Box::new(Migrations::__new("empty", &[])));
    assert_eq!(migrate_all(&indexed([app, without_migrations]), &db, tenants(2)).await.round_trips(), 1);
}

#[tokio::test]
async fn what_is_not_as_recorded_is_not_confirmed_once_it_was_read() {
    let db = engine().await;
    let migrator = indexed([module("app", &[V1, V2])]);
    let sum = format!("sha256:{}", "0".repeat(64));
    let tampered = [
        ("divergent", format!("UPDATE _migrations:['app', 1] SET checksum = '{sum}';")),
        ("missing", "DELETE _migrations:['app', 1];".to_owned()),
        ("stuck", "UPDATE _migrations:['app', 2] SET status = 'started';".to_owned()),
    ];
    for (n, (kind, text)) in tampered.into_iter().enumerate() {
        let _ = migrate_all(&migrator, &db, vec![tenant(n)]).await;
        rows(&db, &tenant(n), &text).await;
        let touched = migrator.migrate(&db, tenant(n)).await;
        assert_eq!(touched.refusal().map(Refusal::kind), Some(kind));
        let report = migrate_all(&migrator, &db, vec![tenant(n)]).await;
        assert_eq!(report.contexts()[0].refusal().map(Refusal::kind), Some(kind), "the row was written anew");
    }
}

#[tokio::test]
async fn the_row_and_the_ledger_are_written_together_or_not_at_all() {
    let db = engine().await;
    let schema = module("app", &[V1, V2]);
    // Asked, defined, and read; then the script that applies is lost before or after it is committed.
    for (n, fault) in [Fault::LostAfter, Fault::LostBefore, Fault::Conflict].into_iter().enumerate() {
        let faulty = Faulty::new(&db, [Fault::Pass, Fault::Pass, fault.clone()]);
        let migrator = indexed([schema]).attempts(1);
        let tables = rows(&db, &system(), "INFO FOR DB;").await["tables"].as_object().unwrap().len();
        let faulty =
            if tables == 0 { Faulty::new(&db, [Fault::Pass, Fault::Pass, Fault::Pass, fault]) } else { faulty };
        let _ = migrator.migrate_all(&faulty, Fleet::contexts([tenant(n)])).await.unwrap();
        let ledger = rows(&db, &tenant(n), "RETURN (INFO FOR DB).tables._migrations;").await;
        let row = rows(
            &db,
            &system(),
            &format!("SELECT VALUE modules.app.version FROM _migration_fleet:['fleet', 'tenant_{n:03}'];"),
        )
        .await;
        let expected = if ledger.is_null() { json!([]) } else { json!([2]) };
        assert_eq!(row, expected, "{ledger}");
        assert!(migrate_all(&indexed([schema]), &db, vec![tenant(n)]).await.all_served());
    }
}

/// Migrates under these faults, with an older and a newer binary in turns, and holds the index against the ledgers.
async fn migrate_under(schemas: [&'static Migrations; 2], faults: Vec<Fault>) {
    let db = engine().await;
    for (turn, some) in faults.chunks(5).enumerate() {
        let database = Faulty::new(&db, some.to_vec());
        let migrator = indexed([schemas[turn % 2]]).attempts(2);
        let _ = migrator.migrate_all(&database, Fleet::contexts(tenants(2))).await.unwrap();
        for schema in schemas {
            let verification = indexed([schema]).verify(&db, Fleet::contexts(tenants(2))).await.unwrap();
            let wrong = |finding: &&Finding| matches!(finding.index, IndexFinding::Wrong { .. });
            assert_eq!(verification.findings.iter().find(wrong), None, "turn {turn} of {faults:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_lost_on_the_way_the_index_never_says_more_than_the_ledger(
        faults in prop::collection::vec(
            prop_oneof![2 => Just(Fault::Pass), 1 => Just(Fault::LostBefore), 1 => Just(Fault::LostAfter), 1 => Just(Fault::Conflict)],
            1..15,
        )
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(migrate_under([schema(), module("app", &[V1, V2])], faults));
    }
}

#[tokio::test]
async fn while_the_index_has_not_answered_nothing_is_applied_without_it() {
    let db = engine().await;
    let (old, new) = (indexed([schema()]), indexed([module("app", &[V1, V2])]).attempts(2));
    let _ = migrate_all(&old, &db, tenants(1)).await;
    // The index is asked twice in vain; the ledger is read, and the migration goes on.
    let faulty = Faulty::new(&db, [Fault::LostBefore, Fault::LostBefore]);
    let report = new.migrate_all(&faulty, Fleet::contexts(tenants(1))).await.unwrap();
    assert_eq!(report.counts().migrated, 1, "{report}");
    assert_eq!(migrate_all(&old, &db, tenants(1)).await.counts().ahead, 1, "the older binary is not confirmed");
}

#[tokio::test]
async fn a_database_that_is_down_costs_one_deadline_with_an_index_too() {
    let db = engine().await;
    let faulty = Faulty::always(&db, Fault::LostBefore);
    let migrator = indexed([schema()]).deadline(Duration::from_millis(200)).concurrency(2).probe_batch(2);
    let report = migrator.migrate_all(&faulty, Fleet::contexts(tenants(200))).await.unwrap();
    assert_eq!(report.counts().failed, 200);
    // The index is asked for a deadline, some ten times, and each of the 100 batches once.
    assert!((101..200).contains(&report.round_trips()), "{}", report.round_trips());
}

async fn guarded() -> Surreal<Any> {
    let root = Root { username: "root".to_owned(), password: "root".to_owned() };
    let config = surrealdb::opt::Config::new().user(root.clone());
    let db = surrealdb::engine::any::connect(("mem://", config)).await.unwrap();
    db.signin(root).await.unwrap();
    db
}

/// A migrator that counts how often it is told that the index cannot be used.
fn told(schema: &'static Migrations, index: Context) -> (Migrator, Arc<AtomicUsize>, Arc<Mutex<String>>) {
    let (times, reasons) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(String::new())));
    let (counted, written) = (Arc::clone(&times), Arc::clone(&reasons));
    let migrator = Migrator::new([schema]).unwrap().index(index).observer(move |event: &Event<'_>| {
        if let Event::IndexUnusable { reason, .. } = event {
            counted.fetch_add(1, Ordering::SeqCst);
            written.lock().unwrap().push_str(reason);
        }
    });
    (migrator, times, reasons)
}

#[tokio::test]
async fn a_user_whose_rights_do_not_reach_the_index_migrates_without_it_and_is_told_once() {
    let root = guarded().await;
    rows(&root, &tenant(0), "DEFINE USER editor ON DATABASE PASSWORD 'pw' ROLES OWNER;").await;
    let user = root.clone();
    let credentials = Database {
        namespace: "fleet".to_owned(),
        database: "tenant_000".to_owned(),
        username: "editor".to_owned(),
        password: "pw".to_owned(),
    };
    user.signin(credentials).await.unwrap();
    let (migrator, times, reasons) = told(schema(), system());
    let report = migrate_all(&migrator, &user, tenants(1)).await;
    assert_eq!(report.counts().migrated, 1, "{report}");
    assert_eq!(migrator.migrate(&user, tenant(0)).await.outcome, Outcome::UpToDate);
    assert_eq!(migrate_all(&migrator, &user, tenants(1)).await.counts().up_to_date, 1);
    assert_eq!(times.load(Ordering::SeqCst), 1, "{}", reasons.lock().unwrap());
    let info = rows(&root, &tenant(0), "INFO FOR DB;").await;
    assert!(info["tables"].get("_migration_fleet").is_none(), "nothing was written in the tenant instead");
    let mut info = root.query("INFO FOR ROOT;").await.unwrap();
    let info = info.take::<surrealdb::types::Value>(0).unwrap().into_json_value();
    assert!(info["namespaces"].get("ops").is_none());
}

#[tokio::test]
async fn an_index_that_refuses_a_row_keeps_no_tenant_from_its_migration() {
    let root = guarded().await;
    let _ = migrate_all(&indexed([schema()]), &root, tenants(2)).await;
    // Somebody made the table into one of their own: what is written to it is refused.
    rows(&root, &system(), "DEFINE FIELD owner ON _migration_fleet TYPE string;").await;
    let (migrator, times, _) = told(module("app", &[V1, V2]), system());
    let report = migrate_all(&migrator, &root, tenants(2)).await;
    assert_eq!(report.counts().migrated, 2, "{report}");
    assert_eq!(times.load(Ordering::SeqCst), 1);
    for n in 0..2 {
        assert_eq!(ledger(&root, &tenant(n)).await.len(), 2);
    }
}

#[tokio::test]
async fn a_user_of_one_namespace_shares_an_index_in_it_with_root() {
    let root = guarded().await;
    let index = Context::new("fleet", "_system").unwrap();
    rows(&root, &index, "DEFINE USER owner ON NAMESPACE PASSWORD 'pw' ROLES OWNER;").await;
    let user = root.clone();
    let credentials =
        Namespace { namespace: "fleet".to_owned(), username: "owner".to_owned(), password: "pw".to_owned() };
    user.signin(credentials).await.unwrap();
    let migrator = Migrator::new([schema()]).unwrap().index(index);
    assert_eq!(migrate_all(&migrator, &user, tenants(3)).await.counts().migrated, 3);
    for db in [&user, &root] {
        let report = migrate_all(&migrator, db, tenants(3)).await;
        assert_eq!((report.counts().up_to_date, report.round_trips()), (3, 1), "{report}");
    }
    let report = migrator.migrate_all(&root, Fleet::databases_of("fleet")).await.unwrap();
    assert_eq!(report.counts().contexts, 3, "the context of the index is no tenant");
}

#[tokio::test]
async fn a_use_that_is_refused_never_lets_a_row_land_somewhere_else() {
    let db = engine().await;
    let home = Context::new("home", "home").unwrap();
    rows(&db, &home, "CREATE marker:1;").await;
    let _ = migrate_all(&indexed([schema()]), &db, tenants(1)).await;
    let faulty = Faulty::always(&db, Fault::UseRefused);
    let migrator = indexed([module("app", &[V1, V2])]);
    let report = migrator.migrate_all(&faulty, Fleet::contexts(tenants(2))).await.unwrap();
    assert_eq!(report.counts().failed, 2, "{report}");
    let info = rows(&db, &home, "INFO FOR DB;").await;
    assert_eq!(info["tables"].as_object().unwrap().keys().collect::<Vec<_>>(), ["marker"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_race_share_the_index() {
    let db = engine().await;
    let schema = module("app", &[V1, V2]);
    let race = (0..4).map(|_| {
        let db = db.clone();
        tokio::spawn(async move { migrate_all(&indexed([schema]), &db, tenants(20)).await })
    });
    let mut applied = 0;
    for replica in race.collect::<Vec<_>>() {
        let report = replica.await.unwrap();
        assert!(report.all_served(), "{report}");
        applied += report.contexts().iter().map(|context| context.applied.len()).sum::<usize>();
    }
    assert_eq!(applied, 20 * 2);
    let migrator = indexed([schema]);
    let _ = migrate_all(&migrator, &db, tenants(20)).await;
    assert_eq!(migrate_all(&migrator, &db, tenants(20)).await.round_trips(), 1);
}
