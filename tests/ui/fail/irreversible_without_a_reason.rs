use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/irreversible_without_a_reason");

fn main() {
    assert!(SCHEMA.is_empty());
}
