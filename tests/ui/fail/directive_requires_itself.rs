use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/directive_requires_itself");

fn main() {
    assert!(SCHEMA.is_empty());
}
