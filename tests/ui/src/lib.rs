//! A crate that ships a schema module and nothing else: it needs neither the SDK nor an engine.
#![forbid(unsafe_code)]

use migrate_runtime::{Migrations, embed_migrations};

/// The folder that is embedded when none is named.
pub static SCHEMA: Migrations = embed_migrations!();

/// The same folder, named; a constant may hold it too.
pub const NAMED: Migrations = embed_migrations!("./migrations/");
