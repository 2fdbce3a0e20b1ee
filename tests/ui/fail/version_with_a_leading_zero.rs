use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/version_with_a_leading_zero");

fn main() {
    assert!(SCHEMA.is_empty());
}
