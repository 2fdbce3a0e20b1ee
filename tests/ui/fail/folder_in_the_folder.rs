use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/folder_in_the_folder");

fn main() {
    assert!(SCHEMA.is_empty());
}
