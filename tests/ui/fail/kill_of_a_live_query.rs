use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/kill_of_a_live_query");

fn main() {
    assert!(SCHEMA.is_empty());
}
