use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/capital_letter_in_the_name");

fn main() {
    assert!(SCHEMA.is_empty());
}
