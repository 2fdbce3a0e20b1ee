//! How a migration is undone: by its down file, or by the difference between the schemas after and before it.

mod back;
mod down;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Difference, Effect, Loss, Object, ObjectKind, Undo, UndoSafety};

use super::effect::{Judge, Origin};
use super::reach::Reached;
use super::refusal;
use super::schema::{Certainty, Entry, Schema};
use super::transition::{Transition, Verdict};
use super::{Input, no_undo, worse};
use crate::Diagnostics;
use crate::definition::{Access, Reference, Secret, Shape};
use crate::rules::m229_down_mismatch;
use crate::surql::{self, Loosened};

pub(super) use self::back::{Back, back_from, leads_back, refuses};

/// How often a script is mended until it leads back. One round restores what differs, a second what the first implied.
const ROUNDS: usize = 3;

/// More views upon views than anybody has. One may also come to select from itself.
const DEEPEST: usize = 32;

/// Finds how a migration is undone. `after` is the schema that it leaves, `origin` what it touched, as it was.
pub(super) fn undo(
    input: &Input<'_>,
    after: &Schema,
    origin: &Origin,
    obstacle: Option<&'static str>,
    effect: Effect,
    diagnostics: &mut Diagnostics,
) -> Undo {
    let lost = if matches!(effect, Effect::Destructive(_)) { UndoSafety::Unsafe } else { UndoSafety::Safe };
    let way = Way { after, before: before(after, origin), origin };
    match (input.down, input.irreversible, obstacle) {
        (Some(down), ..) => {
            let mut found = Diagnostics::default();
            let safety = way.explicit(down, obstacle.is_some(), &mut found);
            let safety = match safety {
                Ok(safety) => worse(lost, safety),
                Err(differences) => {
                    found.push(m229_down_mismatch::diagnostic(down, &differences));
                    UndoSafety::Unsafe
                }
            };
            // That both are there is a mistake of its own, which is told elsewhere.
            if input.irreversible.is_none() {
                diagnostics.extend(found);
            }
            Undo::Explicit { text: Cow::Owned(down.text().to_owned()), safety }
        }
        (None, Some(reason), _) => no_undo(reason.to_owned()),
        (None, None, Some(reason)) => no_undo(reason),
        (None, None, None) => match way.derive() {
            Some((text, safety)) => Undo::Derived { text: Cow::Owned(text), safety: worse(lost, safety) },
            None => no_undo("no statements were found that lead back to the schema before it"),
        },
    }
}

/// The statements that lead from one schema to another, which differ in some of these objects.
pub(super) fn between(from: &Schema, to: &Schema, objects: &BTreeSet<Object>) -> Option<Vec<String>> {
    let origin = objects.iter().map(|object| (object.clone(), to.get(object).cloned())).collect();
    let statements = Way { after: from, before: to.clone(), origin: &origin }.statements()?;
    let bare = |statement: String| statement.trim_end_matches(";\n").to_owned();
    Some(statements.into_iter().map(bare).collect())
}

fn before(after: &Schema, origin: &Origin) -> Schema {
    let mut before = after.clone();
    for (object, entry) in origin {
        before.set(object.clone(), entry.clone());
    }
    before
}

/// From the schema after a migration to the one before it.
struct Way<'a> {
    after: &'a Schema,
    before: Schema,
    origin: &'a Origin,
}

impl Way<'_> {
    /// The statements that lead back, tried on the schema as the database would run them.
    fn derive(&self) -> Option<(String, UndoSafety)> {
        let statements = self.statements()?.into_iter().flat_map(|statement| {
            let first = self.deletion(&statement);
            first.into_iter().chain([statement])
        });
        Some((statements.collect(), self.safety()))
    }

    /// What comes before a statement that removes a table of edges, so that they cannot be followed any more: its events would tell
    /// others that the edges are gone, and then the edges themselves go. Where links lead to them, deleting them may be refused, and they
    /// stay as `REMOVE TABLE` leaves them.
    fn deletion(&self, statement: &str) -> Vec<String> {
        let is_it = |edges: &&back::Emptied| statement.strip_suffix(";\n") == Some(edges.removal());
        let edges = back::emptied(self.after, self.origin);
        let Some(edges) = edges.iter().find(is_it).filter(|edges| !self.is_linked_to(edges.name())) else {
            return Vec::new();
        };
        let deletion = format!("{};\n", edges.all());
        std::iter::once(edges.define.clone()).chain(edges.events.iter().cloned()).chain([deletion]).collect()
    }

    /// Whether a field links to a table.
    fn is_linked_to(&self, table: &str) -> bool {
        let link = Reference::Link(table.to_owned());
        self.after.referring(ObjectKind::Field).any(|entry| entry.definition.references.contains(&link))
    }

    fn statements(&self) -> Option<Vec<String>> {
        if self.origin.values().flatten().any(|entry| entry.certainty < Certainty::Exact) {
            return None;
        }
        let mut statements = Vec::new();
        let mut now = self.after.clone();
        let mut touched: BTreeSet<_> = self.origin.keys().cloned().collect();
        for _ in 0..ROUNDS {
            let differences = now.differences(&self.before, &touched);
            if differences.is_empty() {
                return Some(statements);
            }
            for statement in self.restore(&now, &differences) {
                run(&mut now, &statement, &mut touched)?;
                statements.push(statement + ";\n");
            }
        }
        None
    }

    /// One statement for each difference, in an order in which each finds what it needs.
    fn restore(&self, now: &Schema, differences: &[Difference]) -> Vec<String> {
        let removed_tables: Vec<&str> = differences
            .iter()
            .filter(|difference| matches!(difference, Difference::Removed { .. }))
            .filter(|difference| difference.object().kind() == ObjectKind::Table)
            .map(|difference| difference.object().name())
            .collect();
        let mut statements = Vec::new();
        // What others stand on goes last and comes first; a view stands on its sources.
        let mut removals: Vec<&Object> = differences.iter().filter_map(removal).collect();
        removals.sort_by_key(|object| (Reverse(depth(now, object)), Reverse(object.kind())));
        for object in removals {
            if !object.table().is_some_and(|table| removed_tables.contains(&table)) {
                let entry = now.get(object);
                statements.extend(entry.and_then(|entry| surql::removing(&entry.definition)));
            }
        }
        let mut restored: Vec<&Object> = differences.iter().filter_map(restoration).collect();
        restored.sort_by_key(|object| (object.kind(), depth(&self.before, object)));
        let loosened = self.loosened(&restored);
        // What stands on a table comes after it.
        let (before, after): (Vec<&Object>, Vec<&Object>) =
            restored.into_iter().partition(|object| object.kind() < ObjectKind::Field);
        statements.extend(before.into_iter().filter_map(|object| self.before.get(object)).flat_map(define));
        statements.extend(loosened.values().map(|loosened| loosened.first.clone()));
        let after = after.into_iter().filter(|object| !loosened.contains_key(object));
        statements.extend(after.filter_map(|object| self.before.get(object)).flat_map(define));
        // From the inside out, since a field may not come to disagree with one around it.
        statements.extend(loosened.into_values().rev().map(|loosened| loosened.last));
        statements
    }

    /// The fields that had another type than they gave to what is inside them: so they came to be by `ALTER`, and so they
    /// come to be again.
    fn loosened(&self, restored: &[&Object]) -> BTreeMap<Object, Loosened> {
        let mut outer: BTreeSet<&Object> = BTreeSet::new();
        for object in restored {
            let field = self.before.get(object).and_then(|entry| entry.definition.shape.field());
            let Some((field, table)) = field.zip(object.table()) else { continue };
            for (other, beside) in self.before.fields(table) {
                outer.extend(refusal::is_at_odds(field, beside).then_some(other));
                outer.extend(refusal::is_at_odds(beside, field).then_some(*object));
            }
        }
        let loosened = |object: &Object| surql::loosened(&self.before.get(object)?.definition);
        outer.into_iter().filter_map(|object| Some((object.clone(), loosened(object)?))).collect()
    }

    /// What going back loses: rows and values written since, and secrets that nobody wrote down.
    fn safety(&self) -> UndoSafety {
        // Seen from behind, nothing is new: all of it may have been used since.
        let origin = Origin::new();
        let judge = Judge { schema: self.after, origin: &origin, rest: &[] };
        let safety = |(object, before): (&Object, &Option<Entry>)| {
            let after = self.after.get(object).map(|entry| &*entry.definition);
            let restored = before.as_ref().map(|entry| &*entry.definition);
            let generated = restored.is_some_and(|definition| {
                matches!(definition.shape, Shape::Access(Access { secret: Secret::Generated }))
            });
            match judge.change(object, after, restored).effect {
                _ if generated => UndoSafety::Unsafe,
                _ if after == restored => UndoSafety::Safe,
                Effect::Destructive(Loss::Data | Loss::Unsafe) => UndoSafety::DataLoss,
                _ => UndoSafety::Safe,
            }
        };
        self.origin.iter().map(safety).max().unwrap_or(UndoSafety::Safe)
    }
}

/// How many views deep a table lies: none for a plain one.
pub(crate) fn depth(schema: &Schema, object: &Object) -> usize {
    // So it is with nearly everything.
    if schema.get(object).is_none_or(|entry| entry.definition.references.is_empty()) {
        return 0;
    }
    let mut level = BTreeSet::from([object.clone()]);
    let mut depth = 0;
    while depth < DEEPEST {
        let references =
            level.iter().filter_map(|table| schema.get(table)).flat_map(|entry| &entry.definition.references);
        let sources = references.filter_map(|reference| match reference {
            Reference::Source(table) => Some(Object::new(ObjectKind::Table, table.clone())),
            _ => None,
        });
        level = sources.collect();
        if level.is_empty() {
            break;
        }
        depth += 1;
    }
    depth
}

fn removal(difference: &Difference) -> Option<&Object> {
    matches!(difference, Difference::Removed { .. }).then(|| difference.object())
}

fn restoration(difference: &Difference) -> Option<&Object> {
    (!matches!(difference, Difference::Removed { .. })).then(|| difference.object())
}

/// Runs a statement, unless the database would refuse it, and notes what it touches.
pub(super) fn run(schema: &mut Schema, statement: &str, touched: &mut BTreeSet<Object>) -> Option<()> {
    for (lowered, text) in surql::statements(statement) {
        let transition = Transition::of(schema, &Reached::new(schema, &lowered), &text);
        if !matches!(transition.verdict, Verdict::Done | Verdict::Skipped) {
            return None;
        }
        touched.extend(transition.touches.iter().map(|touch| touch.object.clone()));
        transition.apply(schema);
    }
    Some(())
}

/// The statements that give an object the definition it had.
fn define(entry: &Entry) -> Vec<String> {
    if !entry.definition.is_redacted() {
        return vec![entry.definition.overwriting()];
    }
    // The database shows no secret; the migrations hold what made it.
    surql::removing(&entry.definition).into_iter().chain(entry.script.iter().cloned()).collect()
}
