use std::collections::BTreeSet;

use migrate_core::{Object, ObjectKind};

use super::schema::Schema;
use crate::definition::Reference;
use crate::operation::{Lowered, Operation};

/// The tables that a statement may write beside those that it names: through the events of those it writes, and through
/// the functions it calls.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) tables: BTreeSet<String>,
    /// Whether a table is written whose name only the run can tell.
    pub(super) anywhere: bool,
    functions: BTreeSet<String>,
    /// The functions and events that it may run.
    pub(super) bodies: BTreeSet<Object>,
}

impl Reach {
    /// How far a statement reaches.
    pub(super) fn of_statement(schema: &Schema, lowered: &Lowered) -> Self {
        let operations = std::iter::once(&lowered.operation).chain(&lowered.nested);
        let written = operations.filter_map(|operation| match operation {
            Operation::Write(write) => Some(write.tables.clone()),
            _ => None,
        });
        Self::of(schema, written.flatten(), lowered.calls.iter().map(|call| call.function.clone()))
    }

    /// Follows bodies from body to body, each once.
    fn of(
        schema: &Schema,
        tables: impl IntoIterator<Item = String>,
        functions: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut reach = Self::default();
        let mut written: Vec<String> = tables.into_iter().collect();
        let mut called: Vec<String> = functions.into_iter().collect();
        loop {
            let references = if let Some(table) = written.pop() {
                let events = schema.on_table(&table).filter(|(object, _)| object.kind() == ObjectKind::Event);
                let events: Vec<_> = events.collect();
                reach.bodies.extend(events.iter().map(|(object, _)| (*object).clone()));
                events.into_iter().flat_map(|(_, entry)| entry.definition.references.clone()).collect()
            } else if let Some(function) = called.pop() {
                let object = Object::new(ObjectKind::Function, function);
                let entry = schema.get(&object);
                reach.bodies.insert(object);
                entry.map(|entry| entry.definition.references.clone()).unwrap_or_default()
            } else {
                return reach;
            };
            for reference in references {
                reach.follow(reference, &mut written, &mut called);
            }
        }
    }

    fn follow(&mut self, reference: Reference, written: &mut Vec<String>, called: &mut Vec<String>) {
        match reference {
            Reference::Create(table) if self.tables.insert(table.clone()) => written.push(table),
            Reference::CreateAnywhere => self.anywhere = true,
            Reference::Call(call) if self.functions.insert(call.function.clone()) => called.push(call.function),
            _ => {}
        }
    }
}
