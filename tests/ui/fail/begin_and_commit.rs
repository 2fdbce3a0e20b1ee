use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/begin_and_commit");

fn main() {
    assert!(SCHEMA.is_empty());
}
