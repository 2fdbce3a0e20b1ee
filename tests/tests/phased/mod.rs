//! Phased migrations: their start beside older binaries, their completion when it is asked for, and their way back.

mod crashes;
mod fleets;
mod modules;
mod moves;
mod older;
mod page;
mod pattern;
mod patterns;
mod repair;

use std::time::Duration;

use migrate_runtime::{Context, Migrations, Migrator, PhasedState, Unmanaged, Version};
use migrate_tests::{log, module, rows};
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

fn second() -> Version {
    Version::new(2).unwrap()
}

const BEFORE: (&str, &str) =
    ("V1__user.surql", "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD name ON user TYPE string;\n");

/// `name` becomes `full_name`: until the completion, whatever is written to the one is carried over to the other.
const RENAME: (&str, &str) = (
    "V2__rename.toml",
    r#"
[[step]]
id = "add"
phase = "start"
sql = '''
DEFINE FIELD full_name ON user TYPE option<string>;
DEFINE FIELD OVERWRITE name ON user TYPE option<string>;
DEFINE EVENT name_to_full ON user
    WHEN $event != 'DELETE' AND $after.name != $before.name AND $after.full_name = $before.full_name
    THEN { UPDATE $after.id SET full_name = $after.name };
DEFINE EVENT full_to_name ON user
    WHEN $event != 'DELETE' AND $after.full_name != $before.full_name AND $after.name = $before.name
    THEN { UPDATE $after.id SET name = $after.full_name };
'''

[[step]]
id = "fill"
phase = "start"
backfill = { table = "user", where = "full_name IS NONE AND name IS NOT NONE", set = "full_name = name", batch = 20 }

[[step]]
id = "filled"
phase = "complete"
assert = "count(SELECT * FROM user WHERE full_name IS NONE)"
expect = 0

[[step]]
id = "stop"
phase = "complete"
sql = '''
REMOVE EVENT name_to_full ON user;
REMOVE EVENT full_to_name ON user;
'''

[[step]]
id = "clear"
phase = "complete"
backfill = { table = "user", where = "name IS NOT NONE", set = "name = NONE", batch = 20 }

[[step]]
id = "drop"
phase = "complete"
sql = "REMOVE FIELD name ON user; DEFINE FIELD OVERWRITE full_name ON user TYPE string"
"#,
);

const AFTER: (&str, &str) = ("V3__after.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");

/// What the binary of before carries.
fn old() -> &'static Migrations {
    module("app", &[BEFORE])
}

fn new() -> &'static Migrations {
    module("app", &[BEFORE, RENAME, AFTER])
}

fn migrator(schema: &'static Migrations) -> Migrator {
    Migrator::new([schema]).unwrap().lease(Duration::from_millis(200))
}

/// A context that an older binary has written 25 users to.
async fn with_users(db: &Surreal<Any>) {
    assert!(migrator(old()).migrate(db, tenant()).await.is_served());
    rows(db, &tenant(), "FOR $i IN 0..25 { CREATE type::record('user', $i) SET name = <string> $i };").await;
}

/// Asserts that the database has the very definitions that a module leads to.
async fn assert_schema(db: &Surreal<Any>, schema: &'static Migrations, hint: &str) {
    let live = migrator(schema).live_schema(db, &tenant(), &Unmanaged::default()).await.unwrap();
    assert_eq!(live.into_catalog(), schema.catalog_at(None), "{hint}");
}

async fn state(db: &Surreal<Any>) -> PhasedState {
    migrator(new()).phased_status(db, &tenant(), "app", second()).await.unwrap().state
}

async fn events(db: &Surreal<Any>) -> Vec<String> {
    let log = log(db, &tenant()).await;
    let of_version = log.iter().filter(|row| row["version"] == 2);
    let event = |row: &Value| format!("{} {}", row["event"].as_str().unwrap(), row["phase"].as_str().unwrap_or(""));
    of_version.map(event).collect()
}
