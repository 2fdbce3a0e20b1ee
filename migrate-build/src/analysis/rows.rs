//! What statements do to the schema that are no definitions: writes create tables, and what stands inside others may do
//! anything.

use migrate_core::{Object, ObjectKind};

use super::draft::Draft;
use super::reach::Reach;
use super::schema::{Certainty, Entry};
use super::transition::Verdict;
use crate::operation::{Dynamic, Operation};
use crate::surql;
use crate::write::Write;

impl Draft<'_> {
    /// What an operation does that is no definition of its own.
    pub(super) fn other(&mut self, operation: &Operation) -> Verdict {
        match operation {
            Operation::Write(write) => self.write(write),
            Operation::Dynamic(dynamic) => self.dynamic(dynamic),
            _ => Verdict::Done,
        }
    }

    fn write(&mut self, write: &Write) -> Verdict {
        if !write.action.creates_table() {
            let table = |name: &String| Object::new(ObjectKind::Table, name.clone());
            let missing = write.certain && write.tables.iter().any(|name| self.schema.lacks(&table(name)));
            return if missing { Verdict::Missing } else { Verdict::Done };
        }
        let certainty = if write.certain { Certainty::Exact } else { Certainty::Possible };
        write.tables.iter().for_each(|table| self.ensure_table(table, certainty));
        if write.elsewhere {
            self.transition.vague.push(ObjectKind::Table);
        }
        Verdict::Done
    }

    /// Notes the tables that events and functions may write, and so create, when the statement runs.
    pub(super) fn reach(&mut self, reach: &Reach) {
        reach.tables.iter().for_each(|table| self.ensure_table(table, Certainty::Possible));
        if reach.anywhere {
            self.transition.vague.push(ObjectKind::Table);
        }
    }

    /// Creates a table as the database does when something needs one that does not exist.
    pub(super) fn ensure_table(&mut self, name: &str, certainty: Certainty) {
        let object = Object::new(ObjectKind::Table, name.to_owned());
        // Where other modules come before, one of them may define it: then there may be rows, and it is none of this one's doing.
        if self.now(&object).is_some() || self.schema.is_shared() {
            return;
        }
        // Where there may be such a table already, it is not known which of the two it will be.
        let certainty = if self.schema.lacks(&object) { certainty } else { certainty.min(Certainty::Present) };
        if let Some(definition) = surql::implicit_table(name) {
            self.touch(object, Some(Entry { certainty, ..Entry::exact(definition) }));
        }
    }

    fn dynamic(&mut self, dynamic: &Dynamic) -> Verdict {
        let Some(object) = &dynamic.object else {
            self.transition.vague.push(dynamic.kind);
            return Verdict::Unclear;
        };
        match (self.now(object), &dynamic.definition) {
            (Some(entry), _) => {
                let certainty = if dynamic.removes() { Certainty::Possible } else { Certainty::Present };
                let certainty = certainty.min(entry.certainty);
                self.touch(object.clone(), Some(Entry { certainty, ..entry }));
            }
            (None, Some(definition)) => {
                if let Some(table) = object.table() {
                    self.ensure_table(table, Certainty::Possible);
                }
                self.put(Entry { certainty: Certainty::Possible, ..Entry::exact(definition.clone()) });
            }
            // What does not exist is neither altered nor removed.
            (None, None) => {}
        }
        Verdict::Unclear
    }
}
