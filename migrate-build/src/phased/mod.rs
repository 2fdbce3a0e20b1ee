//! A migration in phases: `V<version>__<name>.toml`.
//!
//! What is executed are excerpts of the file, so that whatever is said of them can be said of the file.

mod compile;
mod document;
mod excerpt;
mod literal;
#[cfg(test)]
pub(crate) mod testing;

use migrate_core::{Phase, PhaseWork};

use crate::header::Header;
use crate::surql::ParsedStatement;
use crate::{Diagnostics, Source};

pub(crate) use self::excerpt::Excerpt;

/// How the ids of the steps of a derived rollback begin.
pub(crate) const DERIVED: &str = "derived_";

/// A step as it was read and parsed, before anything is known of those around it.
#[derive(Debug)]
pub(crate) struct StepDraft {
    pub(crate) id: String,
    pub(crate) phase: Phase,
    pub(crate) work: PhaseWork,
    pub(crate) excerpt: Excerpt,
    /// Their ranges lie in the excerpt, their lines in the file.
    pub(crate) statements: Vec<ParsedStatement>,
}

/// Reads a phased migration: what stands at its top, and its steps in the order of the file.
///
/// There are no steps where one of them cannot be made out, which is reported.
pub(crate) fn read(source: &Source, diagnostics: &mut Diagnostics) -> (Header, Option<Vec<StepDraft>>) {
    let Some(document) = document::parse(source, diagnostics) else { return (Header::default(), None) };
    let header = document::header(source, &document, diagnostics);
    (header, compile::steps(source, &document, diagnostics))
}
