use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/syntax_error_in_the_down_file");

fn main() {
    assert!(SCHEMA.is_empty());
}
