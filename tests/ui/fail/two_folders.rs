use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("migrations", "more");

fn main() {
    assert!(SCHEMA.is_empty());
}
