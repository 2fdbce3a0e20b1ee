//! Phased migrations of modules that have another name by now, that changed hands, and that stand beside each other.

use std::fs;

use migrate_build::{Folder, Options, load};
use migrate_runtime::{Concluded, DriftOptions, Fleet, Move, Outcome, Refusal};
use migrate_tests::{Mortal, engine, ledger};
use serde_json::json;

use super::*;

async fn die(db: &Surreal<Any>, schema: &'static Migrations, wanted: Move, transactions: usize) {
    let (mortal, operator, context) = (Mortal::new(db, transactions), migrator(schema), tenant());
    let done = mortal.live(async {
        match wanted {
            Move::Start => drop(operator.migrate(&mortal, tenant()).await),
            Move::Complete => drop(operator.complete(&mortal, &context, schema.module(), second()).await),
            Move::Rollback => drop(operator.rollback(&mortal, &context, schema.module(), second()).await),
        }
    });
    assert!(done.await.is_none(), "it dies");
}

/// The module under another name.
fn renamed() -> &'static Migrations {
    module("crm", &[("migrations.toml", "formerly = \"app\"\n"), BEFORE, RENAME, AFTER])
}

async fn in_sync<const N: usize>(db: &Surreal<Any>, modules: [&'static Migrations; N]) {
    let report = Migrator::new(modules).unwrap().drift(db, Fleet::contexts([tenant()]), &DriftOptions::new()).await;
    let report = report.unwrap();
    assert_eq!(report.in_sync(), 1, "{report}");
}

#[tokio::test]
async fn what_was_begun_under_a_former_name_is_known_and_gone_on_with_under_the_new_one() {
    for (begun, wanted) in [
        (PhasedState::Starting, Move::Start),
        (PhasedState::ReadyToComplete, Move::Complete),
        (PhasedState::ReadyToComplete, Move::Rollback),
        (PhasedState::Completing, Move::Complete),
        (PhasedState::RollingBack, Move::Rollback),
    ] {
        let hint = format!("{wanted:?} of what is {begun}");
        let db = engine().await;
        with_users(&db).await;
        match begun {
            PhasedState::Starting => die(&db, new(), Move::Start, 2).await,
            _ => assert!(migrator(new()).migrate(&db, tenant()).await.is_served()),
        }
        match begun {
            PhasedState::Completing => die(&db, new(), Move::Complete, 2).await,
            PhasedState::RollingBack => die(&db, new(), Move::Rollback, 2).await,
            _ => {}
        }
        let (operator, context) = (migrator(renamed()), tenant());
        let status = operator.phased_status(&db, &context, "crm", second()).await.unwrap();
        assert_eq!(status.state, begun, "{hint}: before anybody has taken it over");
        in_sync(&db, [renamed()]).await;
        let moved = match wanted {
            Move::Start => {
                assert!(operator.migrate(&db, tenant()).await.is_served(), "{hint}");
                operator.phased_status(&db, &context, "crm", second()).await
            }
            Move::Complete => operator.complete(&db, &context, "crm", second()).await,
            Move::Rollback => operator.rollback(&db, &context, "crm", second()).await,
        };
        let status = moved.unwrap_or_else(|error| panic!("{hint}: {error}"));
        let expected = match wanted {
            Move::Start => PhasedState::ReadyToComplete,
            Move::Complete => PhasedState::Applied,
            Move::Rollback => PhasedState::RolledBack,
        };
        assert_eq!(status.state, expected, "{hint}");
        assert!(status.done.iter().any(|step| step.id == "add"), "{hint}: the steps of before are still on record");
        in_sync(&db, [renamed()]).await;
        // Who knows it by its former name goes on, as long as it knows nothing of the migration and that breaks nothing.
        let report = migrator(old()).migrate(&db, tenant()).await;
        if wanted == Move::Complete {
            assert!(matches!(report.refusal(), Some(Refusal::Incompatible { .. })), "{hint}: {report:?}");
            assert_eq!(operator.migrate(&db, tenant()).await.applied.len(), 1, "{hint}: V3 has waited");
        } else {
            assert!(matches!(report.outcome, Outcome::Ahead(_)), "{hint}: {report:?}");
            rows(&db, &tenant(), "CREATE user SET name = 'an older binary';").await;
        }
        let stuck = migrator(new()).migrate(&db, tenant()).await;
        assert!(!stuck.is_served(), "{hint}: nobody goes on with it under the former name: {stuck:?}");
    }
}

#[tokio::test]
async fn a_repair_finds_what_is_recorded_under_a_former_name() {
    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "UPDATE _migrations:['app', 2] SET status = 'started', cursor = 1, steps.fill = NONE;").await;
    let (operator, context) = (migrator(renamed()), tenant());
    let repair = operator.repair(&db, &context, "crm", second()).await.unwrap();
    assert_eq!(repair.concluded, Concluded::NotRun { state: PhasedState::StartFailed, step: "fill".to_owned() });
    assert!(operator.migrate(&db, tenant()).await.is_served());
    let status = operator.phased_status(&db, &context, "crm", second()).await.unwrap();
    assert_eq!(status.state, PhasedState::ReadyToComplete);
}

const ROLE: (&str, &str) = ("V3__role.surql", "DEFINE TABLE role SCHEMALESS;\n");

/// A new field, which is filled and then required.
const PLAN: (&str, &str) = (
    "V2__plan.toml",
    "[[step]]\nid = 'add'\nphase = 'start'\nsql = 'DEFINE FIELD plan ON user TYPE option<string>'\n\
     [[step]]\nid = 'fill'\nphase = 'complete'\n\
     backfill = { table = 'user', where = 'plan IS NONE', set = \"plan = 'free'\", batch = 20 }\n\
     [[step]]\nid = 'require'\nphase = 'complete'\nsql = 'DEFINE FIELD OVERWRITE plan ON user TYPE string'\n\
     [[step]]\nid = 'back'\nphase = 'rollback'\nsql = 'REMOVE FIELD IF EXISTS plan ON user'\n",
);

/// The module that the plan was shipped in, before it went to another one: its first versions.
fn shipped(last: usize) -> &'static Migrations {
    module("app", &[BEFORE, PLAN, ROLE][..last])
}

/// The same with V2 moved to `plans`.
fn giver() -> &'static Migrations {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [BEFORE, PLAN, ROLE] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let lock = load(&Folder::new(folder.path()), &Options::new("app")).unwrap().lockfile();
    let manifest = ("migrations.toml", "[moved]\n2 = { to = \"plans\", version = 1 }\n");
    module("app", &[manifest, BEFORE, ROLE, ("migrations.lock", lock.as_str())])
}

fn receiver() -> &'static Migrations {
    let manifest = ("migrations.toml", "requires = { app = 1 }\n[moved]\n1 = { from = \"app\", version = 2 }\n");
    module("plans", &[manifest, ("V1__plan.toml", PLAN.1)])
}

#[tokio::test]
async fn a_phased_migration_that_changed_hands_is_started_beside_older_binaries_and_not_completed_at_once() {
    let db = engine().await;
    with_users(&db).await;
    let both = || Migrator::new([giver(), receiver()]).unwrap().lease(Duration::from_millis(200));
    let (first, context) = (Version::FIRST, tenant());
    let report = both().migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    let status = both().phased_status(&db, &context, "plans", first).await.unwrap();
    assert_eq!(status.state, PhasedState::ReadyToComplete, "there are rows of binaries that know nothing of it");
    let older = migrator(old()).migrate(&db, tenant()).await;
    assert!(matches!(older.outcome, Outcome::Ahead(_)), "{older:?}");
    rows(&db, &tenant(), "CREATE user SET name = 'an older binary';").await;
    // Who has it where it was shipped does not run it as well.
    let shipped_there = migrator(shipped(2)).migrate(&db, tenant()).await;
    assert!(matches!(shipped_there.refusal(), Some(Refusal::MovedAway { .. })), "{shipped_there:?}");

    assert_eq!(both().rollback(&db, &context, "plans", first).await.unwrap().state, PhasedState::RolledBack);
    assert_schema(&db, old(), "taken back").await;
    let older = migrator(old()).migrate(&db, tenant()).await;
    assert!(older.is_served(), "{older:?}");
    assert!(both().migrate(&db, tenant()).await.is_served());
    in_sync(&db, [giver(), receiver()]).await;
    assert_eq!(both().complete(&db, &context, "plans", first).await.unwrap().state, PhasedState::Applied);
    // A binary of before the migration knows it under neither name, and cannot live with a field that is required now.
    let older = migrator(old()).migrate(&db, tenant()).await;
    assert!(matches!(older.refusal(), Some(Refusal::Incompatible { .. })), "{older:?}");
    let report = both().migrate(&db, tenant()).await;
    assert!(report.is_served() && report.incomplete.is_empty(), "{report:?}");
    in_sync(&db, [giver(), receiver()]).await;
    assert_eq!(both().migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
}

#[tokio::test]
async fn a_phased_migration_is_moved_when_it_is_done_or_not_begun_and_refused_in_between() {
    let both = || Migrator::new([giver(), receiver()]).unwrap().lease(Duration::from_millis(200));
    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(shipped(3)).migrate(&db, tenant()).await.is_served());
    let report = both().migrate(&db, tenant()).await;
    assert!(matches!(report.refusal(), Some(Refusal::MovedUnfinished { .. })), "{report:?}");
    assert!(migrator(old()).migrate(&db, tenant()).await.is_served());
    migrator(shipped(3)).complete(&db, &tenant(), "app", second()).await.unwrap();
    let report = both().migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    let status = both().phased_status(&db, &tenant(), "plans", Version::FIRST).await.unwrap();
    assert_eq!(status.state, PhasedState::Applied, "its row was taken over");
    in_sync(&db, [giver(), receiver()]).await;

    let fresh = engine().await;
    let report = both().migrate(&fresh, tenant()).await;
    assert!(report.is_served() && report.incomplete.is_empty(), "nobody has rows there: {report:?}");
    in_sync(&fresh, [giver(), receiver()]).await;
}

#[tokio::test]
async fn who_knows_a_moved_migration_where_it_was_is_kept_out_by_a_completion_and_not_by_a_start() {
    let sessions =
        ("V2__sessions.surql", "DEFINE TABLE session SCHEMALESS;\nDEFINE FIELD at ON session TYPE option<string>;\n");
    let narrow = (
        "V2__narrow.toml",
        "[[step]]\nid = 'add'\nphase = 'start'\nsql = 'DEFINE FIELD since ON session TYPE option<string>'\n\
         [[step]]\nid = 'drop'\nphase = 'complete'\nsql = 'REMOVE FIELD at ON session'\n",
    );
    let before = module("app", &[BEFORE, sessions]);
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [BEFORE, sessions] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let lock = load(&Folder::new(folder.path()), &Options::new("app")).unwrap().lockfile();
    let away = ("migrations.toml", "[moved]\n2 = { to = \"sessions\", version = 1 }\n");
    let giver = module("app", &[away, BEFORE, ("migrations.lock", lock.as_str())]);
    let here = ("migrations.toml", "[moved]\n1 = { from = \"app\", version = 2 }\n");
    let receiver = module("sessions", &[here, ("V1__sessions.surql", sessions.1), narrow]);

    let db = engine().await;
    assert!(migrator(before).migrate(&db, tenant()).await.is_served());
    let both = || Migrator::new([giver, receiver]).unwrap().lease(Duration::from_millis(200));
    for round in 0..2 {
        let report = both().migrate(&db, tenant()).await;
        assert!(report.is_served(), "{report:?}");
        let status = both().phased_status(&db, &tenant(), "sessions", second()).await.unwrap();
        assert_eq!(status.state, PhasedState::ReadyToComplete);
        let older = migrator(before).migrate(&db, tenant()).await;
        assert!(older.is_served(), "a start breaks nobody: {older:?}");
        if round == 0 {
            both().rollback(&db, &tenant(), "sessions", second()).await.unwrap();
            assert!(migrator(before).migrate(&db, tenant()).await.is_served());
        }
    }
    both().complete(&db, &tenant(), "sessions", second()).await.unwrap();
    let older = migrator(before).migrate(&db, tenant()).await;
    assert!(matches!(older.refusal(), Some(Refusal::MovedAway { .. })), "{older:?}");
    assert_eq!(both().migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
}

/// A module that adds a field to the other one's table, and makes it required.
fn plans() -> &'static Migrations {
    let files = [
        ("migrations.toml", "requires = { app = 1 }\n"),
        ("V1__plan.surql", "DEFINE FIELD plan ON user TYPE option<string>;\n"),
        (
            "V2__require.toml",
            "[[step]]\nid = 'fill'\nphase = 'start'\n\
             backfill = { table = 'user', where = 'plan IS NONE', set = \"plan = 'free'\", batch = 20 }\n\
             [[step]]\nid = 'fill_again'\nphase = 'complete'\n\
             backfill = { table = 'user', where = 'plan IS NONE', set = \"plan = 'free'\", batch = 20 }\n\
             [[step]]\nid = 'require'\nphase = 'complete'\nsql = 'DEFINE FIELD OVERWRITE plan ON user TYPE string'\n",
        ),
    ];
    module("plans", &files)
}

#[tokio::test]
async fn a_module_that_is_added_to_tables_with_rows_is_not_completed_at_once() {
    let db = engine().await;
    with_users(&db).await;
    let both = || Migrator::new([old(), plans()]).unwrap().lease(Duration::from_millis(200));
    let report = both().migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    assert_eq!(report.incomplete.iter().map(|one| one.state).collect::<Vec<_>>(), [PhasedState::ReadyToComplete]);
    // The binary without the module goes on writing to its own table.
    assert!(migrator(old()).migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "CREATE user:late SET name = 'of a binary without the module';").await;
    in_sync(&db, [old(), plans()]).await;
    both().complete(&db, &tenant(), "plans", second()).await.unwrap();
    assert_eq!(rows(&db, &tenant(), "RETURN count(SELECT * FROM user WHERE plan = 'free');").await, json!(26));
    in_sync(&db, [old(), plans()]).await;

    let fresh = engine().await;
    let report = both().migrate(&fresh, tenant()).await;
    assert!(report.is_served() && report.incomplete.is_empty(), "{report:?}");
    in_sync(&fresh, [old(), plans()]).await;
}

#[tokio::test]
async fn a_start_on_another_modules_table_is_taken_back_by_what_is_derived_and_leaves_that_table() {
    let db = engine().await;
    with_users(&db).await;
    let level = (
        "V1__level.toml",
        "[[step]]\nid = 'add'\nphase = 'start'\nsql = 'DEFINE FIELD level ON user TYPE option<int>'\n\
         [[step]]\nid = 'fill'\nphase = 'start'\n\
         backfill = { table = 'user', where = 'level IS NONE', set = \"level = 1\", batch = 20 }\n\
         [[step]]\nid = 'require'\nphase = 'complete'\nsql = 'DEFINE FIELD OVERWRITE level ON user TYPE int'\n",
    );
    let levels = module("levels", &[("migrations.toml", "requires = { app = 1 }\n"), level]);
    let both = || Migrator::new([old(), levels]).unwrap().lease(Duration::from_millis(200));
    for _ in 0..2 {
        let report = both().migrate(&db, tenant()).await;
        assert!(report.is_served(), "{report:?}");
        assert_eq!(rows(&db, &tenant(), "RETURN count(SELECT * FROM user WHERE level = 1);").await, json!(25));
        let back = both().rollback(&db, &tenant(), "levels", Version::FIRST).await.unwrap();
        assert_eq!(back.state, PhasedState::RolledBack);
        assert_schema(&db, old(), "taken back").await;
        let left = "RETURN count(SELECT * FROM user WHERE level IS NOT NONE);";
        assert_eq!(rows(&db, &tenant(), left).await, json!(0), "the values went with their field");
        rows(&db, &tenant(), "UPDATE user SET name = name + '!';").await;
    }
    in_sync(&db, [old()]).await;
}

#[tokio::test]
async fn two_modules_have_a_phased_migration_each_under_way_in_one_context() {
    let db = engine().await;
    with_users(&db).await;
    let both = || Migrator::new([new(), plans()]).unwrap().lease(Duration::from_millis(200));
    let report = both().migrate(&db, tenant()).await;
    assert!(report.is_served(), "{report:?}");
    let under_way: Vec<_> = report.incomplete.iter().map(|one| (one.module.as_str(), one.state)).collect();
    let ready = PhasedState::ReadyToComplete;
    assert_eq!(under_way, [("app", ready), ("plans", ready)]);
    in_sync(&db, [new(), plans()]).await;
    // One goes back and the other one on, in any order.
    both().complete(&db, &tenant(), "plans", second()).await.unwrap();
    in_sync(&db, [new(), plans()]).await;
    both().rollback(&db, &tenant(), "app", second()).await.unwrap();
    in_sync(&db, [new(), plans()]).await;
    assert!(both().migrate(&db, tenant()).await.is_served());
    both().complete(&db, &tenant(), "app", second()).await.unwrap();
    assert!(both().migrate(&db, tenant()).await.is_served());
    in_sync(&db, [new(), plans()]).await;
    let statuses: Vec<_> = ledger(&db, &tenant()).await.iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses, ["applied"; 5]);
}

#[tokio::test]
async fn what_differs_from_where_the_steps_lead_is_drift() {
    let db = engine().await;
    with_users(&db).await;
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    in_sync(&db, [new()]).await;
    rows(&db, &tenant(), "REMOVE EVENT full_to_name ON user;").await;
    let look = async |schema| {
        let fleet = Fleet::contexts([tenant()]);
        migrator(schema).drift(&db, fleet, &DriftOptions::new()).await.unwrap()
    };
    let report = look(new()).await;
    assert_eq!(report.drifted(), (1, 0), "{report}");
    assert!(report.to_string().contains("event user.full_to_name"), "{report}");
    // Who does not have the migration cannot know what its steps did.
    let report = look(old()).await;
    assert_eq!(report.unknown().map(|(_, why)| why.kind()).collect::<Vec<_>>(), ["mid_migration"], "{report}");
}
