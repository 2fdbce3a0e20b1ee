use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/build_script_missing");

fn main() {
    assert!(SCHEMA.is_empty());
}
