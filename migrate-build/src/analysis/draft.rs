use std::rc::Rc;

use migrate_core::{Object, ObjectKind};

use super::refusal;
use super::schema::{Certainty, Entry, Presence, Schema};
use super::transition::{Ground, Touch, Transition, Verdict};
use crate::operation::{Alter, Define, Existing, Remove};
use crate::surql;

/// A transition while it is found.
pub(super) struct Draft<'a> {
    pub(super) schema: &'a Schema,
    pub(super) transition: Transition,
}

impl Draft<'_> {
    /// The object as the touches so far leave it.
    pub(super) fn now(&self, object: &Object) -> Option<Entry> {
        let touched = self.transition.touches.iter().rev().find(|touch| touch.object == *object);
        match touched {
            Some(touch) => touch.after.clone(),
            None => self.schema.get(object).cloned(),
        }
    }

    pub(super) fn touch(&mut self, object: Object, after: Option<Entry>) {
        let before = self.now(&object);
        self.transition.touches.push(Touch { object, before, after });
    }

    pub(super) fn define(&mut self, define: &Define, text: &str) -> Verdict {
        let object = &define.definition.object;
        let presence = self.schema.presence(object);
        match (presence, define.existing) {
            (Presence::Present(_), Existing::Fails) => return Verdict::Exists,
            (Presence::Present(_), Existing::Stays) => return Verdict::Skipped,
            _ => {}
        }
        // What is refused is folded in all the same: once the mistake is mended, what comes behind it builds on it.
        let refusal = refusal::of_definition(self.schema, &define.definition);
        // Another module's table is there before, as the modules' own check makes sure: it is not this migration's doing.
        match object.table() {
            Some(table) if self.may_be_of_another_module(table) => self.transition.ground = Ground::OfAnotherModule,
            Some(table) => self.ensure_table(table, Certainty::Exact),
            None => {}
        }
        let is_unclear = matches!(presence, Presence::Unclear);
        let may_be_there = is_unclear || self.schema.is_shared();
        let certainty = match define.unknown {
            // What was there may stay: here, or in a module that comes before this one.
            _ if may_be_there && define.existing == Existing::Stays => Certainty::Present,
            Some(_) => Certainty::Present,
            None => Certainty::Exact,
        };
        let script = if define.definition.is_redacted() { vec![text.to_owned()] } else { Vec::new() };
        self.put(Entry { definition: Rc::new(define.definition.clone()), certainty, stray: false, script });
        match refusal {
            Some(refusal) => Verdict::Refused(refusal),
            None if is_unclear && define.existing != Existing::IsReplaced => Verdict::Unclear,
            None => Verdict::Done,
        }
    }

    /// What comes of `IF EXISTS` where this module defines no such thing: nothing, unless another one may have.
    fn skipped(&mut self) -> Verdict {
        if !self.schema.is_shared() {
            return Verdict::Skipped;
        }
        self.transition.ground = Ground::OfAnotherModule;
        Verdict::Unclear
    }

    /// Whether this module knows nothing of a table, and one that comes before it may define it.
    fn may_be_of_another_module(&self, table: &str) -> bool {
        let table = Object::new(ObjectKind::Table, table.to_owned());
        self.schema.is_shared() && self.now(&table).is_none()
    }

    /// Puts a definition in place, and what it implies.
    pub(super) fn put(&mut self, entry: Entry) {
        let implied = surql::implied(&entry.definition);
        let certainty = entry.certainty;
        self.touch(entry.definition.object.clone(), Some(entry));
        for implied in implied {
            let before = self.now(&implied.object);
            if let Some(definition) = implied.apply(before.as_ref().map(|entry| &*entry.definition)) {
                let certainty = before.map_or(certainty, |before| before.certainty.min(certainty));
                let entry = Entry { certainty, stray: implied.is_stray, ..Entry::exact(definition) };
                self.touch(implied.object, Some(entry));
            }
        }
    }

    pub(super) fn alter(&mut self, alter: &Alter, text: &str) -> Verdict {
        let entry = match self.schema.presence(&alter.object) {
            Presence::Present(entry) => entry.clone(),
            Presence::Unclear => match self.schema.get(&alter.object) {
                Some(entry) => entry.clone(),
                None => return Verdict::Unclear,
            },
            Presence::Absent if alter.if_exists => return self.skipped(),
            Presence::Absent => {
                let Some(define) = alter.alteration.create() else { return Verdict::Missing };
                self.put(Entry::exact(define.definition));
                return Verdict::Done;
            }
        };
        let Some(define) = alter.alteration.apply(&entry.definition) else { return Verdict::Unclear };
        let refusal = refusal::of_definition(self.schema, &define.definition);
        let certainty = if define.unknown.is_some() { Certainty::Present } else { Certainty::Exact };
        let mut script = entry.script;
        if define.definition.is_redacted() {
            script.push(text.to_owned());
        }
        let certainty = certainty.min(entry.certainty);
        let altered = Entry { definition: Rc::new(define.definition), certainty, stray: false, script };
        // Altering a field implies nothing; a table only its ends, when its type is given.
        if alter.alteration.sets_table_type() {
            self.put(altered);
        } else {
            self.touch(alter.object.clone(), Some(altered));
        }
        match refusal {
            Some(refusal) => Verdict::Refused(refusal),
            None if certainty == Certainty::Possible => Verdict::Unclear,
            None => Verdict::Done,
        }
    }

    pub(super) fn remove(&mut self, remove: &Remove) -> Verdict {
        let presence = self.schema.presence(&remove.object);
        match presence {
            Presence::Absent if remove.if_exists => return self.skipped(),
            Presence::Absent => return Verdict::Missing,
            Presence::Unclear | Presence::Present(_) => {}
        }
        let refusal = refusal::of_removal(self.schema, &remove.object);
        if remove.object.kind() == ObjectKind::Table {
            let on_it: Vec<Object> =
                self.schema.on_table(remove.object.name()).map(|(object, _)| object.clone()).collect();
            for object in on_it {
                self.touch(object, None);
            }
        }
        self.touch(remove.object.clone(), None);
        match refusal {
            Some(refusal) => Verdict::Refused(refusal),
            None if matches!(presence, Presence::Unclear) => Verdict::Unclear,
            None => Verdict::Done,
        }
    }

    pub(super) fn rebuild(&self, index: &Object, if_exists: bool) -> Verdict {
        match self.schema.presence(index) {
            Presence::Present(_) => Verdict::Done,
            Presence::Unclear => Verdict::Unclear,
            Presence::Absent if if_exists => Verdict::Skipped,
            Presence::Absent => Verdict::Missing,
        }
    }
}
