use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/parameter_in_stepwise");

fn main() {
    assert!(SCHEMA.is_empty());
}
