use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/rule_that_stays_an_error");

fn main() {
    assert!(SCHEMA.is_empty());
}
