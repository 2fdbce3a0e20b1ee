use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/directive_given_twice");

fn main() {
    assert!(SCHEMA.is_empty());
}
