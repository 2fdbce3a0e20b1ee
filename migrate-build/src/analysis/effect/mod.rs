//! What a statement does to those who still run the older binary.

mod field;
mod index;
mod other;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use migrate_core::{Effect, Loss, Object, ObjectKind};

use super::schema::{Entry, Schema};
use super::transition::{Touch, Transition};
use crate::definition::{Definition, Secret, Shape};
use crate::operation::{Define, Dynamic, Existing, Lowered, Operation, Reach};
use crate::write::{Action, Write};

/// One effect, and why, as a clause that goes on from the name of what is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Impact {
    pub(crate) effect: Effect,
    pub(crate) reason: String,
}

impl Impact {
    fn new(effect: Effect, reason: impl Into<String>) -> Self {
        Self { effect, reason: reason.into() }
    }

    fn restrictive(reason: impl Into<String>) -> Self {
        Self::new(Effect::Restrictive, reason)
    }

    fn additive(reason: impl Into<String>) -> Self {
        Self::new(Effect::Additive, reason)
    }
}

/// What was there before the migration, of all that the migration touched so far.
pub(crate) type Origin = BTreeMap<Object, Option<Entry>>;

/// Judges a statement by what it does to a schema.
pub(crate) struct Judge<'a> {
    /// The schema before the statement.
    pub(crate) schema: &'a Schema,
    pub(crate) origin: &'a Origin,
    /// The statements behind it in the same migration.
    pub(crate) rest: &'a [Lowered],
}

impl<'a> Judge<'a> {
    /// The greatest effect of a statement and of all that stands inside it.
    pub(crate) fn statement(&self, lowered: &Lowered, transition: &Transition) -> Impact {
        let touches = transition.touches.iter().map(|touch| self.touch(touch));
        let operations = lowered.operations().map(|operation| self.operation(operation));
        let calls = lowered
            .uses
            .calls
            .iter()
            .map(|call| Impact::new(Effect::Data, format!("`fn::{}` is run, which may write", call.function)));
        let foreign = lowered.uses.foreign.iter();
        let foreign = foreign.map(|what| Impact::new(Effect::Data, format!("{what} is run, which may write")));
        let sequences = lowered.uses.sequences.iter();
        let sequences = sequences.map(|name| Impact::new(Effect::Data, format!("a number is taken from `{name}`")));
        let others = transition.foreign(lowered).map(|(kind, reach)| reaches(kind, reach));
        let all = touches.chain(operations).chain(calls).chain(foreign).chain(sequences).chain(others);
        let greatest = all.reduce(|greatest, impact| if impact.effect > greatest.effect { impact } else { greatest });
        greatest.unwrap_or_else(|| Impact::new(Effect::Neutral, ""))
    }

    /// What becomes of one object.
    pub(crate) fn touch(&self, touch: &Touch) -> Impact {
        let before = touch.before.as_ref().map(|entry| &*entry.definition);
        let after = touch.after.as_ref().map(|entry| &*entry.definition);
        if touch.before == touch.after || (before == after && touch.after.as_ref().is_some_and(Entry::is_exact)) {
            return Impact::new(Effect::Neutral, "");
        }
        if self.is_on_new_table(&touch.object) {
            return Impact::additive("no older binary knows its table");
        }
        // What this migration itself made is judged by what comes of it in the end.
        let before = if self.is_new(&touch.object) { None } else { before };
        self.change(&touch.object, before, after)
    }

    /// What a change of definition does, to an object that an older binary may know.
    pub(crate) fn change(&self, object: &Object, before: Option<&Definition>, after: Option<&Definition>) -> Impact {
        match (before, after) {
            (None, None) => Impact::new(Effect::Neutral, ""),
            (None, Some(after)) => self.addition(object, after),
            (Some(before), None) => removal(object, before),
            (Some(before), Some(after)) => modification(before, after),
        }
    }

    fn addition(&self, object: &Object, after: &Definition) -> Impact {
        match &after.shape {
            Shape::Field(field) => {
                let is_backfilled = object.table().is_some_and(|table| self.is_backfilled(table));
                field::addition(field, &self.parent(object, &field.path), is_backfilled)
            }
            Shape::Index(index) => index::addition(index),
            _ => Impact::additive("it is new"),
        }
    }

    /// The field that a path is part of, where an older binary may know that field.
    fn parent(&self, object: &Object, path: &[String]) -> field::Parent<'a> {
        let Some(table) = object.table() else { return field::Parent::Unknown };
        let schema: &'a Schema = self.schema;
        let is_parent =
            |field: &crate::definition::Field| field.path.len() + 1 == path.len() && path.starts_with(&field.path);
        let parent = schema.fields(table).find(|(_, field)| is_parent(field));
        match parent {
            Some((parent, _)) if self.is_new(parent) => field::Parent::New,
            Some((_, field)) => field::Parent::Known(&field.value_type),
            None => field::Parent::Unknown,
        }
    }

    /// Whether the migration goes on to write the rows that a table has.
    pub(crate) fn is_backfilled(&self, table: &str) -> bool {
        let operations = self.rest.iter().flat_map(Lowered::operations);
        operations.into_iter().any(|operation| match operation {
            Operation::Write(write) => {
                matches!(write.action, Action::Update | Action::Upsert)
                    && (write.elsewhere || write.tables.iter().any(|name| name == table))
            }
            _ => false,
        })
    }

    /// Whether an object, or the table it stands on, was not there before this migration.
    pub(crate) fn is_new(&self, object: &Object) -> bool {
        self.was_absent(object) || self.is_on_new_table(object)
    }

    /// Whether the table that an object stands on was not there before this migration.
    pub(crate) fn is_on_new_table(&self, object: &Object) -> bool {
        let table = object.table().map(|table| Object::new(ObjectKind::Table, table.to_owned()));
        table.is_some_and(|table| self.was_absent(&table))
    }

    fn was_absent(&self, object: &Object) -> bool {
        matches!(self.origin.get(object), Some(None))
    }

    fn operation(&self, operation: &Operation) -> Impact {
        match operation {
            Operation::Write(write) => self.write(write),
            Operation::Dynamic(dynamic) => self.dynamic(dynamic),
            Operation::Outside { removes: true } => {
                Impact::new(Effect::Destructive(Loss::Unsafe), "it removes what is not this database's own")
            }
            Operation::Outside { removes: false } => Impact::restrictive("it changes what is not this database's own"),
            Operation::Define(define) if self.remakes_key(define) => {
                Impact::restrictive("its key is made anew, and every token that it issued is void")
            }
            // What else a definition does is judged by what it touches.
            Operation::Define(_)
            | Operation::Alter(_)
            | Operation::Remove(_)
            | Operation::Rebuild { .. }
            | Operation::Let(_)
            | Operation::Throw
            | Operation::Other => Impact::new(Effect::Neutral, ""),
        }
    }

    /// Whether a definition, word for word the same or not, gives an access method another key than it had.
    pub(crate) fn remakes_key(&self, define: &Define) -> bool {
        let object = &define.definition.object;
        let is_generated = define.definition.shape.access().is_some_and(|access| access.secret == Secret::Generated);
        let is_replaced = define.existing == Existing::IsReplaced && self.schema.get(object).is_some();
        is_generated && is_replaced && !self.is_new(object)
    }

    /// Whether a statement writes to a table that was there before the migration, or may do so.
    pub(crate) fn writes_known_rows(&self, write: &Write) -> bool {
        let table = |name: &String| Object::new(ObjectKind::Table, name.clone());
        write.elsewhere || write.tables.iter().any(|name| !self.is_new(&table(name)))
    }

    fn write(&self, write: &Write) -> Impact {
        if write.action == Action::Delete && self.writes_known_rows(write) {
            return Impact::new(Effect::Destructive(Loss::Data), "rows are deleted");
        }
        Impact::new(Effect::Data, "rows are written")
    }

    fn dynamic(&self, dynamic: &Dynamic) -> Impact {
        if dynamic.object.as_ref().is_some_and(|object| self.is_new(object)) {
            return Impact::additive("no older binary knows it");
        }
        reaches(dynamic.kind, dynamic.reach)
    }
}

/// What becomes of an object of which only its kind is known.
fn reaches(kind: ObjectKind, reach: Reach) -> Impact {
    match (reach, kind) {
        (Reach::Adds, _) => Impact::additive("it may add to the schema"),
        (Reach::Changes, _) => Impact::restrictive("it may change what is there, and nobody can tell how"),
        (Reach::Removes, ObjectKind::Table) => Impact::new(Effect::Destructive(Loss::Unsafe), "it may remove a table"),
        (Reach::Removes, ObjectKind::Field) => Impact::new(Effect::Destructive(Loss::Data), "it may remove a field"),
        (Reach::Removes, _) => Impact::restrictive("it may remove what an older binary uses"),
    }
}

fn removal(object: &Object, before: &Definition) -> Impact {
    match (&before.shape, object.kind()) {
        (Shape::Table(_), _) => Impact::new(Effect::Destructive(Loss::Unsafe), "the table goes with all its rows"),
        (Shape::Field(field), _) => field::removal(field),
        (Shape::Index(index), _) => index::removal(index),
        (_, ObjectKind::Sequence) => {
            Impact::new(Effect::Destructive(Loss::Data), "the sequence forgets which numbers it gave")
        }
        (_, kind) => Impact::restrictive(format!("an older binary may use this {kind}")),
    }
}

fn modification(before: &Definition, after: &Definition) -> Impact {
    match (&before.shape, &after.shape) {
        (Shape::Table(before), Shape::Table(after)) => table::modification(before, after),
        (Shape::Field(before), Shape::Field(after)) => field::modification(before, after),
        (Shape::Index(before), Shape::Index(after)) => index::modification(before, after),
        (Shape::Function(before), Shape::Function(after)) => other::function(before, after),
        (Shape::Param(before), Shape::Param(after)) => other::param(before, after),
        (Shape::Event(before), Shape::Event(after)) => other::behaviour(&before.behaviour, &after.behaviour, "event"),
        (Shape::Api(before), Shape::Api(after)) => other::behaviour(&before.behaviour, &after.behaviour, "API"),
        _ => Impact::restrictive(format!("an older binary may use this {} as it was", before.object.kind())),
    }
}
