//! Version 1 of the service.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use migrate_runtime::{Migrations, embed_migrations};
use rolling_upgrade::Release;

static SCHEMA: Migrations = embed_migrations!("migrations/v1");

static RELEASE: Release = Release {
    name: "v1",
    number: "1.0.0",
    schema: &SCHEMA,
    write: "CREATE note SET text = $text RETURN NONE;",
    read: "(SELECT text, written_at FROM note ORDER BY written_at DESC LIMIT 5);",
};

fn main() -> ExitCode {
    rolling_upgrade::serve(&RELEASE)
}
