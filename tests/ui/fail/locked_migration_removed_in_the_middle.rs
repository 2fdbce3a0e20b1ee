use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/locked_migration_removed_in_the_middle");

fn main() {
    assert!(SCHEMA.is_empty());
}
