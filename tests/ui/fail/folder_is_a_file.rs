use migrate_runtime::{Migrations, embed_migrations};

static SCHEMA: Migrations = embed_migrations!("fixtures/file_ends_in_sql/V1__users.surql");

fn main() {
    assert!(SCHEMA.is_empty());
}
