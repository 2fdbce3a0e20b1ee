use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/phased_backfill_without_end");

fn main() {
    assert!(SCHEMA.is_empty());
}
