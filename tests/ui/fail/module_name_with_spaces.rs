use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/module_name_with_spaces");

fn main() {
    assert!(SCHEMA.is_empty());
}
