//! What a schema says about the places that a statement writes to.

use migrate_core::{Object, ObjectKind};

use super::schema::{Presence, Schema};
use crate::definition::{Constant, Field, Table, ValueType};
use crate::write::Given;

/// What is known of one place in the rows of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// A field is defined for it.
    Defined(&'a Field),
    /// It lies in something that takes any key, or there is no telling.
    Free,
    /// A `SCHEMAFULL` table has no field for it.
    Unknown,
}

/// One value that a statement writes, with what is known of its place.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) path: Vec<String>,
    pub(crate) value: &'a Constant,
    pub(crate) place: Place<'a>,
}

/// What is given to a field, and what is in it where it is an object, each with its place.
pub(crate) fn placed<'a>(schema: &'a Schema, table: &str, given: &'a Given) -> Vec<Placed<'a>> {
    let mut found = Vec::new();
    let mut open = vec![(given.path.clone(), &given.value)];
    while let Some((path, value)) = open.pop() {
        let place = schema.place(table, &path);
        // What is in a value that is refused as a whole is beside the point.
        let is_refused = match place {
            Place::Defined(field) => field.value_type.refuses(value),
            Place::Unknown => true,
            Place::Free => false,
        };
        if let (Constant::Object(entries), false) = (value, is_refused) {
            open.extend(entries.iter().map(|(key, value)| ([&path[..], std::slice::from_ref(key)].concat(), value)));
        }
        found.push(Placed { path, value, place });
    }
    found
}

impl Schema {
    /// A table of which it is certain how it is defined, and that no other module has to do with it.
    pub(crate) fn certain_table(&self, name: &str) -> Option<&Table> {
        let entry = match self.presence(&Object::new(ObjectKind::Table, name.to_owned())) {
            Presence::Present(entry) if entry.is_exact() && !self.is_shared() => entry,
            _ => return None,
        };
        entry.definition.shape.table()
    }

    fn place<'a>(&'a self, table: &str, path: &[String]) -> Place<'a> {
        let fields = || self.fields(table).map(|(_, field)| field);
        if self.is_vague(ObjectKind::Field) {
            return Place::Free;
        }
        if let Some(field) = fields().find(|field| field.path.len() == path.len() && leads(&field.path, path)) {
            let is_certain = self.fields(table).any(|(object, other)| {
                std::ptr::eq(other, field) && self.get(object).is_some_and(|entry| entry.is_exact() && !entry.stray)
            });
            return if is_certain { Place::Defined(field) } else { Place::Free };
        }
        let is_special = matches!(path.first().map(String::as_str), Some("id" | "in" | "out"));
        if is_special || !self.certain_table(table).is_some_and(|table| table.schemafull) {
            return Place::Free;
        }
        let around = fields().filter(|field| field.path.len() < path.len() && leads(&field.path, path));
        let around = around.max_by_key(|field| field.path.len());
        if around.is_some_and(|field| !is_closed(field)) {
            return Place::Free;
        }
        // What lies on the way to a field that is defined takes any key, unless it is defined itself.
        let depth = around.map_or(0, |field| field.path.len());
        let Some(path) = path.get(..=depth) else { return Place::Free };
        let is_on_the_way = fields().any(|field| field.path.get(..=depth).is_some_and(|start| leads(start, path)));
        if is_on_the_way { Place::Free } else { Place::Unknown }
    }
}

/// Whether a path of a definition leads to a place, or to one around it.
fn leads(defined: &[String], path: &[String]) -> bool {
    defined.len() <= path.len() && defined.iter().zip(path).all(|(defined, part)| defined == "*" || defined == part)
}

/// Whether a field is an object that takes only the keys for which there are fields.
fn is_closed(field: &Field) -> bool {
    let object = ValueType::plain("object");
    let is_object = match &field.value_type {
        ValueType::Union(kinds) => {
            kinds.contains(&object)
                && kinds.iter().all(|kind| matches!(kind, ValueType::Plain(name) if name != "range"))
        }
        value_type => *value_type == object,
    };
    is_object && !field.flexible && field.computed.is_none()
}
