//! Whether a live schema is the one that pending migrations go on from, without any I/O.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Catalog, Change, Migrations, Object};

use super::clause::Clause;
use super::finding::{FindingCode, ValidationFinding, ValidationPhase};
use crate::live::Unmanaged;
use crate::plan::{Earlier, Step};

/// What differs of the objects that the steps touch. Whether a migration fails because of that is known of the first
/// `tried` of them, for they were tried; of the others a difference that makes a statement fail is an error.
pub(super) fn semantics(
    modules: &[&'static Migrations],
    steps: &[Step],
    live: &Catalog,
    unmanaged: &Unmanaged,
    tried: usize,
) -> Vec<ValidationFinding> {
    let mut touched = BTreeSet::new();
    let mut expected: BTreeMap<&str, Catalog> = BTreeMap::new();
    let mut findings = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let before = expected.entry(step.module).or_insert_with(|| before(modules, step));
        for change in step.migration.changes() {
            let object = change.object();
            // Behind its first change, an object is what that made of it; and of what was begun some is there already.
            if !touched.insert(object.clone()) || step.earlier == Earlier::Begun || unmanaged.contains(object) {
                continue;
            }
            let found = compare(change, before.get(object), live.get(object), step);
            findings.extend(found.map(|finding| {
                let fails = finding.code != FindingCode::Different && is_bare(step, object);
                let is_fatal = fails && at >= tried;
                let finding = finding.about(object, step);
                if is_fatal { finding.error() } else { finding }
            }));
        }
    }
    findings
}

/// Whether what the step says first of an object fails where the object is there, or is not, against expectation.
fn is_bare(step: &Step, object: &Object) -> bool {
    let (text, mut statements) = (step.migration.text(), step.migration.statements().iter());
    let first = statements.find(|statement| statement.object() == Some(object));
    let first = first.and_then(|statement| text.get(statement.range()));
    first.is_none_or(|statement| Clause::of(statement) == Clause::Bare)
}

/// The schema of a module before one of its migrations.
fn before(modules: &[&'static Migrations], step: &Step) -> Catalog {
    let module = modules.iter().find(|module| module.module() == step.module);
    match (module, step.predecessor) {
        (Some(module), Some((version, _))) => module.catalog_at(Some(version)),
        _ => Catalog::new(),
    }
}

fn compare(change: &Change, expected: Option<&str>, live: Option<&str>, step: &Step) -> Option<ValidationFinding> {
    use FindingCode::{AlreadyDefined, DefinedOtherwise, Different, Missing};
    if expected == live {
        return None;
    }
    let (object, after) = (change.object(), change.definition());
    let (code, message, remedy) = match (expected, live) {
        (None, Some(live)) if after == Some(live) => (
            AlreadyDefined,
            format!("{object} is there already, defined as it is to be"),
            "somebody defined it by hand: remove it, or let the migration say `IF NOT EXISTS`",
        ),
        (None, Some(live)) => (
            DefinedOtherwise,
            format!("{object} is there already, defined otherwise: {live}"),
            "somebody defined it by hand: remove it, or let the migration say `OVERWRITE`",
        ),
        (_, None) => (
            Missing,
            format!("{object} is changed or removed, and is not there"),
            "somebody removed it by hand: define it again as the migrations before left it",
        ),
        (Some(expected), Some(live)) => (
            Different,
            format!("{object} is {live}, and the migrations before left it as {expected}"),
            "somebody changed it by hand: see whether the migration still does what it should",
        ),
    };
    Some(ValidationPhase::Semantics.warning(code, step, message, remedy))
}
