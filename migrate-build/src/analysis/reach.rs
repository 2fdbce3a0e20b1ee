use std::borrow::Cow;
use std::collections::BTreeSet;

use migrate_core::{Object, ObjectKind};

use super::schema::Schema;
use crate::definition::Reference;
use crate::operation::Lowered;
use crate::surql;

/// A statement together with what the functions and events do that it may run.
#[derive(Debug)]
pub(super) struct Reached<'a> {
    /// The statement, with what those bodies do to the schema, and delete, as if it stood inside.
    pub(super) lowered: Cow<'a, Lowered>,
    pub(super) reach: Reach,
}

/// How far a statement goes beyond what it names: through the events of the tables that it writes, and through the
/// functions that it calls.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The tables in which records may be created.
    pub(super) tables: BTreeSet<String>,
    /// Whether a table is written whose name only the run can tell.
    pub(super) anywhere: bool,
    /// The functions and events that it may run.
    bodies: BTreeSet<Object>,
}

impl<'a> Reached<'a> {
    pub(super) fn new(schema: &Schema, lowered: &'a Lowered) -> Self {
        let reach = Reach::of(schema, lowered);
        let definitions = reach.bodies.iter().filter_map(|body| schema.get(body));
        let changes: Vec<_> = definitions.flat_map(|entry| surql::body_changes(&entry.definition.text)).collect();
        let mut lowered = Cow::Borrowed(lowered);
        if !changes.is_empty() {
            lowered.to_mut().nested.extend(changes);
        }
        Self { lowered, reach }
    }
}

impl Reach {
    /// Follows bodies from body to body, each once.
    fn of(schema: &Schema, lowered: &Lowered) -> Self {
        let written = lowered.writes().flat_map(|write| write.tables.clone()).collect();
        let called = lowered.uses.calls.iter().map(|call| call.function.clone()).collect();
        let mut search = Search { written, called, seen: BTreeSet::new(), reach: Self::default() };
        while let Some(references) = search.next(schema) {
            for reference in references {
                search.follow(reference);
            }
        }
        search.reach
    }
}

/// A [`Reach`] while it is found.
struct Search {
    /// Tables whose events are still to be looked at.
    written: Vec<String>,
    /// Functions that are still to be looked at.
    called: Vec<String>,
    /// Tables whose events were looked at.
    seen: BTreeSet<String>,
    reach: Reach,
}

impl Search {
    /// What the next body names, or nothing when all were looked at.
    fn next(&mut self, schema: &Schema) -> Option<Vec<Reference>> {
        if let Some(table) = self.written.pop() {
            if !self.seen.insert(table.clone()) {
                return Some(Vec::new());
            }
            let events = schema.on_table(&table).filter(|(object, _)| object.kind() == ObjectKind::Event);
            let mut references = Vec::new();
            for (event, entry) in events {
                self.reach.bodies.insert(event.clone());
                references.extend(entry.definition.references.iter().cloned());
            }
            return Some(references);
        }
        let function = Object::new(ObjectKind::Function, self.called.pop()?);
        let is_new = self.reach.bodies.insert(function.clone());
        let entry = schema.get(&function).filter(|_| is_new);
        Some(entry.map(|entry| entry.definition.references.clone()).unwrap_or_default())
    }

    fn follow(&mut self, reference: Reference) {
        match reference {
            Reference::Create(table) => {
                self.reach.tables.insert(table.clone());
                self.written.push(table);
            }
            Reference::Change(table) => self.written.push(table),
            Reference::CreateAnywhere => self.reach.anywhere = true,
            Reference::Call(call) => self.called.push(call.function),
            Reference::Link(_)
            | Reference::Source(_)
            | Reference::Read(_)
            | Reference::Edge(_)
            | Reference::Analyzer(_) => {}
        }
    }
}
