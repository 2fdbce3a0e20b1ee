use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/break_in_if");

fn main() {
    assert!(SCHEMA.is_empty());
}
