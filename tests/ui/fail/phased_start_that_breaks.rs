use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/phased_start_that_breaks");

fn main() {
    assert!(SCHEMA.is_empty());
}
