use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/locked_migrations_reordered");

fn main() {
    assert!(SCHEMA.is_empty());
}
