use std::ops::Range;

use surrealdb_sql::TopLevelExpr;

use super::spanned::Tree;
use super::{ParsedStatement, control_flow, outside, reserved, unlocated};
use crate::rules::{m404_transaction, m405_use, m406_live_query, m407_option};
use crate::{Diagnostic, Diagnostics, Source};

/// Finds what would act on the migration itself, on its transaction, or beyond its tenant's database.
pub(crate) fn check(source: &Source, statements: &[ParsedStatement], diagnostics: &mut Diagnostics) {
    for (at, statement) in statements.iter().enumerate() {
        let subject = Subject { statement, following: statements.len() - at - 1 };
        let mut findings = Findings::new(source, statement.range.start);
        subject.check(&mut findings);
        diagnostics.extend(findings.into_diagnostics());
    }
}

/// The statement that is looked at.
pub(super) struct Subject<'a> {
    pub(super) statement: &'a ParsedStatement,
    /// How many statements the migration has after it.
    pub(super) following: usize,
}

impl Subject<'_> {
    fn check(&self, findings: &mut Findings<'_>) {
        let text = findings.source.text().get(self.statement.range.clone()).unwrap_or_default();
        let word = |length: usize| 0..length;
        match &self.statement.ast {
            TopLevelExpr::Begin => findings.push(word(5), m404_transaction::begin),
            TopLevelExpr::Commit => findings.push(word(6), m404_transaction::commit),
            TopLevelExpr::Cancel => findings.push(word(6), m404_transaction::cancel),
            TopLevelExpr::Use(_) => findings.push(word(3), m405_use::diagnostic),
            TopLevelExpr::Live(_) => findings.push(word(4), m406_live_query::live),
            TopLevelExpr::Kill(_) => findings.push(word(4), m406_live_query::kill),
            TopLevelExpr::Option(_) => findings.push(word(6), m407_option::diagnostic),
            TopLevelExpr::Access(_) | TopLevelExpr::Show(_) | TopLevelExpr::Expr(_) => match Tree::parse(text) {
                Some(tree) => {
                    control_flow::check(&tree, self, findings);
                    outside::check(&tree, findings);
                    reserved::check(&tree, findings);
                }
                None => unlocated::check(self.statement, findings),
            },
        }
    }
}

/// What is found in one statement.
pub(super) struct Findings<'a> {
    source: &'a Source,
    /// Where the statement begins.
    offset: usize,
    found: Vec<(usize, Diagnostic)>,
}

impl<'a> Findings<'a> {
    /// Nothing yet, in a statement that begins at `offset`.
    pub(super) const fn new(source: &'a Source, offset: usize) -> Self {
        Self { source, offset, found: Vec::new() }
    }

    /// Adds what `diagnostic` says of a range of the statement.
    pub(super) fn push(&mut self, range: Range<usize>, diagnostic: impl FnOnce(&Source, Range<usize>) -> Diagnostic) {
        let range = self.offset.saturating_add(range.start)..self.offset.saturating_add(range.end);
        self.found.push((range.start, diagnostic(self.source, range)));
    }

    /// What was found, in the order of the text.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|(at, _)| *at);
        self.found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
    }
}
