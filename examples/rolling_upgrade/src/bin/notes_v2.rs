//! Version 2 of the service: it writes and reads a field that version 1 does not know.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use migrate_runtime::{Migrations, embed_migrations};
use rolling_upgrade::Release;

/// What version 1 carries, and what came later. All of it is additive, so that version 1 can go on beside it.
static SCHEMA: Migrations = embed_migrations!("migrations/v2");

static RELEASE: Release = Release {
    name: "v2",
    number: "2.0.0",
    schema: &SCHEMA,
    write: "CREATE note SET text = $text, tags = ['by version 2'] RETURN NONE;",
    read: "(SELECT text, tags ?? [] AS tags, written_at FROM note ORDER BY written_at DESC LIMIT 5);",
};

fn main() -> ExitCode {
    rolling_upgrade::serve(&RELEASE)
}
