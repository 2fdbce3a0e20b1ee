use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/file_that_does_not_belong_here");

fn main() {
    assert!(SCHEMA.is_empty());
}
