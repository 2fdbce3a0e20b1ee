//! Migrations that are moved from one module to another after they were shipped.

use std::fs;
use std::time::Duration;

use migrate_build::{Folder, Options, load};
use migrate_core::Catalog;
use migrate_runtime::{
    Context, ContextReport, DriftOptions, DriftState, Evidence, Fleet, Migrations, Migrator, Outcome, Refusal,
    UndoError, UndoObstacle, UndoTarget, Version,
};
use migrate_tests::{Fault, Faulty, engine, ledger, live_catalog, log, module, rows};
use serde_json::{Value, json};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

async fn migrate<const N: usize>(db: &Surreal<Any>, modules: [&'static Migrations; N]) -> ContextReport {
    Migrator::new(modules).unwrap().migrate(db, tenant()).await
}

/// What is moved writes a row each time that it runs.
const SESSIONS: &str = "DEFINE TABLE session SCHEMALESS;\nCREATE effect SET of = 'session';\n";
const AUTH: [(&str, &str); 5] = [
    ("V1__users.surql", "DEFINE TABLE user SCHEMALESS;\nDEFINE TABLE effect SCHEMALESS;\n"),
    ("V2__mail.surql", "DEFINE FIELD mail ON user TYPE option<string>;\n"),
    ("V3__sessions.surql", SESSIONS),
    ("V4__role.surql", "DEFINE TABLE role SCHEMALESS;\n"),
    ("V5__name.surql", "DEFINE FIELD name ON user TYPE option<string>;\n"),
];

/// The module as it was, up to a version.
fn old(last: usize) -> &'static Migrations {
    module("auth", &AUTH[..last])
}

fn lockfile(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in files {
        fs::write(dir.path().join(file), text).unwrap();
    }
    load(&Folder::new(dir.path()), &Options::new("auth")).unwrap().lockfile()
}

/// The module that gave V3 away, up to a version.
fn auth(last: usize) -> &'static Migrations {
    given(&AUTH[..last])
}

fn given(files: &[(&str, &str)]) -> &'static Migrations {
    let lock = lockfile(files);
    let manifest = [("migrations.toml", "[moved]\n3 = { to = \"sessions\", version = 1 }\n")];
    module("auth", &[&manifest, &files[..2], &files[3..], &[("migrations.lock", lock.as_str())]].concat())
}

const MANIFEST: (&str, &str) = ("migrations.toml", "[moved]\n1 = { from = \"auth\", version = 3 }\n");
const SEEN: (&str, &str) = ("V2__seen.surql", "DEFINE FIELD seen ON session TYPE option<datetime>;\n");

/// The module that has it now, up to a version.
fn sessions(last: usize) -> &'static Migrations {
    let breaking = ("V3__drop.surql", "-- migrate: allow(M303) nobody reads it\nREMOVE TABLE session;\n");
    let files = [("V1__sessions.surql", SESSIONS), SEEN, breaking];
    module("sessions", &[&[MANIFEST], &files[..last]].concat())
}

async fn effects(db: &Surreal<Any>) -> Value {
    rows(db, &tenant(), "SELECT VALUE of FROM effect;").await
}

async fn catalog(db: &Surreal<Any>) -> Catalog {
    db.use_ns("acme").use_db("eu-1").await.unwrap();
    let live = live_catalog(db).await.unwrap();
    let is_ours = |name: &str| name.starts_with("_migration");
    let users = live.iter().filter(|(object, _)| !is_ours(object.table().unwrap_or(object.name())));
    users.map(|(object, definition)| (object.clone(), definition.to_owned())).collect()
}

async fn events(db: &Surreal<Any>) -> Vec<String> {
    let log = log(db, &tenant()).await;
    let name = |row: &Value| {
        format!("{} {}{}", row["event"].as_str().unwrap(), row["module"].as_str().unwrap(), row["version"])
    };
    let mut events: Vec<_> = log.iter().filter(|row| row["event"] != "applied").map(name).collect();
    events.sort_unstable();
    events
}

async fn row(db: &Surreal<Any>, module: &str, version: u64) -> Value {
    let rows = ledger(db, &tenant()).await;
    rows.into_iter().find(|row| row["module"] == module && row["version"] == version).unwrap_or(Value::Null)
}

#[tokio::test]
async fn a_database_that_has_it_gets_its_row_and_nothing_is_run() {
    let db = engine().await;
    assert!(migrate(&db, [old(4)]).await.is_served());
    let before = row(&db, "auth", 3).await;
    assert!(before["down"].is_object() || before["down"].is_null());
    for round in 0..2 {
        let report = migrate(&db, [auth(4), sessions(1)]).await;
        let expected = if round == 0 { Outcome::Migrated } else { Outcome::UpToDate };
        assert_eq!((&report.outcome, report.applied.len()), (&expected, 0), "{report:?}");
    }
    assert_eq!(effects(&db).await, json!(["session"]));
    assert_eq!(events(&db).await, ["moved_here sessions1"]);
    let (here, there) = (row(&db, "sessions", 1).await, row(&db, "auth", 3).await);
    for field in ["checksum", "applied_at", "duration", "applied_by", "status"] {
        assert_eq!(here[field], before[field], "{field}");
    }
    for field in ["checksum", "chain", "applied_at", "status", "name", "file"] {
        assert_eq!(there[field], before[field], "{field}: older binaries find what they know");
    }
    assert_eq!(here["chain"], sessions(1).head().unwrap().to_string());
    assert_eq!(migrate(&db, [old(4)]).await.outcome, Outcome::UpToDate);
    assert_eq!(migrate(&db, [auth(5), sessions(2)]).await.applied.len(), 2, "both go on");
    assert!(matches!(migrate(&db, [old(4)]).await.outcome, Outcome::Ahead(_)), "neither breaks it");
    assert_eq!(migrate(&db, [old(5)]).await.outcome, Outcome::UpToDate, "nor is the chain another one");
}

#[tokio::test]
async fn a_fresh_database_gets_it_once_and_older_binaries_find_what_they_expect() {
    for modules in [[auth(5), sessions(2)], [sessions(2), auth(5)]] {
        let db = engine().await;
        let report = migrate(&db, modules).await;
        let applied: Vec<_> = report.applied.iter().map(|one| format!("{}{}", one.module, one.version)).collect();
        assert_eq!((&report.outcome, applied.len()), (&Outcome::Migrated, 6), "{report:?}");
        assert!(!applied.contains(&"auth3".to_owned()), "it is applied where it is now: {applied:?}");
        assert_eq!(effects(&db).await, json!(["session"]));
        assert_eq!(events(&db).await, ["moved_away auth3"]);
        assert_eq!(migrate(&db, modules).await.outcome, Outcome::UpToDate);
        let (here, there) = (row(&db, "sessions", 1).await, row(&db, "auth", 3).await);
        assert_eq!((&here["checksum"], &there["statements"]), (&there["checksum"], &json!(0)));
        assert_eq!(there["down"], Value::Null, "who has it can undo it");
        assert_eq!(migrate(&db, [old(5)]).await.outcome, Outcome::UpToDate);
        assert!(matches!(migrate(&db, [old(2)]).await.outcome, Outcome::Ahead(_)));
        assert_eq!(effects(&db).await, json!(["session"]));

        let mut expected = auth(5).catalog_at(None);
        for (object, definition) in sessions(2).catalog_at(None).iter() {
            assert!(expected.define(object.clone(), definition).is_none(), "{object} has one owner");
        }
        assert_eq!(catalog(&db).await, expected);
    }
}

#[tokio::test]
async fn a_database_from_before_it_is_brought_on() {
    let db = engine().await;
    assert!(migrate(&db, [old(2)]).await.is_served());
    let report = migrate(&db, [sessions(2), auth(5)]).await;
    let applied: Vec<_> = report.applied.iter().map(|one| format!("{}{}", one.module, one.version)).collect();
    assert_eq!(applied, ["sessions1", "sessions2", "auth4", "auth5"]);
    assert_eq!(migrate(&db, [old(5)]).await.outcome, Outcome::UpToDate);
    assert_eq!(effects(&db).await, json!(["session"]));
}

#[tokio::test]
async fn a_later_migration_of_the_giver_may_still_need_it() {
    let late = ("V4__ip.surql", "DEFINE FIELD ip ON session TYPE option<string>;\n");
    let files = [&AUTH[..3], &[late]].concat();
    let db = engine().await;
    let report = migrate(&db, [sessions(2), given(&files)]).await;
    assert_eq!(report.outcome, Outcome::Migrated, "{report:?}");
    assert_eq!(migrate(&db, [module("auth", &files)]).await.outcome, Outcome::UpToDate);
    assert_eq!(effects(&db).await, json!(["session"]));
}

#[tokio::test]
async fn replicas_of_before_and_behind_the_move_apply_it_once() {
    for round in 0..8 {
        let db = engine().await;
        assert!(migrate(&db, [old(2)]).await.is_served());
        let (old, new) = (old(4), [auth(4), sessions(2)]);
        let runs: Vec<_> = (0..6)
            .map(|at| {
                let db = db.clone();
                let modules = if (at + round) % 2 == 0 { vec![old] } else { new.to_vec() };
                tokio::spawn(async move { Migrator::new(modules).unwrap().migrate(&db, tenant()).await })
            })
            .collect();
        for run in runs {
            let report = run.await.unwrap();
            let is_fine = report.is_served() || matches!(report.refusal(), Some(Refusal::MovedAway { .. }));
            assert!(is_fine, "{report:?}");
        }
        assert_eq!(effects(&db).await, json!(["session"]), "it ran once");
        assert_eq!(migrate(&db, new).await.outcome, Outcome::UpToDate);
        assert_eq!(migrate(&db, [old]).await.outcome, Outcome::UpToDate);
    }
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_the_ledger() {
    for is_applied in [true, false] {
        for at in 1..4 {
            for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
                let db = engine().await;
                assert!(migrate(&db, [old(if is_applied { 4 } else { 2 })]).await.is_served());
                let faults = std::iter::repeat_n(Fault::Pass, at).chain([fault.clone()]);
                let migrator = Migrator::new([auth(4), sessions(2)]).unwrap();
                let report = migrator.migrate(&Faulty::new(db.clone(), faults), tenant()).await;
                assert!(report.is_served(), "{fault:?} at {at}: {report:?}");
                assert_eq!(migrate(&db, [auth(4), sessions(2)]).await.outcome, Outcome::UpToDate);
                assert_eq!(effects(&db).await, json!(["session"]));
                let moved = if is_applied { "moved_here sessions1" } else { "moved_away auth3" };
                assert_eq!(events(&db).await, [moved], "{fault:?} at {at}");
            }
        }
    }
}

#[tokio::test]
async fn the_one_that_has_it_now_needs_the_other_one_no_more() {
    let db = engine().await;
    assert!(migrate(&db, [old(4)]).await.is_served());
    let report = migrate(&db, [sessions(2)]).await;
    assert_eq!((&report.outcome, report.applied.len()), (&Outcome::Migrated, 1), "{report:?}");
    assert_eq!(effects(&db).await, json!(["session"]));
    assert_eq!(migrate(&db, [old(4)]).await.outcome, Outcome::UpToDate);

    let base = module("base", &[("V1__effect.surql", "DEFINE TABLE effect SCHEMALESS;\n")]);
    let db = engine().await;
    assert!(migrate(&db, [base, sessions(2)]).await.is_served());
    assert!(migrate(&db, [base, sessions(2)]).await.strangers.is_empty());
    // Whoever would run it as the other module's finds that it is not to.
    let refused = migrate(&db, [old(3)]).await;
    assert_eq!(
        refused.refusal().unwrap().to_string(),
        "V3 of auth is part of the module sessions in this database: run a binary that knows it there"
    );
    assert_eq!(effects(&db).await, json!(["session"]));
    // And the other one may join it, at any version.
    let files = [&[("V1__users.surql", "DEFINE TABLE user SCHEMALESS;\n")], &AUTH[1..]].concat();
    let before = migrate(&db, [module("auth", &files[..2]), base]).await;
    assert!(before.is_served(), "{before:?}");
    let joined = migrate(&db, [given(&files), sessions(2), base]).await;
    assert_eq!(joined.outcome, Outcome::Migrated, "{joined:?}");
    assert_eq!(migrate(&db, [module("auth", &files), base]).await.outcome, Outcome::UpToDate);
    assert_eq!(effects(&db).await, json!(["session"]));
}

#[tokio::test]
async fn what_breaks_those_who_know_it_at_its_old_place_keeps_them_out() {
    let (index, new) = (Context::new("ops", "system").unwrap(), [auth(4), sessions(3)]);
    for first in [4, 2, 0] {
        let db = engine().await;
        if first > 0 {
            assert!(migrate(&db, [old(first)]).await.is_served());
        }
        let migrator = Migrator::new(new).unwrap().index(index.clone());
        assert!(migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap().all_served());
        let refused = migrate(&db, [old(4)]).await;
        assert!(matches!(refused.refusal(), Some(Refusal::MovedAway { .. })), "{first}: {refused:?}");
        let refused = migrate(&db, [auth(4), sessions(2)]).await;
        assert!(matches!(refused.refusal(), Some(Refusal::Incompatible { .. })), "{first}: {refused:?}");
        assert!(matches!(migrate(&db, [old(2)]).await.outcome, Outcome::Ahead(_)), "{first}: it never had it");
        assert_eq!(migrate(&db, new).await.outcome, Outcome::UpToDate);
        assert_eq!(migrate(&db, [auth(5), sessions(3)]).await.applied.len(), 1, "the chain goes on behind it");
        let again = Migrator::new([auth(5), sessions(3)]).unwrap().index(index.clone());
        assert!(again.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap().all_served());
        let report = again.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
        assert_eq!(report.contexts()[0].evidence, Evidence::Index, "{first}: {report}");
    }
}

#[tokio::test]
async fn the_fleet_index_confirms_what_changed_hands() {
    for first in [4, 2] {
        let db = engine().await;
        let fleet = || Fleet::contexts([tenant()]);
        let index = || Context::new("ops", "system").unwrap();
        let before = Migrator::new([old(first)]).unwrap().index(index());
        assert!(before.migrate_all(&db, fleet()).await.unwrap().all_served());
        let migrator = Migrator::new([auth(4), sessions(2)]).unwrap().index(index());
        for evidence in [Evidence::Ledger, Evidence::Index] {
            let report = migrator.migrate_all(&db, fleet()).await.unwrap();
            assert_eq!(report.contexts()[0].evidence, evidence, "{report}");
        }
        let verified = migrator.verify(&db, fleet()).await.unwrap();
        assert!(verified.findings.is_empty(), "{verified}");
    }
}

#[tokio::test]
async fn a_stepwise_one_is_claimed_when_it_is_begun() {
    let slow = "-- migrate: stepwise\nDEFINE TABLE session SCHEMALESS;\nCREATE effect SET of = 'session';\n";
    let files = [&AUTH[..2], &[("V3__sessions.surql", slow)], &AUTH[3..4]].concat();
    let (before, new) =
        (module("auth", &files), [given(&files), module("sessions", &[MANIFEST, ("V1__sessions.surql", slow)])]);
    let dying = |db: &Surreal<Any>| {
        Faulty::new(db.clone(), [Fault::Pass, Fault::Pass, Fault::Pass, Fault::Pass, Fault::StopBefore])
    };
    let wait = Duration::from_secs(2);

    let db = engine().await;
    assert!(migrate(&db, [old(2)]).await.is_served());
    let migrator = Migrator::new(new).unwrap().lease(Duration::from_millis(300));
    assert!(tokio::time::timeout(wait, migrator.migrate(&dying(&db), tenant())).await.is_err());
    let refused = migrate(&db, [before]).await;
    assert!(matches!(refused.refusal(), Some(Refusal::MovedAway { .. })), "nobody else goes on with it: {refused:?}");
    assert!(migrate(&db, new).await.is_served());
    assert_eq!(migrate(&db, new).await.outcome, Outcome::UpToDate);
    assert_eq!(migrate(&db, [before]).await.outcome, Outcome::UpToDate);
    assert_eq!(effects(&db).await, json!(["session"]));

    // Begun at its old place, it is brought to its end there.
    let db = engine().await;
    assert!(migrate(&db, [old(2)]).await.is_served());
    let migrator = Migrator::new([before]).unwrap().lease(Duration::from_millis(300));
    assert!(tokio::time::timeout(wait, migrator.migrate(&dying(&db), tenant())).await.is_err());
    for modules in [new.to_vec(), vec![new[1]]] {
        let refused = Migrator::new(modules).unwrap().migrate(&db, tenant()).await;
        assert_eq!(
            refused.refusal().unwrap().to_string(),
            "V3 of auth is begun in this database and not done, and part of the module sessions in this binary: let one \
             that still has it in auth bring it to its end"
        );
    }
    assert!(migrate(&db, [before]).await.is_served());
    assert!(migrate(&db, new).await.is_served());
    assert_eq!(effects(&db).await, json!(["session"]));
}

#[tokio::test]
async fn a_text_that_was_corrected_before_it_moved_is_known_at_its_new_place() {
    let shipped = "DEFINE TABLE session SCHEMALESS;\nCREATE effect SET of = 'sesion';\n";
    let db = engine().await;
    let files = [&AUTH[..2], &[("V3__sessions.surql", shipped)], &AUTH[3..4]].concat();
    assert!(migrate(&db, [module("auth", &files)]).await.is_served());
    let accepts = |version| {
        let checksum = migrate_build::checksum(shipped);
        format!("[accepts]\n{version} = {{ checksums = [\"{checksum}\"], reason = \"a word was misspelt\" }}\n")
    };
    let lock = lockfile(&AUTH[..4]);
    let auth = |accepts: &str| {
        let manifest = format!("[moved]\n3 = {{ to = \"sessions\", version = 1 }}\n{accepts}");
        let manifest = [("migrations.toml", manifest.as_str()), ("migrations.lock", lock.as_str())];
        module("auth", &[&manifest, &AUTH[..2], &AUTH[3..4]].concat())
    };
    let sessions = |accepts: &str| {
        let manifest = format!("{}{accepts}", MANIFEST.1);
        module("sessions", &[("migrations.toml", manifest.as_str()), ("V1__sessions.surql", SESSIONS)])
    };
    for modules in [[auth(""), sessions(&accepts(1))], [auth(&accepts(3)), sessions("")]] {
        let refused = migrate(&db, modules).await;
        let Some(Refusal::Divergent { module, version, .. }) = refused.refusal() else { panic!("{refused:?}") };
        assert_eq!((module.as_str(), version.get()), ("auth", 3));
    }
    let modules = [auth(&accepts(3)), sessions(&accepts(1))];
    assert_eq!(migrate(&db, modules).await.outcome, Outcome::Migrated);
    assert_eq!(migrate(&db, modules).await.outcome, Outcome::UpToDate);
    assert_eq!(effects(&db).await, json!(["sesion"]));
    assert_eq!(row(&db, "sessions", 1).await["checksum"], migrate_build::checksum(shipped).to_string());
}

#[tokio::test]
async fn what_was_moved_is_not_undone_under_one_of_its_names() {
    let db = engine().await;
    assert!(migrate(&db, [old(3)]).await.is_served());
    assert!(migrate(&db, [auth(3), sessions(2)]).await.is_served());
    let plan = |modules: Vec<&'static Migrations>, target: UndoTarget| {
        let db = db.clone();
        async move { Migrator::new(modules).unwrap().plan_undo(&db, &tenant(), target).await }
    };
    let before_the_move = plan(vec![old(3)], UndoTarget::version("auth", Version::new(2).unwrap())).await;
    let receiver_alone = plan(vec![sessions(2)], UndoTarget::module("sessions")).await;
    let both = plan(vec![auth(3), sessions(2)], UndoTarget::module("sessions")).await;
    for refused in [before_the_move, receiver_alone, both] {
        let Err(UndoError::Impossible { obstacles, .. }) = refused else { panic!("{refused:?}") };
        let is_shared = |one: &UndoObstacle| matches!(one, UndoObstacle::Shared { .. });
        assert!(obstacles.iter().any(is_shared), "{obstacles:?}");
    }
    // What was written since the move goes as ever.
    let later = plan(vec![sessions(2)], UndoTarget::version("sessions", Version::FIRST)).await.unwrap();
    assert_eq!(later.steps().len(), 1, "{later}");
}

#[tokio::test]
async fn what_waits_to_change_hands_is_no_drift() {
    let db = engine().await;
    assert!(migrate(&db, [old(3)]).await.is_served());
    let migrator = Migrator::new([auth(3), sessions(1)]).unwrap();
    let report = migrator.drift(&db, Fleet::contexts([tenant()]), &DriftOptions::new()).await.unwrap();
    assert_eq!(report.get(&tenant()).unwrap().state, DriftState::InSync, "{report}");
    assert_eq!(report.pending(), 1, "it is still to be recorded");
}
