use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/directive_behind_the_first_statement");

fn main() {
    assert!(SCHEMA.is_empty());
}
