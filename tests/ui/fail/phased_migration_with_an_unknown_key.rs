use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/phased_migration_with_an_unknown_key");

fn main() {
    assert!(SCHEMA.is_empty());
}
