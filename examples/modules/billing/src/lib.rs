//! Invoices of users: the schema that this crate needs, for whoever uses it to apply.
#![forbid(unsafe_code)]

use migrate_runtime::{Migrations, embed_migrations};

/// The module `billing`. Its `migrations.toml` says which version of the module `auth` it builds on.
pub static SCHEMA: Migrations = embed_migrations!("migrations");
