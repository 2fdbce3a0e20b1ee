use std::collections::BTreeSet;
use std::ops::Range;

use migrate_core::{Object, ObjectKind, StatementKind};

use super::deleted::Deleted;
use super::effect::{Impact, Judge};
use super::refusal::Refusal;
use super::schema::Schema;
use super::transition::{Transition, Verdict};
use super::{Input, locate, locate_param, locate_text};
use crate::definition::Definition;
use crate::operation::{Define, Lowered, Operation};
use crate::suggest::closest;
use crate::surql::Batch;
use crate::write::Write;
use crate::{Diagnostic, Rule};

/// One statement as the rules see it.
pub(crate) struct Step<'a> {
    pub(crate) input: &'a Input<'a>,
    /// Where it stands in the text.
    pub(crate) range: Range<usize>,
    pub(crate) kind: StatementKind,
    /// The batch of rows that it writes, if it writes one.
    pub(crate) batch: Option<&'a Batch>,
    pub(crate) lowered: &'a Lowered,
    /// The schema before it, what there was before the migration, and the statements behind it.
    pub(crate) judge: Judge<'a>,
    pub(crate) transition: &'a Transition,
    pub(crate) impact: &'a Impact,
    /// The parameters that the statements before it bound.
    pub(crate) bound: &'a BTreeSet<String>,
    /// What the statements before it in the migration deleted.
    pub(crate) deleted: &'a Deleted,
}

impl<'a> Step<'a> {
    /// The schema before the statement.
    pub(crate) const fn schema(&self) -> &'a Schema {
        self.judge.schema
    }

    /// The `DEFINE` that it is, if it is one.
    pub(crate) fn define(&self) -> Option<&'a Define> {
        if let Operation::Define(define) = &self.lowered.operation { Some(define) } else { None }
    }

    /// The definition that it leaves its object with.
    pub(crate) fn definition(&self) -> Option<&'a Definition> {
        let object = self.object()?;
        let touch = self.transition.touches.iter().rev().find(|touch| touch.object == *object)?;
        touch.after.as_ref().map(|entry| &*entry.definition)
    }

    /// The object that it defines, alters, removes or rebuilds.
    pub(crate) fn object(&self) -> Option<&'a Object> {
        match &self.lowered.operation {
            Operation::Define(define) => Some(&define.definition.object),
            Operation::Alter(alter) => Some(&alter.object),
            Operation::Remove(remove) => Some(&remove.object),
            Operation::Rebuild { index, .. } => Some(index),
            Operation::Dynamic(dynamic) => dynamic.object.as_ref(),
            Operation::Write(_)
            | Operation::Let(_)
            | Operation::Throw
            | Operation::Outside { .. }
            | Operation::Other => None,
        }
    }

    /// Whether the database refuses it for this reason.
    pub(crate) fn is_refused_for(&self, refusal: Refusal) -> bool {
        self.transition.verdict == Verdict::Refused(refusal)
    }

    /// The statement's own text.
    pub(crate) fn text(&self) -> &'a str {
        self.input.source.text().get(self.range.clone()).unwrap_or_default()
    }

    /// Says something about the name of an object or of something else in the statement.
    pub(crate) fn at_name(&self, rule: &'static Rule, name: &str, message: String, help: String) -> Diagnostic {
        let range = locate(self.input.source.text(), &self.range, name);
        Diagnostic::of_text(rule, self.input.source, range, message, help)
    }

    /// Says something about a part of the text.
    pub(crate) fn at(&self, rule: &'static Rule, range: Range<usize>, message: String, help: String) -> Diagnostic {
        Diagnostic::of_text(rule, self.input.source, range, message, help)
    }

    /// Says something about a parameter.
    pub(crate) fn at_param(&self, rule: &'static Rule, name: &str, message: String, help: String) -> Diagnostic {
        let range = locate_param(self.input.source.text(), &self.range, name);
        Diagnostic::of_text(rule, self.input.source, range, message, help)
    }

    /// Says something about what stands in quotes.
    pub(crate) fn at_text(&self, rule: &'static Rule, text: &str, message: String, help: String) -> Diagnostic {
        let range = locate_text(self.input.source.text(), &self.range, text);
        Diagnostic::of_text(rule, self.input.source, range, message, help)
    }

    /// Whether the statement itself may change what is on a table, or that there is one.
    pub(crate) fn touches(&self, table: &str) -> bool {
        let transition = self.transition;
        let is_it = |object: &Object| {
            object.table() == Some(table) || (object.kind() == ObjectKind::Table && object.name() == table)
        };
        !transition.vague.is_empty() || transition.touches.iter().any(|touch| is_it(&touch.object))
    }

    /// Whether the statement itself may define an object before it uses it.
    pub(crate) fn may_define(&self, object: &Object) -> bool {
        let touches = self.transition.touches.iter().any(|touch| touch.object == *object);
        touches || self.transition.vague.contains(&object.kind())
    }

    /// Says something about a name in one of the writes of the statement.
    pub(crate) fn at_write(
        &self,
        rule: &'static Rule,
        write: &Write,
        name: &str,
        message: String,
        help: String,
    ) -> Diagnostic {
        let range = write.range.as_ref().map_or(self.range.clone(), |range| {
            self.range.start.saturating_add(range.start)..self.range.start.saturating_add(range.end)
        });
        let range = locate(self.input.source.text(), &range, name);
        Diagnostic::of_text(rule, self.input.source, range, message, help)
    }

    /// Says something about the statement's head: its first words, as far as they stand on one line.
    pub(crate) fn at_head(&self, rule: &'static Rule, message: String, help: String) -> Diagnostic {
        let line = self.text().find('\n').unwrap_or(self.range.len());
        let range = self.range.start..self.range.start + line;
        Diagnostic::of_text(rule, self.input.source, range, message, help)
    }

    /// Whether the migration may break this rule.
    pub(crate) fn allows(&self, rule: &Rule) -> bool {
        self.input.allows.contains(&rule.code)
    }
}

/// A migration's end as the rules see it: what it defined, and the schema that it leaves.
pub(crate) struct Ending<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) schema: &'a Schema,
    /// What it defines or alters, with the place of the statement.
    pub(crate) defined: &'a [(Range<usize>, Definition)],
}

impl Ending<'_> {
    /// Says something about a name in one of the statements.
    pub(crate) fn at_name(
        &self,
        rule: &'static Rule,
        statement: &Range<usize>,
        name: &str,
        message: String,
        help: String,
    ) -> Diagnostic {
        let range = locate(self.input.source.text(), statement, name);
        Diagnostic::of_text(rule, self.input.source, range, message, help)
    }
}

impl Schema {
    /// The name that was most likely meant, among the objects of a kind: on one table, or of the database.
    pub(crate) fn nearest(&self, object: &Object) -> Option<String> {
        let names: Vec<&str> = self
            .of_kind(object.kind())
            .filter(|(other, _)| other.table() == object.table())
            .map(|(other, _)| other.name())
            .collect();
        closest(object.name(), &names).map(str::to_owned)
    }

    /// Whether it is certain that there is no table of this name.
    pub(crate) fn lacks_table(&self, name: &str) -> bool {
        self.lacks(&Object::new(ObjectKind::Table, name.to_owned()))
    }
}

/// `did you mean X?`, or another advice.
pub(crate) fn did_you_mean(nearest: Option<String>, otherwise: impl FnOnce() -> String) -> String {
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => otherwise(),
    }
}
