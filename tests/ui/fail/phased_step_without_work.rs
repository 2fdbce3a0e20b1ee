use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/phased_step_without_work");

fn main() {
    assert!(SCHEMA.is_empty());
}
