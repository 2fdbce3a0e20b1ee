use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/many_mistakes_at_once");

fn main() {
    assert!(SCHEMA.is_empty());
}
