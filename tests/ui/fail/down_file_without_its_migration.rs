use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/down_file_without_its_migration");

fn main() {
    assert!(SCHEMA.is_empty());
}
