use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/return_in_if_for_and_block");

fn main() {
    assert!(SCHEMA.is_empty());
}
