use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/lockfile_malformed");

fn main() {
    assert!(SCHEMA.is_empty());
}
