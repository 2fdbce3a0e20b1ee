//! Texts that were corrected after they were shipped.

use std::fs;

use migrate_build::{Folder, Locked, Options, load};
use migrate_runtime::{Context, DivergentPart, Fleet, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{engine, ledger, log, module, rows};
use serde_json::json;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

async fn migrate(db: &Surreal<Any>, module: &'static Migrations) -> migrate_runtime::ContextReport {
    Migrator::new([module]).unwrap().migrate(db, tenant()).await
}

const V1: (&str, &str) = ("V1__init.surql", "DEFINE TABLE note SCHEMALESS;\nDEFINE TABLE effect SCHEMALESS;\n");
const SHIPPED: (&str, &str) = ("V2__seed.surql", "CREATE effect SET version = 2, word = 'shiped';\n");
const CORRECTED: (&str, &str) = ("V2__seed.surql", "CREATE effect SET version = 2, word = 'shipped';\n");
const V3: (&str, &str) = ("V3__more.surql", "CREATE effect SET version = 3;\n");
const V4: (&str, &str) = ("V4__last.surql", "CREATE effect SET version = 4;\n");

fn manifest() -> String {
    let checksum = migrate_build::checksum(SHIPPED.1);
    format!("[accepts]\n2 = {{ checksums = [\"{checksum}\"], reason = \"a word was misspelt\" }}\n")
}

fn shipped(last: usize) -> &'static Migrations {
    module("app", &[V1, SHIPPED, V3, V4][..last])
}

fn corrected(last: usize) -> &'static Migrations {
    let manifest = manifest();
    module("app", &[&[("migrations.toml", manifest.as_str())], &[V1, CORRECTED, V3, V4][..last]].concat())
}

#[tokio::test]
async fn a_correction_that_is_accepted_counts_as_what_was_shipped() {
    let db = engine().await;
    assert!(migrate(&db, shipped(3)).await.is_served());
    let report = migrate(&db, corrected(4)).await;
    assert_eq!((&report.outcome, report.applied.len()), (&Outcome::Migrated, 1), "{report:?}");
    for _ in 0..2 {
        assert_eq!(migrate(&db, corrected(4)).await.outcome, Outcome::UpToDate);
    }
    let events: Vec<_> = log(&db, &tenant()).await.into_iter().filter(|row| row["event"] == "accepted").collect();
    let [event] = &events[..] else { panic!("once: {events:?}") };
    assert_eq!((&event["version"], &event["reason"]), (&json!(2), &json!("a word was misspelt")));
    assert_eq!(event["applied"], migrate_build::checksum(SHIPPED.1).to_string());
    assert_eq!(event["checksum"], migrate_build::checksum(CORRECTED.1).to_string());
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE word FROM effect WHERE version = 2;").await, json!(["shiped"]));
}

#[tokio::test]
async fn what_comes_behind_a_correction_goes_on_with_the_history_of_that_database() {
    let db = engine().await;
    assert!(migrate(&db, shipped(2)).await.is_served());
    assert_eq!(migrate(&db, corrected(3)).await.outcome, Outcome::Migrated);
    // So a binary of before still knows the whole of it, and may go on as well.
    assert_eq!(migrate(&db, shipped(3)).await.outcome, Outcome::UpToDate);
    assert_eq!(migrate(&db, shipped(4)).await.outcome, Outcome::Migrated);
    assert_eq!(migrate(&db, corrected(4)).await.outcome, Outcome::UpToDate);
    let chains: Vec<_> = ledger(&db, &tenant()).await.iter().map(|row| row["chain"].clone()).collect();
    let expected: Vec<_> = shipped(4).iter().map(|migration| json!(migration.chain().to_string())).collect();
    assert_eq!(chains, expected);

    let fresh = engine().await;
    assert_eq!(migrate(&fresh, corrected(4)).await.outcome, Outcome::Migrated);
    let chains: Vec<_> = ledger(&fresh, &tenant()).await.iter().map(|row| row["chain"].clone()).collect();
    let expected: Vec<_> = corrected(4).iter().map(|migration| json!(migration.chain().to_string())).collect();
    assert_eq!(chains, expected, "a new database has the corrected one");
}

#[tokio::test]
async fn what_is_not_accepted_is_refused_as_ever() {
    let db = engine().await;
    let other = module("app", &[V1, ("V2__seed.surql", "CREATE effect SET version = 22;\n"), V3]);
    assert!(migrate(&db, other).await.is_served());
    let refused = migrate(&db, corrected(3)).await;
    let Some(Refusal::Divergent { part, version, .. }) = refused.refusal() else { panic!("{refused:?}") };
    assert_eq!((*part, version.get()), (DivergentPart::Checksum, 2));

    let db = engine().await;
    assert!(migrate(&db, shipped(3)).await.is_served());
    // A chain that belongs to the corrected text, behind the one that was shipped.
    let forged = corrected(3).last().unwrap().chain();
    rows(&db, &tenant(), &format!("UPDATE _migrations:['app', 3] SET chain = '{forged}';")).await;
    let refused = migrate(&db, corrected(3)).await;
    assert!(matches!(refused.refusal(), Some(Refusal::Divergent { part: DivergentPart::Chain, .. })), "{refused:?}");
}

#[tokio::test]
async fn replicas_that_meet_a_correction_together_record_it_once() {
    let db = engine().await;
    assert!(migrate(&db, shipped(3)).await.is_served());
    let module = corrected(3);
    let runs: Vec<_> = (0..6)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { Migrator::new([module]).unwrap().migrate(&db, tenant()).await })
        })
        .collect();
    for run in runs {
        let report = run.await.unwrap();
        assert_eq!(report.outcome, Outcome::UpToDate);
    }
    let events = log(&db, &tenant()).await;
    assert_eq!(events.iter().filter(|row| row["event"] == "accepted").count(), 1);
}

#[tokio::test]
async fn a_fleet_index_confirms_a_corrected_history_once_the_correction_is_on_record() {
    let db = engine().await;
    let index = || Context::new("ops", "system").unwrap();
    let ledger = migrate_runtime::Evidence::Ledger;
    let confirmed = migrate_runtime::Evidence::Index;
    for (module, evidence) in [
        (shipped(3), ledger),
        (shipped(3), confirmed),
        (corrected(3), ledger),
        (corrected(3), confirmed),
        (corrected(4), ledger),
        (corrected(4), confirmed),
    ] {
        let migrator = Migrator::new([module]).unwrap().index(index());
        let report = migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
        assert!(report.all_served(), "{report}");
        assert_eq!(report.contexts()[0].evidence, evidence, "{report}");
    }
    let events = log(&db, &tenant()).await;
    assert_eq!(events.iter().filter(|row| row["event"] == "accepted").count(), 1);
    // What is no longer on record is read, and put on record again.
    rows(&db, &tenant(), "UPDATE _migrations SET accepted = NONE;").await;
    let migrator = Migrator::new([corrected(4)]).unwrap().index(index());
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let report = migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    assert_eq!(report.contexts()[0].evidence, confirmed, "{report}");
    assert_eq!(log(&db, &tenant()).await.iter().filter(|row| row["event"] == "accepted").count(), 2);
}

#[tokio::test]
async fn locking_a_correction_keeps_what_was_shipped_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let put = |(file, text): (&str, &str)| fs::write(dir.path().join(file), text).unwrap();
    let (folder, options) = (Folder::new(dir.path()), Options::new("app").locked(Locked::Required));
    [V1, SHIPPED, V3].into_iter().for_each(put);
    let lockfile = load(&folder, &Options::new("app")).unwrap().lockfile();
    put(("migrations.lock", &lockfile));
    put(CORRECTED);
    assert!(load(&folder, &options).unwrap_err().to_string().contains("error[M503]"), "nothing accepts it");
    put(("migrations.toml", &manifest()));
    let refused = load(&folder, &options).unwrap_err().to_string();
    assert!(refused.contains("error[M510]: the correction of `V2__seed.surql` is not locked yet"), "{refused}");
    let loaded = load(&folder, &Options::new("app")).unwrap();
    assert_eq!(loaded.warnings.iter().map(|one| one.rule().code).collect::<Vec<_>>(), ["M510"]);
    let lockfile = loaded.lockfile();
    put(("migrations.lock", &lockfile));
    let kept = format!(
        "corrected = [\n    {{ checksum = \"{}\", reason = \"a word was misspelt\" }},\n]\n",
        migrate_build::checksum(SHIPPED.1)
    );
    assert!(lockfile.contains(&kept), "{lockfile}");
    let again = load(&folder, &options).unwrap();
    assert_eq!((again.warnings.iter().count(), again.lockfile()), (0, lockfile), "and it stays");
}
