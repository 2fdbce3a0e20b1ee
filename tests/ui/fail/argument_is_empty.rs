use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("");

fn main() {
    assert!(SCHEMA.is_empty());
}
