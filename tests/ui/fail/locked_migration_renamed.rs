use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/locked_migration_renamed");

fn main() {
    assert!(SCHEMA.is_empty());
}
