//! The vocabulary of embedded SurrealDB schema migrations: the types that the build helper, the macro and the runtime
//! agree on.
//!
//! This crate has no dependency, so that a crate which only ships a schema module stays as light as its schema. You
//! rarely name it: `migrate-runtime` re-exports everything here.
//!
//! Data flows one way through these types: a [`Statement`] is part of a [`Migration`], migrations form a chain in
//! [`Migrations`], and folding the [`Change`]s of a chain over the empty [`Catalog`] gives the schema at any version.
#![forbid(unsafe_code)]

mod catalog;
mod change;
mod check;
mod checksum;
mod effect;
mod embedded;
mod fresh;
mod graph;
mod link;
mod migration;
mod migrations;
mod moved;
mod object;
mod phased;
mod spelling;
mod statement;
mod undo;
mod version;

pub use crate::catalog::{Catalog, Difference};
pub use crate::change::Change;
pub use crate::check::{Check, CheckKind};
pub use crate::checksum::{Checksum, ParseChecksumError};
pub use crate::effect::{Effect, Loss};
pub use crate::fresh::{Fresh, FreshStatement};
pub use crate::graph::{ChainedVersion, EdgeKind, VersionChain, VersionCircle, VersionEdge, VersionGraph, VersionNode};
pub use crate::link::Link;
pub use crate::migration::{Compatibility, Migration, Mode};
pub use crate::migrations::{Migrations, Requirement};
pub use crate::moved::Moved;
pub use crate::object::{Object, ObjectKind, ParseObjectError};
pub use crate::phased::{Expectation, Phase, PhaseStep, PhaseWork, Phased};
pub use crate::spelling::DifferenceClass;
pub use crate::statement::{Pace, Statement, StatementKind};
pub use crate::undo::{Undo, UndoSafety};
pub use crate::version::{ParseVersionError, Version};

/// What `migrate-build` writes and a program holds, for the build and for generated code.
#[doc(hidden)]
pub mod __embedded {
    pub use crate::embedded::{Coded, Contents, Embedded, FORMAT, Flags, Input, NEW_OBJECTS, PaceCode, Piece};
}

/// The version of SurrealDB whose parser checks migrations while they are built, without its last part.
pub const CHECKED_FOR: &str = "3.3";
