//! The fields that lead to a table which gets another name, and what becomes of their values.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Object, ObjectKind};

use super::rename::{Rename, Renamed};
use crate::analysis::Schema;
use crate::definition::{Field, ValueType};
use crate::surql;

/// A stored field that may hold links to a renamed table.
#[derive(Clone, Debug)]
pub(super) struct Link<'a> {
    pub(super) rename: &'a Rename,
    /// The field, or the one that holds the list of them.
    pub(super) field: Object,
    /// Its path, quoted.
    path: String,
    how: How,
}

/// Where in a field its links are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// It is one itself.
    One,
    /// They are the elements of a list.
    Many,
}

/// Where in a type links to a table may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Nowhere,
    At(How),
    /// Where no statement of ours reaches.
    Deeper,
}

/// Every field of a schema that may hold links to a table which is renamed, or why their values cannot be taken along: a
/// clause that goes on from the rename.
pub(super) fn links<'a>(
    from: &Schema,
    to: &Schema,
    renames: &'a [Rename],
) -> Result<Vec<Link<'a>>, (&'a Rename, String)> {
    let mut links: Vec<Link<'a>> = Vec::new();
    for rename in renames.iter().filter(|rename| rename.of == Renamed::Table) {
        for (object, entry) in from.of_kind(ObjectKind::Field) {
            let Some((field, table)) = entry.definition.shape.field().zip(object.table()) else { continue };
            let there = Object::new(ObjectKind::Table, renamed_table(table, renames).to_owned());
            // What goes with its table, or is stored nowhere, leads nowhere afterwards.
            if to.get(&there).is_none() || !is_stored(from, table, field) {
                continue;
            }
            let place = place(&field.value_type, &rename.old);
            if place == Place::Nowhere {
                continue;
            }
            let refuse = |why: &str| Err((rename, format!("{object} may lead to {}, {why}", rename.old)));
            if matches!(object.name(), "in" | "out") && is_edge(from, table) {
                return refuse("and where an edge leads cannot be changed: write this migration by hand");
            }
            if field.reference.is_some() {
                return refuse(
                    "and is a `REFERENCE`, which the database keeps account of: write this migration by hand",
                );
            }
            let deep = "too deep inside for its values to be taken along: write this migration by hand";
            let (path, is_element) = match field.path.split_last() {
                Some((last, rest)) if last == "*" => (rest, true),
                _ => (&field.path[..], false),
            };
            let how = match place {
                Place::At(How::One) if is_element => How::Many,
                Place::At(how) if !is_element => how,
                _ => return refuse(deep),
            };
            if path.iter().any(|part| part == "*" || part.starts_with('[')) {
                return refuse(deep);
            }
            let holder = Object::on(table.to_owned(), ObjectKind::Field, path.join("."));
            let path = path.iter().map(|part| surql::quoted(part)).collect::<Vec<_>>().join(".");
            let is_known = |link: &&mut Link<'_>| link.rename == rename && link.field == holder && link.path == path;
            match links.iter_mut().find(is_known) {
                Some(known) => known.how = known.how.max(how),
                None => links.push(Link { rename, field: holder, path, how }),
            }
        }
    }
    Ok(links)
}

fn is_stored(schema: &Schema, table: &str, field: &Field) -> bool {
    let on = schema.get(&Object::new(ObjectKind::Table, table.to_owned()));
    let is_filled =
        on.and_then(|entry| entry.definition.shape.table()).is_none_or(|one| one.view.is_none() && !one.drops);
    is_filled && field.computed.is_none() && field.path != ["id"]
}

fn is_edge(schema: &Schema, table: &str) -> bool {
    let on = schema.get(&Object::new(ObjectKind::Table, table.to_owned()));
    let table = on.and_then(|entry| entry.definition.shape.table());
    table.is_some_and(|table| matches!(table.kind, crate::definition::TableType::Relation(_)))
}

fn place(value_type: &ValueType, table: &str) -> Place {
    match value_type {
        ValueType::Over("record", tables) if tables.is_empty() || tables.contains(table) => Place::At(How::One),
        ValueType::Array(inner, _) => match place(inner, table) {
            Place::At(How::One) => Place::At(How::Many),
            Place::At(How::Many) | Place::Deeper => Place::Deeper,
            Place::Nowhere => Place::Nowhere,
        },
        ValueType::Union(parts) => parts.iter().map(|part| place(part, table)).max().unwrap_or(Place::Nowhere),
        ValueType::Set(inner, _) if place(inner, table) != Place::Nowhere => Place::Deeper,
        ValueType::Tuple(parts) if parts.iter().any(|part| place(part, table) != Place::Nowhere) => Place::Deeper,
        ValueType::Object(parts) if parts.values().any(|part| place(part, table) != Place::Nowhere) => Place::Deeper,
        _ => Place::Nowhere,
    }
}

/// A type with the new names of tables in the place of the old ones.
pub(super) fn renamed(value_type: &ValueType, renames: &[Rename]) -> ValueType {
    let all = |parts: &[ValueType]| parts.iter().map(|part| renamed(part, renames)).collect();
    match value_type {
        ValueType::Over("record", tables) => {
            let name = |table: &String| {
                let rename = renames.iter().find(|rename| rename.of == Renamed::Table && rename.old == *table);
                rename.map_or(table, |rename| &rename.new).clone()
            };
            ValueType::Over("record", tables.iter().map(name).collect::<BTreeSet<_>>())
        }
        ValueType::Array(inner, length) => ValueType::Array(Box::new(renamed(inner, renames)), *length),
        ValueType::Set(inner, length) => ValueType::Set(Box::new(renamed(inner, renames)), *length),
        ValueType::Tuple(parts) => ValueType::Tuple(all(parts)),
        ValueType::Union(parts) => ValueType::Union(all(parts)),
        ValueType::Object(parts) => {
            let part = |(key, part): (&String, &ValueType)| (key.clone(), renamed(part, renames));
            ValueType::Object(parts.iter().map(part).collect::<BTreeMap<_, _>>())
        }
        other => other.clone(),
    }
}

impl Link<'_> {
    /// Why its values cannot be what the desired schema says, as a clause that goes on from the rename.
    pub(super) fn obstacle(&self, to: &Schema, renames: &[Rename]) -> Option<String> {
        let Self { rename, field, .. } = self;
        let table = field.table()?;
        if renames
            .iter()
            .any(|other| matches!(&other.of, Renamed::Field(of) if of == table && other.before() == *field))
        {
            return Some(format!(
                "{field} leads to {} and is renamed as well: do it in a migration of its own",
                rename.old
            ));
        }
        let table = renamed_table(table, renames);
        let there = Object::on(table.to_owned(), ObjectKind::Field, field.name().to_owned());
        let definition = to.get(&there)?.definition.shape.field()?;
        let (old, new) = (&rename.old, &rename.new);
        let names_old = |value_type: &ValueType| place(&without_any(value_type), old) != Place::Nowhere;
        let elements = Object::on(table.to_owned(), ObjectKind::Field, format!("{}.*", field.name()));
        let elements = to.get(&elements).and_then(|entry| entry.definition.shape.field());
        match () {
            () if names_old(&definition.value_type) || elements.is_some_and(|one| names_old(&one.value_type)) => {
                Some(format!("{there} still leads to {old} in the desired schema: write `record<{new}>` there"))
            }
            () if definition.readonly && table == field.table()? => Some(format!(
                "{there} is `READONLY`, so that its links cannot be changed: write this migration by hand"
            )),
            () => None,
        }
    }

    /// The value with the new links.
    pub(super) fn value(&self) -> String {
        let Self { rename, path, how, .. } = self;
        let (old, new) = (&rename.old, &rename.new);
        let of = |value: &str| {
            format!(
                "IF type::is_record({value}, '{old}') {{ type::record('{new}', record::id({value})) }} ELSE {{ {value} }}"
            )
        };
        match how {
            How::One => of(path),
            How::Many => {
                let list = format!("{path}.map(|$link| {})", of("$link"));
                format!("IF type::is_array({path}) {{ {list} }} ELSE {{ {} }}", of(path))
            }
        }
    }

    /// Whether a row has a link to change there.
    fn condition(&self) -> String {
        let Self { rename: Rename { old, .. }, path, how, .. } = self;
        let one = format!("type::is_record({path}, '{old}')");
        match how {
            How::One => one,
            How::Many => {
                let any = format!("array::any({path}, |$link| type::is_record($link, '{old}'))");
                format!("{one} OR (type::is_array({path}) AND {any})")
            }
        }
    }

    /// Whether an object is the field, or what lies in it.
    pub(super) fn holds(&self, object: &Object) -> bool {
        let rest = object.name().strip_prefix(self.field.name());
        object.kind() == ObjectKind::Field
            && object.table() == self.field.table()
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

fn renamed_table<'a>(table: &'a str, renames: &'a [Rename]) -> &'a str {
    let rename = renames.iter().find(|rename| rename.of == Renamed::Table && rename.old == table);
    rename.map_or(table, |rename| &rename.new)
}

/// A type in which `record` without a table leads nowhere.
fn without_any(value_type: &ValueType) -> ValueType {
    match value_type {
        ValueType::Over("record", tables) if tables.is_empty() => ValueType::plain("none"),
        ValueType::Array(inner, length) => ValueType::Array(Box::new(without_any(inner)), *length),
        ValueType::Union(parts) => ValueType::Union(parts.iter().map(without_any).collect()),
        other => other.clone(),
    }
}

/// One statement for each table that stays: all its links are changed in one write, since each write has to make a whole row
/// that fits.
pub(super) fn updates(links: &[Link<'_>], to: &Schema) -> Vec<String> {
    let mut of_table: BTreeMap<&str, BTreeMap<&Object, Vec<&Link<'_>>>> = BTreeMap::new();
    for link in links.iter().filter(|link| to.get(&link.field).is_some()) {
        let fields = of_table.entry(link.field.table().unwrap_or_default()).or_default();
        fields.entry(&link.field).or_default().push(link);
    }
    let update = |(table, fields): (&str, BTreeMap<&Object, Vec<&Link<'_>>>)| {
        let set = |links: &Vec<&Link<'_>>| {
            let path = links.first().map(|link| link.path()).unwrap_or_default();
            format!("{path} = {}", value(links))
        };
        let sets: Vec<_> = fields.values().map(set).collect();
        let conditions: Vec<_> = fields.values().flatten().map(|link| link.condition()).collect();
        format!("UPDATE {} SET {} WHERE {}", surql::quoted(table), sets.join(", "), conditions.join(" OR "))
    };
    of_table.into_iter().map(update).collect()
}

/// The value of a field with all its links changed.
pub(super) fn value(links: &[&Link<'_>]) -> String {
    match links {
        [] => String::new(),
        [only] => only.value(),
        // What leads to several renamed tables is gone through once for each.
        [first, rest @ ..] => rest.iter().fold(first.value(), |value, link| {
            let inner = Link { path: "$value".to_owned(), ..(*link).clone() };
            format!("{{ LET $value = {value}; {} }}", inner.value())
        }),
    }
}
