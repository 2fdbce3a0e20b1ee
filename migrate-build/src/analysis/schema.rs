use std::collections::BTreeSet;
use std::rc::Rc;

use migrate_core::{Catalog, Difference, Object, ObjectKind};
use rpds::{RedBlackTreeMap, RedBlackTreeSet};

use crate::definition::{Definition, Field, Table};
use crate::surql::{self, Implied};

/// The schema at one point of the chain: what is known of each object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    /// Copies share what is the same, so that one for each try of an undo costs no time.
    objects: RedBlackTreeMap<Object, Entry>,
    /// Those among them whose definitions name others.
    referring: RedBlackTreeSet<Object>,
    /// Kinds of which there may be more objects, or fewer, than are listed: a name was decided at run time.
    vague: BTreeSet<ObjectKind>,
    /// Whether other modules may define what this one does not.
    is_shared: bool,
}

/// What is known of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its definition; as far as the text told, where it is not exact.
    pub(crate) definition: Rc<Definition>,
    /// How much of this is certain.
    pub(crate) certainty: Certainty,
    /// Whether no statement finds it, as the database keeps it under another key than the one that statements look up:
    /// so it is with the implied parts of a field whose name is a keyword, like `value`.
    pub(crate) stray: bool,
    /// For what the database shows only redacted: the statements that made it, as they stand in the migrations.
    pub(crate) script: Vec<String>,
}

/// How much is known of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Certainty {
    /// It may exist.
    Possible,
    /// It exists, with a text that only its run can tell.
    Present,
    /// It exists with this very text.
    Exact,
}

/// Whether an object exists.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Presence<'a> {
    Absent,
    Unclear,
    Present(&'a Entry),
}

impl Entry {
    pub(crate) fn exact(definition: Definition) -> Self {
        Self { definition: Rc::new(definition), certainty: Certainty::Exact, stray: false, script: Vec::new() }
    }

    pub(crate) fn is_exact(&self) -> bool {
        self.certainty == Certainty::Exact
    }
}

impl Schema {
    /// The schema before the first migration. `is_shared` says whether other modules come before it.
    pub(crate) fn new(is_shared: bool) -> Self {
        Self { is_shared, ..Self::default() }
    }

    /// Whether other modules come before it, and may define what it names.
    pub(crate) const fn is_shared(&self) -> bool {
        self.is_shared
    }

    pub(crate) fn get(&self, object: &Object) -> Option<&Entry> {
        self.objects.get(object)
    }

    pub(crate) fn presence(&self, object: &Object) -> Presence<'_> {
        match self.objects.get(object).filter(|entry| !entry.stray) {
            Some(entry) if entry.certainty > Certainty::Possible => Presence::Present(entry),
            Some(_) => Presence::Unclear,
            None if self.vague.contains(&object.kind()) => Presence::Unclear,
            None => Presence::Absent,
        }
    }

    /// Whether it is certain that there is no such object, not even of another module.
    pub(crate) fn lacks(&self, object: &Object) -> bool {
        !self.is_shared && matches!(self.presence(object), Presence::Absent)
    }

    pub(crate) fn set(&mut self, object: Object, entry: Option<Entry>) {
        if entry.as_ref().is_some_and(|entry| !entry.definition.references.is_empty()) {
            self.referring.insert_mut(object.clone());
        } else if self.referring.contains(&object) {
            self.referring.remove_mut(&object);
        }
        match entry {
            Some(entry) => self.objects.insert_mut(object, entry),
            None => _ = self.objects.remove_mut(&object),
        }
    }

    /// Whether there may be more or fewer objects of a kind than are known.
    pub(crate) fn is_vague(&self, kind: ObjectKind) -> bool {
        self.vague.contains(&kind)
    }

    pub(crate) fn set_vague(&mut self, kind: ObjectKind) {
        self.vague.insert(kind);
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Object, &Entry)> {
        self.objects.iter()
    }

    pub(crate) fn of_kind(&self, kind: ObjectKind) -> impl Iterator<Item = (&Object, &Entry)> {
        self.objects.range(Object::new(kind, "")..).take_while(move |(object, _)| object.kind() == kind)
    }

    /// Those of a kind whose definitions name others: few among many, so that looking for one takes no time.
    pub(crate) fn referring(&self, kind: ObjectKind) -> impl Iterator<Item = &Entry> {
        let of_kind = self.referring.range(Object::new(kind, "")..).take_while(move |object| object.kind() == kind);
        of_kind.filter_map(|object| self.get(object))
    }

    /// Everything that stands on a table.
    pub(crate) fn on_table<'a>(&'a self, table: &str) -> impl Iterator<Item = (&'a Object, &'a Entry)> + use<'a> {
        let of_kind = |kind| {
            let from = Object::on(table.to_owned(), kind, "");
            let table = table.to_owned();
            let is_on_it = move |object: &Object| object.kind() == kind && object.table() == Some(&table);
            self.objects.range(from..).take_while(move |(object, _)| is_on_it(object))
        };
        of_kind(ObjectKind::Field).chain(of_kind(ObjectKind::Index)).chain(of_kind(ObjectKind::Event))
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.get(&Object::new(ObjectKind::Table, name.to_owned()))?.definition.shape.table()
    }

    /// A table of which it is certain how it is defined, and that no other module has to do with it.
    pub(crate) fn certain_table(&self, name: &str) -> Option<&Table> {
        match self.presence(&Object::new(ObjectKind::Table, name.to_owned())) {
            Presence::Present(entry) if entry.is_exact() && !self.is_shared => entry.definition.shape.table(),
            _ => None,
        }
    }

    pub(crate) fn fields<'a>(&'a self, table: &str) -> impl Iterator<Item = (&'a Object, &'a Field)> + use<'a> {
        self.on_table(table).filter_map(|(object, entry)| Some((object, entry.definition.shape.field()?)))
    }

    /// What implies a field, and how: the array that it is a part of, or the relation that it is an end of.
    pub(crate) fn implying(&self, object: &Object) -> Option<(&Object, Implied)> {
        let table = object.table()?;
        let relation = self.objects.get_key_value(&Object::new(ObjectKind::Table, table.to_owned()));
        let around = relation.into_iter().chain(self.on_table(table));
        let implied = |entry: &Entry| surql::implied(&entry.definition).into_iter().find(|one| one.object == *object);
        around.filter(|(other, _)| *other != object).find_map(|(other, entry)| Some((other, implied(entry)?)))
    }

    /// How these objects differ from what they are in another schema, as far as both are certain.
    pub(crate) fn differences(&self, other: &Self, objects: &BTreeSet<Object>) -> Vec<Difference> {
        let exact = |schema: &Self, object: &Object| {
            let entry = schema.get(object).filter(|entry| entry.is_exact())?;
            Some(Rc::clone(&entry.definition))
        };
        let difference = |object: &Object| {
            let (before, after) = (exact(self, object), exact(other, object));
            let object = object.clone();
            match (before, after) {
                (None, Some(after)) => Some(Difference::Added { object, definition: after.text.clone() }),
                (Some(before), None) => Some(Difference::Removed { object, definition: before.text.clone() }),
                (Some(before), Some(after)) if before.text != after.text => {
                    Some(Difference::Modified { object, before: before.text.clone(), after: after.text.clone() })
                }
                _ => None,
            }
        };
        objects.iter().filter_map(difference).collect()
    }

    /// What of it is certain, as a catalog.
    pub(crate) fn catalog(&self) -> Catalog {
        let exact = self.objects.iter().filter(|(_, entry)| entry.is_exact());
        exact.map(|(object, entry)| (object.clone(), entry.definition.text.clone())).collect()
    }
}
