//! Build-script half of embedded SurrealDB schema migrations: discovers, parses, checks, hashes and locks them.
#![forbid(unsafe_code)]
// The futures of SurrealDB's parser nest deeper than the default allows.
#![recursion_limit = "512"]

// What everything speaks of.
mod diagnostic;
mod folder;
mod rule;
mod rules;
mod source;
mod suggest;
mod toml_error;

// The files of a folder: found, told apart by their names, read, put in order.
mod discover;
mod filename;
mod read;
mod sequence;

// The text of each: made canonical, its directives read, its statements parsed.
mod canonical;
mod comment;
mod directive;
mod draft;
mod header;
mod phased;
mod surql;

// What each statement does, and what the chain of them makes of the schema.
mod analysis;
mod contents;
mod definition;
mod operation;
mod uses;
mod write;

// The chain of them: configured, hashed, held against the lockfile, judged.
mod handover;
mod hash;
mod lockfile;
mod manifest;
mod module_name;
mod policy;
mod revision;

// All of it for those who ask: build scripts, the macro, the command line.
mod builder;
mod embedding;
mod history;
mod leak;
mod load;
mod loaded;

// What people ask about it, and what they have written for them.
mod desired;
mod explain;
mod graph;
mod migration_name;
mod numbering;

pub use crate::builder::{BuildError, Builder};
pub use crate::contents::Contents;
pub use crate::desired::{
    Breakage, Consent, Desired, Dynamic, Next, NextError, ParseRenameError, Rename, Rollout, Wish,
};
pub use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
pub use crate::embedding::{EmbedError, Embedding, PrepareError};
pub use crate::explain::{UnknownRule, explain};
pub use crate::folder::Folder;
pub use crate::graph::{Chain, Graph, Node, Requirement};
pub use crate::handover::{Hand, Handover};
pub use crate::hash::{chain, checksum};
pub use crate::load::{LoadError, Locked, Options, load};
pub use crate::loaded::{Loaded, LoadedMigration, LoadedStep};
pub use crate::lockfile::Correction;
pub use crate::manifest::Numbering;
pub use crate::migration_name::{InvalidName, MigrationName};
pub use crate::revision::{ParseRevisionError, Revision, UnknownRevision};
pub use crate::rule::Rule;
pub use crate::rules::RULES;
pub use crate::source::{Position, Source};

/// Parses one text as a migration and says what is wrong with it, for tests that hold it against the engine.
#[doc(hidden)]
pub fn __check(source: &Source) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    if let Some(statements) = surql::parse(source, &mut diagnostics) {
        surql::check(source, &statements, &mut diagnostics);
    }
    diagnostics
}

/// What the analysis says of a chain of texts, for tests that hold it against the engine.
#[doc(hidden)]
pub fn __analyse(texts: &[&str]) -> Vec<__Analysed> {
    analysis::analyse_texts(texts)
}

#[doc(hidden)]
pub use crate::analysis::Analysed as __Analysed;
