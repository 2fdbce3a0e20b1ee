//! What a schema says about the places that a statement writes to.

use std::collections::BTreeMap;

use migrate_core::ObjectKind;

use super::schema::{Certainty, Schema};
use crate::definition::{Constant, Field, ValueType};
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
pub(crate) struct Placed<'a, 'b> {
    pub(crate) path: Vec<String>,
    pub(crate) value: &'b Constant,
    pub(crate) place: Place<'a>,
}

/// The fields of a table, as a statement meets them.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    /// Each with whether it is certain how it is defined.
    defined: BTreeMap<&'a [String], (&'a Field, Certainty)>,
    /// Whether a name that no field has is refused.
    closed: bool,
    /// Whether there may be fields that are not known.
    vague: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(schema: &'a Schema, table: &str) -> Self {
        let fields = schema.on_table(table).filter_map(|(_, entry)| {
            let field = entry.definition.shape.field()?;
            // What no statement finds under its name is not to be counted on.
            let certainty = if entry.stray { Certainty::Possible } else { entry.certainty };
            Some((&field.path[..], (field, certainty)))
        });
        let closed = schema.certain_table(table).is_some_and(|table| table.schemafull);
        Self { defined: fields.collect(), closed, vague: schema.is_vague(ObjectKind::Field) }
    }

    /// What is given to a field, and what is in it where it is an object, each with its place.
    pub(crate) fn placed<'b>(&self, given: &'b Given) -> Vec<Placed<'a, 'b>> {
        let mut found = Vec::new();
        let mut open = vec![(given.path.clone(), &given.value)];
        while let Some((path, value)) = open.pop() {
            let place = self.place(&path);
            // What is in a value that is refused as a whole is beside the point.
            let is_refused = match place {
                Place::Defined(field) => field.value_type.refuses(value),
                Place::Unknown => true,
                Place::Free => false,
            };
            if let (Constant::Object(entries), false) = (value, is_refused) {
                let inner = |key: &String| [&path[..], std::slice::from_ref(key)].concat();
                open.extend(entries.iter().map(|(key, value)| (inner(key), value)));
            }
            found.push(Placed { path, value, place });
        }
        found
    }

    fn place(&self, path: &[String]) -> Place<'a> {
        // An id may be given as a link or as the key alone.
        let is_id = path.first().is_some_and(|name| name == "id");
        if self.vague || is_id {
            return Place::Free;
        }
        let fields = || self.defined.values().map(|(field, _)| *field);
        let same = self.defined.get(path).or_else(|| {
            self.defined.values().find(|(field, _)| field.path.len() == path.len() && leads(&field.path, path))
        });
        match same {
            Some((field, Certainty::Exact)) => return Place::Defined(field),
            Some(_) => return Place::Free,
            None => {}
        }
        let is_special = matches!(path.first().map(String::as_str), Some("in" | "out"));
        if is_special || !self.closed {
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
