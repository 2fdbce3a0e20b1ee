use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/table_removed_without_an_allow");

fn main() {
    assert!(SCHEMA.is_empty());
}
