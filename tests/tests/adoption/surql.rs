//! `surql`: `oneiriq-surql` 0.34.2 for Rust, which records a migration within its transaction, and 1.6.4 for Python, which
//! runs its statements one by one and records it behind them. Both define the same table.

use super::*;

const TABLE: &str = "\
DEFINE TABLE IF NOT EXISTS _migration_history SCHEMAFULL;
DEFINE FIELD IF NOT EXISTS version ON TABLE _migration_history TYPE string;
DEFINE FIELD IF NOT EXISTS description ON TABLE _migration_history TYPE string;
DEFINE FIELD IF NOT EXISTS applied_at ON TABLE _migration_history TYPE datetime;
DEFINE FIELD IF NOT EXISTS checksum ON TABLE _migration_history TYPE string;
DEFINE FIELD IF NOT EXISTS execution_time_ms ON TABLE _migration_history TYPE option<int>;
DEFINE INDEX IF NOT EXISTS version_idx ON TABLE _migration_history COLUMNS version UNIQUE;";

async fn record(db: &impl Database, version: &str, description: &str, checksum: &str) {
    let text = format!(
        "CREATE _migration_history:`{version}` SET version = '{version}', description = '{description}', \
         applied_at = <datetime> '2026-01-02T12:00:00+00:00', checksum = '{checksum}', execution_time_ms = 12;"
    );
    rows(db, &tenant(), &text).await;
}

fn adoption() -> Adoption {
    Adoption::of(Tool::Surql, "app")
}

#[tokio::test]
async fn migrations_are_known_by_their_descriptions() {
    let db = database(&[TABLE, USER, POST]).await;
    record(&db, "20260102_120000", "Add user", "5f").await;
    record(&db, "20260103_120000", "add_post", "6f").await;
    let found = Migrator::new([app()]).unwrap().detect_ledgers(&db, &tenant()).await.unwrap();
    assert_eq!(found.iter().map(migrate_runtime::ForeignLedger::tool).collect::<Vec<_>>(), [Tool::Surql]);
    assert_adopted(&db, &adoption(), Tool::Surql, 2).await;
}

#[tokio::test]
async fn migrations_whose_times_are_versions_are_known_by_them() {
    let timed = module(
        "app",
        &[
            ("migrations.toml", "versions = \"timestamp\"\n"),
            ("V20260102120000__one.surql", "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\n"),
            ("V20260103120000__two.surql", "DEFINE TABLE post SCHEMAFULL;\n"),
        ],
    );
    let db = database(&[TABLE, USER]).await;
    record(&db, "20260102_120000", "whatever", "5f").await;
    let takeover = Migrator::new([timed]).unwrap().adopt(&db, &tenant(), &adoption()).await.unwrap();
    assert_eq!(takeover.modules[0].version, version(20_260_102_120_000));
}

#[tokio::test]
async fn a_later_migration_without_the_one_before_it_is_refused() {
    let db = database(&[TABLE, POST]).await;
    record(&db, "20260103_120000", "add post", "6f").await;
    let error = refused(&db, &adoption()).await;
    assert!(matches!(error, AdoptionError::Gap { .. }), "{error}");
}

#[tokio::test]
async fn a_migration_that_stopped_in_the_middle_is_seen_in_the_schema() {
    let half = "DEFINE TABLE OVERWRITE post SCHEMAFULL;";
    let db = database(&[TABLE, USER, half]).await;
    record(&db, "20260102_120000", "Add user", "5f").await;
    let AdoptionError::Baseline(error) = refused(&db, &adoption()).await else {
        panic!("the schema is between V1 and V2")
    };
    let differing: Vec<_> = error.differences().iter().map(|one| one.object().to_string()).collect();
    assert_eq!(differing, ["table post"], "{error}");
}
