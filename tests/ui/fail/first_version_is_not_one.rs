use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/first_version_is_not_one");

fn main() {
    assert!(SCHEMA.is_empty());
}
