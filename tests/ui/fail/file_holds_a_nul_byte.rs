use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/file_holds_a_nul_byte");

fn main() {
    assert!(SCHEMA.is_empty());
}
