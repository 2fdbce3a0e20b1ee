//! From the rows of the file to steps that were parsed.

use std::collections::BTreeSet;
use std::ops::Range;

use migrate_core::{Expectation, Phase, PhaseWork, StatementKind};
use toml::Spanned;

use super::document::{BackfillRow, Document, StepRow};
use super::excerpt::{Excerpt, Piece};
use super::{DERIVED, StepDraft, literal};
use crate::rules::{m040_invalid_phased_migration, m041_invalid_step, m043_unfit_assertion};
use crate::surql::{self, Takes};
use crate::{Diagnostic, Diagnostics, Source, header};

/// How many rows a batch has that does not say so.
const BATCH: i64 = 1000;

/// The most rows that one transaction should write.
const LARGEST: i64 = 100_000;

/// The steps in the order of the file; `None` where one of them cannot be made out.
pub(super) fn steps(file: &Source, document: &Document, diagnostics: &mut Diagnostics) -> Option<Vec<StepDraft>> {
    let mut steps = Vec::with_capacity(document.step.len());
    let mut ids = BTreeSet::new();
    let mut is_whole = true;
    for row in &document.step {
        let id = row.id.get_ref();
        if let Some(refusal) = refuse_id(file, row, !ids.insert(id.as_str())) {
            diagnostics.push(refusal);
            is_whole = false;
        }
        match step(file, row, diagnostics) {
            Some(step) => steps.push(step),
            None => is_whole = false,
        }
    }
    for phase in [Phase::Start, Phase::Complete] {
        if !document.step.iter().any(|row| Phase::from(row.phase) == phase) {
            diagnostics.push(m040_invalid_phased_migration::without(file, phase));
            is_whole = false;
        }
    }
    is_whole.then_some(steps)
}

fn refuse_id(file: &Source, row: &StepRow, is_taken: bool) -> Option<Diagnostic> {
    let id = row.id.get_ref();
    let is_plain =
        !id.is_empty() && id.len() <= 64 && id.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    match (is_plain, is_taken) {
        (true, _) if id.starts_with(DERIVED) => Some(m041_invalid_step::reserved(file, row.place(), id)),
        (false, _) => Some(m041_invalid_step::id(file, row.place(), id)),
        (true, true) => Some(m041_invalid_step::taken(file, row.place(), id)),
        (true, false) => None,
    }
}

fn step(file: &Source, row: &StepRow, diagnostics: &mut Diagnostics) -> Option<StepDraft> {
    let mut say = |diagnostic: Diagnostic| diagnostics.push(diagnostic);
    let (excerpt, work) = match (&row.sql, &row.assert, &row.backfill) {
        (Some(sql), None, None) => (verbatim(file, sql).map_err(&mut say).ok()?, PhaseWork::Sql),
        (None, Some(assert), None) => {
            let expect = row.expect.as_ref();
            let expectation = expect.map_or(Err(row.place()), |expect| read_expectation(expect).ok_or(expect.span()));
            let expectation = expectation.map_err(|place| say(m041_invalid_step::expectation(file, place))).ok()?;
            (verbatim(file, assert).map_err(&mut say).ok()?, PhaseWork::Assert(expectation))
        }
        (None, None, Some(backfill)) => (compile(file, backfill).map_err(&mut say).ok()?, PhaseWork::Backfill),
        _ => {
            say(m041_invalid_step::work(file, row.place()));
            return None;
        }
    };
    if let (Some(expect), None) = (&row.expect, &row.assert) {
        say(m041_invalid_step::unasked(file, expect.span()));
    }
    let mut said = Diagnostics::default();
    let statements = parse(&excerpt, work, &mut said);
    excerpt.report(said, diagnostics);
    let statements = statements?;
    Some(StepDraft { id: row.id.get_ref().clone(), phase: row.phase.into(), work, excerpt, statements })
}

/// The text of a string, as it stands in the file.
fn verbatim(file: &Source, text: &Spanned<String>) -> Result<Excerpt, Diagnostic> {
    let place = literal::place(file, text)?;
    Ok(Excerpt::new(file, text.span(), &[Piece::Of(place)]))
}

/// The statement that writes one batch, and is repeated.
fn compile(file: &Source, backfill: &Spanned<BackfillRow>) -> Result<Excerpt, Diagnostic> {
    let BackfillRow { table, set, condition, batch } = backfill.get_ref();
    let rows = batch.as_ref().map_or(BATCH, |batch| *batch.get_ref());
    if !(1..=LARGEST).contains(&rows) {
        let place = batch.as_ref().map_or_else(|| backfill.span(), Spanned::span);
        return Err(m041_invalid_step::batch(file, place, LARGEST));
    }
    let name = table.get_ref();
    if name.is_empty() || name.chars().any(|c| matches!(c, '`' | '\\') || c.is_control()) {
        return Err(m041_invalid_step::table(file, table.span()));
    }
    let limit = format!("\n) LIMIT {rows}) SET ");
    let pieces = [
        Piece::Words("UPDATE (SELECT VALUE id FROM `"),
        Piece::Of(literal::place(file, table)?),
        Piece::Words("` WHERE ("),
        Piece::Of(literal::place(file, condition)?),
        Piece::Words(&limit),
        Piece::Of(literal::place(file, set)?),
        Piece::Words("\nRETURN NONE"),
    ];
    Ok(Excerpt::new(file, backfill.span(), &pieces))
}

/// Parses a step, and checks what its kind of work may be.
fn parse(excerpt: &Excerpt, work: PhaseWork, said: &mut Diagnostics) -> Option<Vec<surql::ParsedStatement>> {
    let source = excerpt.source();
    let mut statements = surql::parse(source, said)?;
    surql::check(source, &statements, said);
    header::refuse_everywhere(source, &ranges(&statements), said);
    for statement in &mut statements {
        statement.line = excerpt.line(&statement.range);
    }
    let only = if let [only] = &statements[..] { Some(only) } else { None };
    let all = 0..source.text().len();
    match work {
        PhaseWork::Sql => {}
        PhaseWork::Assert(_) => {
            let is_question = |kind| matches!(kind, StatementKind::Select | StatementKind::Expression);
            if only.is_none_or(|only| !is_question(only.kind)) {
                said.push(m043_unfit_assertion::no_question(source, all));
                return None;
            }
        }
        PhaseWork::Backfill => {
            let batch = only.and_then(|only| only.batch(source.text()));
            if batch.is_none_or(|batch| batch.takes != Takes::Ids) {
                said.push(m041_invalid_step::backfill(source, all));
                return None;
            }
        }
    }
    Some(statements)
}

fn ranges(statements: &[surql::ParsedStatement]) -> Vec<Range<usize>> {
    statements.iter().map(|statement| statement.range.clone()).collect()
}

/// `0`, `true`, `"empty"`, `{ max = 3 }` or `{ min = 1 }`.
fn read_expectation(value: &Spanned<toml::Value>) -> Option<Expectation> {
    match value.get_ref() {
        toml::Value::Boolean(value) => Some(Expectation::Bool(*value)),
        toml::Value::Integer(number) => Some(Expectation::Number(*number)),
        toml::Value::String(word) if word == "empty" => Some(Expectation::Empty),
        toml::Value::Table(table) => {
            let mut entries = table.iter();
            match (entries.next()?, entries.next()) {
                ((key, toml::Value::Integer(number)), None) if key == "max" => Some(Expectation::AtMost(*number)),
                ((key, toml::Value::Integer(number)), None) if key == "min" => Some(Expectation::AtLeast(*number)),
                _ => None,
            }
        }
        _ => None,
    }
}
