use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::{Change, DifferenceClass, Object};

/// A whole schema: each object with its canonical definition, in the order in which they can be created.
///
/// The canonical definition is the text which the database itself reports in `INFO FOR DB` and `INFO FOR TABLE`, so a
/// catalog computed at build time can be compared verbatim with a live one.
///
/// ```
/// # use migrate_core::{Catalog, Difference, Object, ObjectKind};
/// let user = || Object::new(ObjectKind::Table, "user");
/// let mut before = Catalog::new();
/// before.define(user(), "DEFINE TABLE user TYPE NORMAL SCHEMALESS PERMISSIONS NONE");
/// let mut after = before.clone();
/// after.define(user(), "DEFINE TABLE user TYPE NORMAL SCHEMAFULL PERMISSIONS NONE");
/// assert!(matches!(&before.diff(&after)[..], [Difference::Modified { object, .. }] if *object == user()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog(BTreeMap<Object, String>);

/// How one object differs between two catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum Difference {
    /// Only the later catalog has it.
    Added { object: Object, definition: String },
    /// Only the earlier catalog has it.
    Removed { object: Object, definition: String },
    /// Both have it, with different definitions.
    Modified { object: Object, before: String, after: String },
}

impl Difference {
    /// The object that differs.
    pub const fn object(&self) -> &Object {
        match self {
            Self::Added { object, .. } | Self::Removed { object, .. } | Self::Modified { object, .. } => object,
        }
    }

    /// How much it means. That an object is only in one of them is real.
    pub fn class(&self) -> DifferenceClass {
        match self {
            Self::Added { .. } | Self::Removed { .. } => DifferenceClass::Real,
            Self::Modified { before, after, .. } => DifferenceClass::of(before, after),
        }
    }
}

impl Catalog {
    /// The empty catalog: a database without definitions.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Gives an object a definition and returns the one it had.
    pub fn define(&mut self, object: Object, definition: impl Into<String>) -> Option<String> {
        self.0.insert(object, definition.into())
    }

    /// Takes an object away and returns the definition it had. What stands on a table is not taken with it.
    pub fn remove(&mut self, object: &Object) -> Option<String> {
        self.0.remove(object)
    }

    /// Applies one change.
    pub fn apply(&mut self, change: &Change) {
        match change.definition() {
            Some(definition) => self.define(change.object().clone(), definition),
            None => self.remove(change.object()),
        };
    }

    /// The definition of an object.
    pub fn get(&self, object: &Object) -> Option<&str> {
        self.0.get(object).map(String::as_str)
    }

    /// Whether the object is defined.
    pub fn contains(&self, object: &Object) -> bool {
        self.0.contains_key(object)
    }

    /// How many objects are defined.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is defined.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every object with its definition, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Object, &str)> {
        self.0.iter().map(|(object, definition)| (object, definition.as_str()))
    }

    /// Everything that stands on a table.
    pub fn on_table<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a Object, &'a str)> {
        self.iter().filter(move |(object, _)| object.table() == Some(table))
    }

    /// The differences from this catalog to a later one, in the order of objects.
    pub fn diff(&self, later: &Self) -> Vec<Difference> {
        let mut merged: BTreeMap<&Object, (Option<&str>, Option<&str>)> = BTreeMap::new();
        for (object, definition) in self.iter() {
            merged.insert(object, (Some(definition), None));
        }
        for (object, definition) in later.iter() {
            match merged.entry(object) {
                Entry::Vacant(entry) => _ = entry.insert((None, Some(definition))),
                Entry::Occupied(mut entry) => entry.get_mut().1 = Some(definition),
            }
        }
        let difference = |(object, sides): (&Object, (Option<&str>, Option<&str>))| {
            let object = object.clone();
            match sides {
                (None, Some(new)) => Some(Difference::Added { object, definition: new.into() }),
                (Some(old), None) => Some(Difference::Removed { object, definition: old.into() }),
                (Some(old), Some(new)) if old != new => {
                    Some(Difference::Modified { object, before: old.into(), after: new.into() })
                }
                _ => None,
            }
        };
        merged.into_iter().filter_map(difference).collect()
    }
}

impl AsRef<Self> for Catalog {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<'a> FromIterator<&'a Change> for Catalog {
    fn from_iter<I: IntoIterator<Item = &'a Change>>(changes: I) -> Self {
        let mut catalog = Self::new();
        changes.into_iter().for_each(|change| catalog.apply(change));
        catalog
    }
}

impl FromIterator<(Object, String)> for Catalog {
    fn from_iter<I: IntoIterator<Item = (Object, String)>>(objects: I) -> Self {
        Self(objects.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ObjectKind;

    fn table(name: &'static str) -> Object {
        Object::new(ObjectKind::Table, name)
    }

    fn catalog(entries: &[(&'static str, &str)]) -> Catalog {
        entries.iter().map(|(name, text)| (table(name), (*text).to_owned())).collect()
    }

    #[test]
    fn a_catalog_does_not_differ_from_itself() {
        let one = catalog(&[("a", "1"), ("b", "2")]);
        assert_eq!(one.diff(&one), []);
    }

    #[test]
    fn added_removed_and_modified_are_told_apart() {
        let before = catalog(&[("gone", "1"), ("kept", "2"), ("changed", "3")]);
        let after = catalog(&[("kept", "2"), ("changed", "4"), ("new", "5")]);
        assert_eq!(
            before.diff(&after),
            [
                Difference::Modified { object: table("changed"), before: "3".into(), after: "4".into() },
                Difference::Removed { object: table("gone"), definition: "1".into() },
                Difference::Added { object: table("new"), definition: "5".into() },
            ]
        );
    }

    #[test]
    fn folding_changes_gives_the_catalog_after_them() {
        let changes = [
            Change::define(table("a"), "1"),
            Change::define(table("b"), "2"),
            Change::define(table("a"), "3"),
            Change::remove(table("b")),
        ];
        assert_eq!(changes.iter().collect::<Catalog>(), catalog(&[("a", "3")]));
    }
}
