use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/return_at_top_level");

fn main() {
    assert!(SCHEMA.is_empty());
}
