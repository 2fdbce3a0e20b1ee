//! `surrealdb-migrations` 2.4.0: each migration and its row are one transaction.

use super::*;

/// The table of its templates, which its users have among their own schema files.
pub(super) const TABLE: &str = "\
DEFINE TABLE OVERWRITE script_migration SCHEMAFULL
    PERMISSIONS FOR select FULL FOR create, update, delete NONE;
DEFINE FIELD OVERWRITE script_name ON script_migration TYPE string;
DEFINE FIELD OVERWRITE executed_at ON script_migration TYPE datetime VALUE time::now() READONLY;
DEFINE FIELD OVERWRITE checksum ON script_migration TYPE option<string>;";

/// The table without checksums, as earlier versions had it.
const EARLIER_TABLE: &str = "\
DEFINE TABLE OVERWRITE script_migration SCHEMAFULL;
DEFINE FIELD OVERWRITE script_name ON script_migration TYPE string;
DEFINE FIELD OVERWRITE executed_at ON script_migration TYPE datetime DEFAULT time::now();";

/// What it ends each migration's transaction with.
pub(super) async fn record(db: &impl Database, script: &str, checksum: Option<&str>) {
    let checksum = checksum.map_or_else(String::new, |sum| format!(", checksum = '{sum}'"));
    rows(db, &tenant(), &format!("CREATE script_migration SET script_name = '{script}'{checksum} RETURN NONE;")).await;
}

fn adoption() -> Adoption {
    Adoption::of(Tool::SurrealdbMigrations, "app")
}

#[tokio::test]
async fn scripts_are_known_by_their_names() {
    for table in [TABLE, EARLIER_TABLE] {
        let db = database(&[table, USER, POST]).await;
        record(&db, "20230101_120000_AddUser", None).await;
        record(&db, "20230102_120000_AddPost", None).await;
        let found = Migrator::new([app()]).unwrap().detect_ledgers(&db, &tenant()).await.unwrap();
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(json[0]["tool"], "surrealdb-migrations");
        assert_eq!(
            json[0]["migrations"][1],
            json!({ "id": "20230102_120000_AddPost", "name": "AddPost", "checksum": null })
        );
        assert_adopted(&db, &adoption(), Tool::SurrealdbMigrations, 2).await;
    }
}

#[tokio::test]
async fn a_script_of_the_same_text_is_known_by_its_checksum() {
    let db = database(&[TABLE, USER]).await;
    let sum = app().as_slice()[0].checksum().to_string();
    record(&db, "20230101_120000_Whatever", sum.strip_prefix("sha256:")).await;
    assert_adopted(&db, &adoption(), Tool::SurrealdbMigrations, 1).await;
}

#[tokio::test]
async fn scripts_of_other_names_are_mapped_by_hand_or_refused() {
    let db = database(&[TABLE, USER, POST]).await;
    record(&db, "20230101_120000_First", None).await;
    record(&db, "20230102_120000_Second", None).await;
    let error = refused(&db, &adoption()).await;
    assert!(matches!(&error, AdoptionError::Unmapped { ids, .. } if ids.len() == 2), "{error}");
    let error =
        refused(&db, &adoption().map("20230102_120000_Second", version(2)).map("20230101_120000_First", version(2)))
            .await;
    assert!(matches!(error, AdoptionError::Gap { .. }), "{error}");
    let mapped = adoption().map("20230101_120000_First", version(1)).map("20230102_120000_Second", version(2));
    assert_adopted(&db, &mapped, Tool::SurrealdbMigrations, 2).await;
}

#[tokio::test]
async fn what_the_ledger_says_and_the_schema_does_not_show_is_refused() {
    let db = database(&[TABLE, USER]).await;
    record(&db, "20230101_120000_AddUser", None).await;
    record(&db, "20230102_120000_AddPost", None).await;
    let error = refused(&db, &adoption()).await;
    let AdoptionError::Baseline(error) = error else { panic!("{error}") };
    assert!(error.differences().iter().all(|one| one.object().to_string().contains("post")), "{error}");
    assert_eq!(error.differences().len(), 2, "the table of the ledger is no stranger: {error}");
}

#[tokio::test]
async fn a_table_of_that_name_that_is_no_ledger_is_not_taken_for_one() {
    let db = database(&[USER, "CREATE script_migration SET mine = true;"]).await;
    let error = refused(&db, &adoption()).await;
    assert!(matches!(error, AdoptionError::Unreadable { .. }), "{error}");
}
