use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/locked_migration_edited");

fn main() {
    assert!(SCHEMA.is_empty());
}
