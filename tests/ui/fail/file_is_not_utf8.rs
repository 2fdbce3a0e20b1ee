use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/file_is_not_utf8");

fn main() {
    assert!(SCHEMA.is_empty());
}
