use std::collections::BTreeSet;

use migrate_core::{Object, ObjectKind};

use super::schema::Schema;
use crate::definition::Reference;

/// The tables that a statement may write beside those that it names: through the events of those it writes, and through
/// the functions it calls.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) tables: BTreeSet<String>,
    /// Whether a table is written whose name only the run can tell.
    pub(super) anywhere: bool,
    functions: BTreeSet<String>,
}

impl Reach {
    /// Follows bodies from body to body, each once.
    pub(super) fn of(
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
                events.flat_map(|(_, entry)| entry.definition.references.clone()).collect()
            } else if let Some(function) = called.pop() {
                let entry = schema.get(&Object::new(ObjectKind::Function, function));
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
