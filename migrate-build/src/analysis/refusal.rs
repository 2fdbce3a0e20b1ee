use migrate_core::{Object, ObjectKind};

use super::schema::{Entry, Presence, Schema};
use crate::definition::{DefaultValue, Definition, Field, Reference, Shape, TableType, ValueType};

/// Why the database refuses a statement that is well formed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Clauses of a field that exclude each other or other definitions: what is wrong, and what to do.
    Clauses(&'static str, &'static str),
    /// An index over a field that a `SCHEMAFULL` table does not have.
    UnknownColumn,
    /// A full-text index with an analyzer that does not exist.
    UnknownAnalyzer,
    /// A view of a table that does not exist.
    UnknownSource,
    /// An analyzer that an index uses is removed.
    UsedAnalyzer,
    /// A table that a view selects from is removed.
    UnderView,
}

/// Why a definition is refused, if it is.
pub(super) fn of_definition(schema: &Schema, definition: &Definition) -> Option<Refusal> {
    let lacks = |kind, name: &str| schema.lacks(&Object::new(kind, name.to_owned()));
    match &definition.shape {
        Shape::Field(field) => {
            let table = definition.object.table()?;
            let refusal = clauses(schema, field, table).or_else(|| surroundings(schema, field, table));
            refusal.map(|(message, help)| Refusal::Clauses(message, help))
        }
        Shape::Index(_) => {
            let reference = definition.references.iter();
            let unknown = reference
                .clone()
                .any(|reference| matches!(reference, Reference::Analyzer(name) if lacks(ObjectKind::Analyzer, name)));
            let column = unknown_column(schema, definition).map(|_| Refusal::UnknownColumn);
            column.or(unknown.then_some(Refusal::UnknownAnalyzer))
        }
        Shape::Table(_) => {
            let unknown = definition.references.iter().any(|reference| {
                matches!(reference, Reference::Source(name)
                    if lacks(ObjectKind::Table, name) && name != definition.object.name())
            });
            unknown.then_some(Refusal::UnknownSource)
        }
        _ => None,
    }
}

/// Why taking an object away is refused, if it is.
pub(super) fn of_removal(schema: &Schema, object: &Object) -> Option<Refusal> {
    let is_used = |kind, reference: &Reference| {
        schema.referring(kind).any(|entry| entry.definition.references.contains(reference))
    };
    let name = object.name().to_owned();
    match object.kind() {
        ObjectKind::Analyzer if is_used(ObjectKind::Index, &Reference::Analyzer(name.clone())) => {
            Some(Refusal::UsedAnalyzer)
        }
        ObjectKind::Table if is_used(ObjectKind::Table, &Reference::Source(name)) => Some(Refusal::UnderView),
        _ => None,
    }
}

/// The column of an index that a `SCHEMAFULL` table has no field for.
pub(crate) fn unknown_column<'a>(schema: &Schema, definition: &'a Definition) -> Option<&'a str> {
    let (index, table) = (definition.shape.index()?, definition.object.table()?);
    if !schema.table(table).is_some_and(|table| table.schemafull) {
        return None;
    }
    let field = |path: &str| Object::on(table.to_owned(), ObjectKind::Field, path.to_owned());
    let is_unknown = |column: &&String| {
        let first = column.split(['.', '[']).next().unwrap_or(column);
        let is_part = match schema.presence(&field(first)) {
            Presence::Absent => false,
            Presence::Unclear => true,
            Presence::Present(entry) => entry.definition.shape.field().is_none_or(|field| field.value_type.has_parts()),
        };
        !is_part && schema.lacks(&field(column))
    };
    index.columns.iter().find(is_unknown).map(String::as_str)
}

type Reason = (&'static str, &'static str);

/// What is wrong with the clauses of a field among themselves.
fn clauses(schema: &Schema, field: &Field, table: &str) -> Option<Reason> {
    let is_schemafull = schema.table(table).is_some_and(|table| table.schemafull);
    let is_id = matches!(&field.path[..], [name] if name == "id");
    let is_computed = field.computed.is_some();
    let has_clause = field.value.is_some() || field.assert.is_some() || field.reference.is_some() || field.readonly;
    let is_always = matches!(field.default, DefaultValue::Always(_));
    if field.flexible && !is_schemafull {
        Some(("`FLEXIBLE` is refused on a table that is not `SCHEMAFULL`", "leave it out: any key is accepted"))
    } else if is_computed && field.path.len() > 1 {
        Some(("a nested field cannot be `COMPUTED`", "compute the field that it is part of"))
    } else if is_computed && (has_clause || field.default != DefaultValue::None) {
        Some((
            "a `COMPUTED` field takes no `VALUE`, `ASSERT`, `DEFAULT`, `REFERENCE` or `READONLY`",
            "leave the other clause out",
        ))
    } else if is_id
        && (is_computed || field.value.is_some() || field.reference.is_some() || field.readonly || is_always)
    {
        Some((
            "the field `id` takes no `VALUE`, `COMPUTED`, `REFERENCE`, `READONLY` or `DEFAULT ALWAYS`",
            "leave the clause out: the id of a record never changes",
        ))
    } else if field.reference.is_some() && field.path.len() > 1 {
        Some(("a nested field takes no `REFERENCE`", "reference from a field at the top of the record"))
    } else {
        None
    }
}

fn is_within(inner: &Field, outer: &Field) -> bool {
    outer.path.len() < inner.path.len() && inner.path.starts_with(&outer.path)
}

/// Whether a field is one inside another that gives it another type.
pub(super) fn is_at_odds(inner: &Field, outer: &Field) -> bool {
    let rest = inner.path.get(outer.path.len()..).unwrap_or_default();
    is_within(inner, outer) && !outer.value_type.admits(rest, &inner.value_type)
}

/// What is wrong with a field among the definitions around it.
fn surroundings(schema: &Schema, field: &Field, table: &str) -> Option<Reason> {
    let relation = schema.table(table).and_then(|table| match &table.kind {
        TableType::Relation(relation) => Some(relation),
        TableType::Any | TableType::Normal => None,
    });
    if relation.is_some_and(|relation| relation.lightweight) {
        return Some(("a `LIGHTWEIGHT` relation takes no fields", "define the relation without `LIGHTWEIGHT`"));
    }
    if field.inline && relation.is_none() {
        return Some(("`INLINE` is refused on a table that is not a relation", "leave it out"));
    }
    let is_end = matches!(&field.path[..], [name] if name == "in" || name == "out");
    if relation.is_some() && is_end && !matches!(field.value_type, ValueType::Over("record", _) | ValueType::Any) {
        return Some(("`in` and `out` of a relation are records", "give it the type `record<…>`"));
    }
    // A plain field at the top is in no other's way.
    let may_clash = field.path.len() > 1 || field.computed.is_some();
    for (_, other) in may_clash.then(|| schema.fields(table)).into_iter().flatten() {
        if is_within(field, other) {
            if other.computed.is_some() && field.computed.is_none() {
                return Some(("a part of a `COMPUTED` field cannot be defined", "remove the computed field first"));
            }
            if is_at_odds(field, other) {
                return Some((
                    "its type is not the one that the field around it gives it",
                    "change the type of the field around it as well, and before it",
                ));
            }
        }
        if is_within(other, field) && field.computed.is_some() {
            return Some(("a field with parts cannot be `COMPUTED`", "remove the parts first"));
        }
    }
    let is_indexed = |entry: &Entry| {
        let name = field.path.first().map_or("", String::as_str);
        let begins = |column: &String| column.split(['.', '[']).next() == Some(name);
        entry.definition.shape.index().is_some_and(|index| index.columns.iter().any(begins))
    };
    let is_indexed = field.computed.is_some() && schema.on_table(table).any(|(_, entry)| is_indexed(entry));
    is_indexed.then_some(("a field with an index cannot be `COMPUTED`", "remove the index first"))
}
