use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/version_behind_a_lowercase_v");

fn main() {
    assert!(SCHEMA.is_empty());
}
