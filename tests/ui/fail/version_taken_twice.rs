use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/version_taken_twice");

fn main() {
    assert!(SCHEMA.is_empty());
}
