//! The `embed_migrations!` macro of migrate-runtime.
//!
//! Use it through `migrate-runtime`, which re-exports it: the code it writes names that crate.
#![forbid(unsafe_code)]

mod embed;
mod freshness;
mod input;
mod tokens;

use proc_macro::TokenStream;

/// Embeds a migrations folder as one constant of type `Migrations`.
///
/// ```text
/// static SCHEMA: Migrations = embed_migrations!("migrations");
/// ```
///
/// The path is that of a folder relative to the crate's `Cargo.toml`; without one it is `migrations`. Everything about
/// the folder is checked while the crate compiles, and everything that is wrong with it is one compile error. The build
/// script must hand the same folder to `migrate_build::Builder`: a macro cannot watch a folder, so without it a new
/// migration would not be noticed.
#[proc_macro]
pub fn embed_migrations(input: TokenStream) -> TokenStream {
    embed::expand(input.into()).into()
}
