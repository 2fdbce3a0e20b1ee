//! The patterns of `docs/phased.md`, with rows in the tables and both binaries writing throughout.

use migrate_runtime::{Outcome, Refusal};
use migrate_tests::{engine, module};
use serde_json::json;

use super::*;

/// What both binaries do while neither breaks the other.
async fn both_write(db: &Surreal<Any>, at: u32) {
    let context = tenant();
    let old = format!("CREATE user:old_{at} SET name = 'old'; UPDATE user:1 SET name = 'one'");
    rows(db, &context, &format!("{old};")).await;
    let new = format!("CREATE user:new_{at} SET full_name = 'new'; UPDATE user:2 SET full_name = 'two'");
    rows(db, &context, &format!("{new};")).await;
    let apart = rows(db, &context, "SELECT id, name, full_name FROM user WHERE name != full_name;").await;
    assert_eq!(apart, json!([]), "each finds what the other one wrote");
}

#[tokio::test]
async fn a_field_is_renamed_while_both_names_are_read_and_written() {
    let db = engine().await;
    with_users(&db).await;
    let (operator, context) = (migrator(new()), tenant());
    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    both_write(&db, 1).await;

    let back = operator.rollback(&db, &context, "app", second()).await.unwrap();
    assert_eq!(back.state, PhasedState::RolledBack);
    assert_schema(&db, old(), "").await;
    assert!(matches!(migrator(old()).migrate(&db, tenant()).await.outcome, Outcome::UpToDate));
    // No value is left that the table would refuse, or that the next start would take for a new one.
    rows(&db, &tenant(), "UPDATE user SET name = string::concat(name, '!');").await;

    assert!(migrator(new()).migrate(&db, tenant()).await.is_served());
    let stale = rows(&db, &tenant(), "RETURN count(SELECT * FROM user WHERE full_name != name);").await;
    assert_eq!(stale, json!(0));
    both_write(&db, 2).await;
    operator.complete(&db, &context, "app", second()).await.unwrap();
    rows(
        &db,
        &tenant(),
        "UPDATE user SET full_name = string::concat(full_name, '?'); CREATE user SET full_name = 'last';",
    )
    .await;
    let full = rows(&db, &tenant(), "RETURN count(SELECT * FROM user WHERE string::ends_with(full_name, '?'));").await;
    assert_eq!(full, json!(29));
}

const REQUIRED: (&str, &str) = (
    "V2__require.toml",
    r#"
[[step]]
id = "add"
phase = "start"
sql = "DEFINE FIELD plan ON user TYPE option<string>"

[[step]]
id = "fill"
phase = "start"
backfill = { table = "user", where = "plan IS NONE", set = "plan = 'free'", batch = 20 }

[[step]]
id = "fill_again"
phase = "complete"
backfill = { table = "user", where = "plan IS NONE", set = "plan = 'free'", batch = 20 }

[[step]]
id = "filled"
phase = "complete"
assert = "SELECT VALUE id FROM user WHERE plan IS NONE LIMIT 1"
expect = "empty"

[[step]]
id = "require"
phase = "complete"
sql = "DEFINE FIELD OVERWRITE plan ON user TYPE string"
"#,
);

#[tokio::test]
async fn a_field_is_made_required_when_nobody_leaves_it_out_any_more() {
    let db = engine().await;
    with_users(&db).await;
    let schema = module("app", &[BEFORE, REQUIRED]);
    let (operator, context) = (migrator(schema), tenant());
    assert!(operator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "CREATE user:late SET name = 'an older binary';").await;
    operator.rollback(&db, &context, "app", second()).await.unwrap();
    rows(&db, &tenant(), "UPDATE user SET name = 'x';").await;
    assert!(operator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "CREATE user:later SET name = 'an older binary';").await;
    let status = operator.complete(&db, &context, "app", second()).await.unwrap();
    assert_eq!(status.done.iter().find(|step| step.id == "fill_again").and_then(|step| step.rows), Some(1));
    assert_eq!(rows(&db, &tenant(), "RETURN count(SELECT * FROM user WHERE plan = 'free');").await, json!(27));
}

const UNIQUE: (&str, &str) = (
    "V2__unique.toml",
    r#"
[[step]]
id = "note"
phase = "start"
sql = "DEFINE FIELD merged_into ON user TYPE option<record<user>>"

[[step]]
id = "no_doubles"
phase = "complete"
assert = "count(SELECT name FROM (SELECT name, count() AS n FROM user GROUP BY name) WHERE n > 1)"
expect = { max = 0 }

[[step]]
id = "unique"
phase = "complete"
sql = "DEFINE INDEX by_name ON user FIELDS name UNIQUE CONCURRENTLY"
"#,
);

#[tokio::test]
async fn a_unique_index_is_built_once_the_rows_are_clean_and_says_so_while_they_are_not() {
    let db = engine().await;
    with_users(&db).await;
    let schema = module("app", &[BEFORE, UNIQUE]);
    let (operator, context) = (migrator(schema), tenant());
    rows(&db, &tenant(), "CREATE user:double SET name = '7';").await;
    assert!(operator.migrate(&db, tenant()).await.is_served());
    let error = operator.complete(&db, &context, "app", second()).await.unwrap_err();
    let migrate_runtime::PhasedError::Refused(Refusal::Failed { cause, .. }) = &error else { panic!("{error:?}") };
    assert!(cause.contains("the assertion `no_doubles` expects at most 0, and the answer is 1"), "{cause}");
    rows(&db, &tenant(), "DELETE user:double;").await;
    assert_eq!(operator.complete(&db, &context, "app", second()).await.unwrap().state, PhasedState::Applied);
    let index = rows(&db, &tenant(), "INFO FOR INDEX by_name ON user;").await;
    assert_eq!(index["building"]["status"], "ready");
}
