use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/syntax_error");

fn main() {
    assert!(SCHEMA.is_empty());
}
