use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/use_of_another_database");

fn main() {
    assert!(SCHEMA.is_empty());
}
