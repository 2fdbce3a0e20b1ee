use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/one_underscore_before_the_name");

fn main() {
    assert!(SCHEMA.is_empty());
}
