use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/allow_of_an_unknown_rule");

fn main() {
    assert!(SCHEMA.is_empty());
}
