use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/version_without_a_number");

fn main() {
    assert!(SCHEMA.is_empty());
}
