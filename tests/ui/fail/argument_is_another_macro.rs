use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));

fn main() {
    assert!(SCHEMA.is_empty());
}
