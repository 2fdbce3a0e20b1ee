use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/lockfile_with_a_merge_conflict");

fn main() {
    assert!(SCHEMA.is_empty());
}
