use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/endless_batch");

fn main() {
    assert!(SCHEMA.is_empty());
}
