use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/irreversible_with_a_down_file");

fn main() {
    assert!(SCHEMA.is_empty());
}
