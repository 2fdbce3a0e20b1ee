use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/file_holds_only_comments");

fn main() {
    assert!(SCHEMA.is_empty());
}
