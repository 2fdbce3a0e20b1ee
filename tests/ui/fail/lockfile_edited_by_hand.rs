use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/lockfile_edited_by_hand");

fn main() {
    assert!(SCHEMA.is_empty());
}
