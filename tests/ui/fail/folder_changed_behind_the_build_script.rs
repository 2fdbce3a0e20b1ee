use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/folder_changed_behind_the_build_script");

fn main() {
    assert!(SCHEMA.is_empty());
}
