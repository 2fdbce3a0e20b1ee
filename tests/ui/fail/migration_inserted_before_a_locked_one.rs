use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/migration_inserted_before_a_locked_one");

fn main() {
    assert!(SCHEMA.is_empty());
}
