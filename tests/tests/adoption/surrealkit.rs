//! `SurrealKit` 1.0.0-beta.6: definitions by their hashes in `__entity`, rollouts in `__rollout`, and locks. 0.7.0 has the
//! same tables without two of the fields, and locks that do not expire.

use super::*;

const TABLES: &str = "\
DEFINE TABLE OVERWRITE __entity SCHEMAFULL PERMISSIONS NONE;
DEFINE FIELD OVERWRITE ns ON __entity TYPE string;
DEFINE FIELD OVERWRITE key ON __entity TYPE string;
DEFINE FIELD OVERWRITE val ON __entity TYPE any;
DEFINE FIELD OVERWRITE updated_at ON __entity TYPE datetime DEFAULT time::now();
DEFINE INDEX OVERWRITE by_ns_key ON __entity FIELDS ns, key UNIQUE;
DEFINE TABLE OVERWRITE __rollout SCHEMAFULL PERMISSIONS NONE;
DEFINE FIELD OVERWRITE id ON __rollout TYPE string;
DEFINE FIELD OVERWRITE name ON __rollout TYPE string;
DEFINE FIELD OVERWRITE manifest_path ON __rollout TYPE string;
DEFINE FIELD OVERWRITE manifest_checksum ON __rollout TYPE string;
DEFINE FIELD OVERWRITE source_schema_hash ON __rollout TYPE string;
DEFINE FIELD OVERWRITE target_schema_hash ON __rollout TYPE string;
DEFINE FIELD OVERWRITE status ON __rollout TYPE string;
DEFINE FIELD OVERWRITE source_entities ON __rollout TYPE any;
DEFINE FIELD OVERWRITE target_entities ON __rollout TYPE any;
DEFINE FIELD OVERWRITE steps ON __rollout TYPE any DEFAULT [];
DEFINE FIELD OVERWRITE restore_definitions ON __rollout TYPE any DEFAULT {};
DEFINE FIELD OVERWRITE reversibility ON __rollout TYPE option<string>;
DEFINE FIELD OVERWRITE started_at ON __rollout TYPE datetime DEFAULT time::now();
DEFINE FIELD OVERWRITE completed_at ON __rollout TYPE option<datetime>;
DEFINE FIELD OVERWRITE updated_at ON __rollout TYPE datetime DEFAULT time::now();
DEFINE FIELD OVERWRITE last_error ON __rollout TYPE option<string>;
DEFINE INDEX OVERWRITE by_rollout_id ON __rollout FIELDS id UNIQUE;
DEFINE TABLE OVERWRITE __seed SCHEMAFULL PERMISSIONS NONE;
DEFINE FIELD OVERWRITE key ON __seed TYPE string;
DEFINE FIELD OVERWRITE hash ON __seed TYPE string;
DEFINE FIELD OVERWRITE applied_at ON __seed TYPE datetime DEFAULT time::now();
DEFINE INDEX OVERWRITE by_seed_key ON __seed FIELDS key UNIQUE;";

/// Records of a definition and of its file. An absent rollout is written as a null.
fn entity(partition: &str, key: &str, rollout: &str) -> String {
    format!(
        "FOR $row IN [{{ key: '{key}', val: {{ source_path: 'schema/a.surql', statement_hash: '5f', file_hash: '6f', \
         active_rollout_id: {rollout}, state: 'active' }} }}] {{ CREATE __entity CONTENT {{ ns: '{partition}', \
         key: $row.key, val: $row.val, updated_at: time::now() }}; }};"
    )
}

fn rollout(id: &str, status: &str) -> String {
    format!(
        "DELETE __rollout WHERE record::id(id) = '{id}'; CREATE __rollout CONTENT {{ id: '{id}', name: 'x', \
         manifest_path: 'rollouts/{id}.toml', manifest_checksum: '5f', source_schema_hash: '6f', \
         target_schema_hash: '7f', status: 'planned', source_entities: [], target_entities: [], \
         started_at: <datetime> '2026-04-17T18:10:55Z', updated_at: time::now(), reversibility: NONE, \
         restore_definitions: {{}}, last_error: NONE }}; UPDATE __rollout SET status = '{status}', last_error = NONE, \
         completed_at = NONE, updated_at = time::now() WHERE record::id(id) = '{id}';"
    )
}

/// The lock that a run takes, until so many seconds from now; before 1.0 without an end.
fn lock(expires_in: Option<&str>) -> String {
    let val = expires_in.map_or_else(
        || "{ owner: 'ci' }".to_owned(),
        |seconds| format!("{{ owner: 'ci', acquired_at: time::now(), expires_at: time::now() + {seconds} }}"),
    );
    format!("CREATE __entity CONTENT {{ ns: 'lock', key: 'global', val: {val}, updated_at: time::now() }};")
}

async fn synced() -> Surreal<Any> {
    let sync =
        "CREATE __entity CONTENT { ns: 'sync', key: 'schema/a.surql', val: { hash: '5f' }, updated_at: time::now() };";
    let seed = "CREATE __seed CONTENT { key: 'seed.surql', hash: '5f', applied_at: time::now() };";
    let (user, post) = (entity("schema", "table::user", "NULL"), entity("schema@blog", "table::post", "NULL"));
    database(&[TABLES, USER, POST, &user, &post, sync, seed]).await
}

fn adoption() -> Adoption {
    Adoption::of(Tool::SurrealKit, "app")
}

#[tokio::test]
async fn the_schema_says_what_was_applied() {
    let db = synced().await;
    rows(&db, &tenant(), &rollout("20260417181055__initial", "completed")).await;
    rows(&db, &tenant(), &rollout("20260418181055__mistake", "rolled_back")).await;
    rows(&db, &tenant(), &lock(Some("0s"))).await;
    let found = Migrator::new([app()]).unwrap().detect_ledgers(&db, &tenant()).await.unwrap();
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!((&json[0]["tool"], &json[0]["entities"]), (&json!("surrealkit"), &json!(2)));
    assert_eq!(json[0]["rollouts"][0], json!({ "id": "20260417181055__initial", "status": "completed" }));
    assert_eq!((json.as_array().unwrap().len(), &json[0]["locked_by"]), (1, &Value::Null), "that lock is over");
    assert_adopted(&db, &adoption(), Tool::SurrealKit, 2).await;
}

#[tokio::test]
async fn a_version_may_be_named_and_is_verified() {
    let db = synced().await;
    let error = refused(&db, &adoption().at(version(1))).await;
    assert!(matches!(&error, AdoptionError::Baseline(BaselineError::Different { .. })), "{error}");
    assert_adopted(&db, &adoption().at(version(2)), Tool::SurrealKit, 2).await;
}

#[tokio::test]
async fn a_rollout_that_is_not_done_is_refused() {
    for status in
        ["planned", "running_start", "ready_to_complete", "running_complete", "running_rollback", "failed", "new"]
    {
        let db = synced().await;
        rows(&db, &tenant(), &rollout("20260417181055__initial", status)).await;
        let error = refused(&db, &adoption()).await;
        assert!(matches!(&error, AdoptionError::HalfApplied { status: said, .. } if said == status), "{error}");
        assert!(error.to_string().contains("complete it or roll it back"), "{error}");
    }
    let db = synced().await;
    rows(&db, &tenant(), &entity("schema", "table::tag", "'20260417181055__initial'")).await;
    let error = refused(&db, &adoption()).await;
    assert!(matches!(error, AdoptionError::HalfApplied { .. }), "{error}");
}

#[tokio::test]
async fn a_run_of_the_other_tool_is_not_interfered_with() {
    for held in [Some("60s"), None] {
        let db = synced().await;
        rows(&db, &tenant(), &lock(held)).await;
        let error = refused(&db, &adoption()).await;
        assert!(matches!(&error, AdoptionError::Busy { owner, .. } if owner == "ci"), "{error}");
    }
}
