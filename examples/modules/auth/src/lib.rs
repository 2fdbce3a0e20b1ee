//! Users and their sessions: the schema that this crate needs, for whoever uses it to apply.
#![forbid(unsafe_code)]

use migrate_runtime::{Migrations, embed_migrations};

/// The module `auth`.
pub static SCHEMA: Migrations = embed_migrations!("migrations");
