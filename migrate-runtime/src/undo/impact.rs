//! What of a schema goes with a migration, and the question how much data that holds.

use std::collections::BTreeMap;
use std::fmt::Write;

use migrate_core::{Catalog, Change, Migration, Migrations, Object, ObjectKind};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::context::quote;

/// What becomes of a schema and of its data when a migration is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "impact", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndoImpact {
    /// The schema before the migration is known.
    #[non_exhaustive]
    Known {
        /// What goes.
        goes: Vec<Gone>,
        /// What gets the definition back that it had.
        #[serde(serialize_with = "texts")]
        restored: Vec<Object>,
        /// What the migration removed and is there again. Its data is not.
        #[serde(serialize_with = "texts")]
        recreated: Vec<Object>,
    },
    /// This binary does not hold the migration, and cannot tell from the text what goes.
    Unknown,
}

/// An object that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gone {
    /// The object.
    #[serde(serialize_with = "text")]
    pub object: Object,
    /// Of a table how many records it has now, of a field how many of them have a value in it. `None` for everything that
    /// holds no data of its own, and for a table that is not there.
    pub rows: Option<u64>,
}

fn text<S: Serializer>(object: &Object, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(object)
}

fn texts<S: Serializer>(objects: &[Object], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(objects.iter().map(ToString::to_string))
}

impl UndoImpact {
    /// What goes, as far as is known.
    pub fn goes(&self) -> &[Gone] {
        match self {
            Self::Known { goes, .. } => goes,
            Self::Unknown => &[],
        }
    }

    /// What goes and holds data now.
    pub fn loses(&self) -> impl Iterator<Item = &Gone> {
        self.goes().iter().filter(|gone| gone.rows.is_some_and(|rows| rows > 0))
    }
}

/// What undoing the migration at this place of its module does, without any rows yet.
pub(super) fn impact(module: &Migrations, place: usize) -> UndoImpact {
    let (before, rest) = module.as_slice().split_at(place);
    let changes = rest.first().map_or(&[][..], Migration::changes);
    let before: Catalog = before.iter().flat_map(Migration::changes).collect();
    let after: BTreeMap<&Object, &Change> = changes.iter().map(|change| (change.object(), change)).collect();
    let (mut goes, mut restored, mut recreated) = (Vec::new(), Vec::new(), Vec::new());
    for (object, change) in after {
        match (before.get(object), change.definition()) {
            (None, Some(_)) => goes.push(Gone { object: object.clone(), rows: None }),
            (Some(_), None) => recreated.push(object.clone()),
            (Some(then), Some(now)) if then != now => restored.push(object.clone()),
            _ => {}
        }
    }
    UndoImpact::Known { goes, restored, recreated }
}

/// Whether a field has values of its own: not what the database gives every record, and not the elements of another field,
/// whose values are that field's.
pub(crate) fn has_values(field: &Object) -> bool {
    !matches!(field.name(), "id" | "in" | "out") && !field.name().ends_with('*')
}

/// Whether one field lies within another.
pub(crate) fn is_within(field: &Object, other: &Object) -> bool {
    let rest = field.name().strip_prefix(other.name());
    field.table() == other.table() && rest.is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The fields of these that go with their values while their tables stay, without those that lie in another one of them.
pub(super) fn fields_alone(goes: &[Gone]) -> Vec<&Object> {
    let objects = || goes.iter().map(|gone| &gone.object);
    let goes_whole = |table: &str| objects().any(|one| one.kind() == ObjectKind::Table && one.name() == table);
    let fields = objects().filter(|one| one.kind() == ObjectKind::Field && has_values(one));
    let fields: Vec<_> = fields.filter(|one| one.table().is_some_and(|table| !goes_whole(table))).collect();
    let is_inner = |field: &&Object| fields.iter().any(|other| is_within(field, other));
    fields.iter().filter(|field| !is_inner(field)).copied().collect()
}

/// The condition that a record has a value in a field.
pub(super) fn has_value(field: &Object) -> String {
    // The path is the database's own text of it.
    let path = field.name();
    if path.contains('*') {
        format!("array::any(array::flatten([{path}]), |$value| $value IS NOT NONE)")
    } else {
        format!("{path} IS NOT NONE")
    }
}

/// How many records the tables hold, and in which fields, of everything that goes and is there.
#[derive(Debug, Default)]
pub(crate) struct Count {
    /// The fields to count in, by table.
    tables: BTreeMap<String, Vec<Object>>,
}

impl Count {
    /// What is to be counted of these impacts in a database with this schema.
    pub(crate) fn of<'a>(impacts: impl Iterator<Item = &'a UndoImpact>, live: &Catalog) -> Self {
        let mut count = Self::default();
        for gone in impacts.flat_map(UndoImpact::goes) {
            let (table, field) = match gone.object.kind() {
                ObjectKind::Table => (gone.object.name(), None),
                ObjectKind::Field if has_values(&gone.object) => {
                    (gone.object.table().unwrap_or_default(), Some(gone.object.clone()))
                }
                _ => continue,
            };
            if live.contains(&Object::new(ObjectKind::Table, table.to_owned())) {
                count.tables.entry(table.to_owned()).or_default().extend(field);
            }
        }
        count
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// One expression, so that all of it is counted at one moment, and each table is gone through once.
    pub(crate) fn expression(&self) -> String {
        let mut text = "[".to_owned();
        for (table, fields) in &self.tables {
            let _ = write!(text, "(SELECT count() AS n");
            for (at, field) in fields.iter().enumerate() {
                let _ = write!(text, ", count({}) AS f{at}", has_value(field));
            }
            let _ = write!(text, " FROM {} GROUP ALL)[0], ", quote(table));
        }
        text + "]"
    }

    /// Writes what was counted into the impacts.
    pub(crate) fn fill<'a>(
        &self,
        answer: &Value,
        impacts: impl Iterator<Item = &'a mut UndoImpact>,
    ) -> Result<(), String> {
        let mut found: BTreeMap<Object, u64> = BTreeMap::new();
        for (at, (table, fields)) in self.tables.iter().enumerate() {
            // An empty table has no group.
            let number = |name: &str| match &answer[at][name] {
                Value::Null => Ok(0),
                number => number.as_u64().ok_or_else(|| format!("the rows of {table} are counted as {number}")),
            };
            found.insert(Object::new(ObjectKind::Table, table.clone()), number("n")?);
            for (at, field) in fields.iter().enumerate() {
                found.insert(field.clone(), number(&format!("f{at}"))?);
            }
        }
        for impact in impacts {
            if let UndoImpact::Known { goes, .. } = impact {
                for gone in goes {
                    gone.rows = found.get(&gone.object).copied();
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn gone(object: &str) -> Gone {
        Gone { object: object.parse().unwrap(), rows: None }
    }

    #[test]
    fn what_lies_in_another_field_or_in_a_table_that_goes_does_not_go_by_itself() {
        let goes = ["table a", "field a.x", "field b.o", "field b.o.p", "field b.op", "field b.id", "field b.tags.*"];
        let goes = goes.map(gone);
        let alone: Vec<_> = fields_alone(&goes).iter().map(ToString::to_string).collect();
        assert_eq!(alone, ["field b.o", "field b.op"]);
    }

    #[test]
    fn counts_come_back_to_the_objects_they_were_asked_for() {
        let goes = ["table a", "field b.x", "index b.i"].map(gone).to_vec();
        let mut impact = UndoImpact::Known { goes, restored: Vec::new(), recreated: Vec::new() };
        let tables = ["a", "b"].map(|name| (Object::new(ObjectKind::Table, name), String::new()));
        let count = Count::of(std::iter::once(&impact), &tables.into_iter().collect());
        assert_eq!(
            count.expression(),
            "[(SELECT count() AS n FROM `a` GROUP ALL)[0], (SELECT count() AS n, count(x IS NOT NONE) AS f0 FROM `b` \
             GROUP ALL)[0], ]"
        );
        count.fill(&json!([null, { "n": 7, "f0": 3 }]), std::iter::once(&mut impact)).unwrap();
        assert_eq!(impact.goes().iter().map(|gone| gone.rows).collect::<Vec<_>>(), [Some(0), Some(3), None]);
        assert_eq!(impact.loses().map(|gone| gone.object.to_string()).collect::<Vec<_>>(), ["field b.x"]);
        assert!(count.fill(&json!([{ "n": "x" }]), std::iter::once(&mut impact)).is_err());
    }
}
