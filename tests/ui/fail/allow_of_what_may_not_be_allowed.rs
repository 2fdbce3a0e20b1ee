use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/allow_of_what_may_not_be_allowed");

fn main() {
    assert!(SCHEMA.is_empty());
}
