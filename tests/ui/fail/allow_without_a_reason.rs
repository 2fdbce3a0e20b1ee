use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/allow_without_a_reason");

fn main() {
    assert!(SCHEMA.is_empty());
}
