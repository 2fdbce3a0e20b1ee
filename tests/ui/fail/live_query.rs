use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/live_query");

fn main() {
    assert!(SCHEMA.is_empty());
}
