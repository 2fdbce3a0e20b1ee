use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/settings_that_are_no_toml");

fn main() {
    assert!(SCHEMA.is_empty());
}
