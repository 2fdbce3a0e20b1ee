//! From one schema to another: the statements between them, and where statements lead.

use std::collections::BTreeSet;

use migrate_core::{Object, Statement};

use super::reach::Reached;
use super::schema::{Entry, Schema};
use super::transition::{Transition, Verdict};
use super::{Input, analyse_one, undo};
use crate::operation::Lowered;
use crate::surql::{self, ParsedStatement};
use crate::{Diagnostics, Source};

/// The statements that lead from one schema to another, tried as the database would run them; none where no order of
/// them does.
pub(crate) fn between(from: &Schema, to: &Schema) -> Option<Vec<String>> {
    undo::between(from, to, &objects(from, to))
}

/// Whether the certain parts of two schemas differ.
pub(crate) fn differ(one: &Schema, other: &Schema) -> bool {
    !one.differences(other, &objects(one, other)).is_empty()
}

/// Brings a schema to where a text leads; `None` if the database would refuse it.
pub(crate) fn run(schema: &mut Schema, text: &str) -> Option<()> {
    undo::run(schema, text, &mut BTreeSet::new())
}

/// Brings a schema to where the statements of a migration lead that passed a build.
pub(crate) fn run_all(schema: &mut Schema, statements: &[ParsedStatement], source: &Source) {
    for statement in statements {
        let text = source.text().get(statement.range.clone()).unwrap_or_default();
        let lowered = statement.lower(source.text());
        Transition::of(schema, &Reached::new(schema, &lowered), text).apply(schema);
    }
}

/// Brings a schema to where one definition leads, unless the database refuses it.
pub(crate) fn define(schema: &mut Schema, lowered: &Lowered, text: &str) -> Verdict {
    let transition = Transition::of(schema, &Reached::new(schema, lowered), text);
    if transition.verdict == Verdict::Done {
        transition.apply(schema);
    }
    transition.verdict
}

/// What a build says of a text that comes behind a schema, and of each of its statements.
pub(crate) fn analyse_text(from: &Schema, source: &Source, diagnostics: &mut Diagnostics) -> Option<Vec<Statement>> {
    let statements = surql::parse(source, diagnostics)?;
    surql::check(source, &statements, diagnostics);
    let analysis = analyse_one(&mut from.clone(), &Input::new(source, &statements), diagnostics);
    Some(analysis.statements)
}

/// Whether two definitions differ in what the database shows of neither.
pub(crate) fn has_other_secret(one: &Entry, other: &Entry) -> bool {
    one.definition.is_redacted() && plain(&one.script) != plain(&other.script)
}

/// The first schema without what the second defines by another secret, which then is defined anew.
pub(crate) fn without_other_secrets(from: &Schema, to: &Schema) -> Schema {
    let mut bare = from.clone();
    for (object, entry) in from.entries() {
        if to.get(object).is_some_and(|other| has_other_secret(entry, other)) {
            bare.set(object.clone(), None);
        }
    }
    bare
}

/// The last statement that made something, whatever stood there before it and however it is set.
fn plain(script: &[String]) -> String {
    let words = script.last().map(String::as_str).unwrap_or_default().split_whitespace();
    words.filter(|word| !word.eq_ignore_ascii_case("OVERWRITE")).collect::<Vec<_>>().join(" ")
}

fn objects(one: &Schema, other: &Schema) -> BTreeSet<Object> {
    one.entries().chain(other.entries()).map(|(object, _)| object.clone()).collect()
}
