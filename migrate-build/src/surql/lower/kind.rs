use std::collections::BTreeSet;

use surrealdb_sql::Kind;
use surrealdb_sql::kind::KindLiteral;

use crate::definition::{Reference, ValueType};

/// A type, in our own words.
pub(super) fn value_type(kind: &Kind) -> ValueType {
    match kind {
        Kind::Any => ValueType::Any,
        Kind::Table(tables) => over("table", tables.iter().map(|table| table.as_str().to_owned())),
        Kind::Record(tables) => over("record", tables.iter().map(|table| table.as_str().to_owned())),
        Kind::Geometry(kinds) => over("geometry", kinds.iter().map(|kind| format!("{kind:?}"))),
        Kind::File(buckets) => over("file", buckets.iter().cloned()),
        Kind::Either(kinds) => ValueType::Union(kinds.iter().map(value_type).collect()),
        Kind::Array(inner, limit) => ValueType::Array(Box::new(value_type(inner)), *limit),
        Kind::Set(inner, limit) => ValueType::Set(Box::new(value_type(inner)), *limit),
        Kind::Literal(literal) => literal_type(literal, kind),
        Kind::Function(..) => ValueType::plain("function"),
        plain => ValueType::Plain(plain.to_string()),
    }
}

fn over(name: &'static str, names: impl Iterator<Item = String>) -> ValueType {
    ValueType::Over(name, names.collect::<BTreeSet<_>>())
}

fn literal_type(literal: &KindLiteral, kind: &Kind) -> ValueType {
    let of = |name| ValueType::Literal(name, kind.to_string());
    match literal {
        KindLiteral::String(_) => of("string"),
        KindLiteral::Integer(_) => of("int"),
        KindLiteral::Float(_) => of("float"),
        KindLiteral::Decimal(_) => of("decimal"),
        KindLiteral::Duration(_) => of("duration"),
        KindLiteral::Bool(_) => of("bool"),
        KindLiteral::Array(parts) => ValueType::Tuple(parts.iter().map(value_type).collect()),
        KindLiteral::Object(parts) => {
            ValueType::Object(parts.iter().map(|(key, part)| (key.as_str().to_owned(), value_type(part))).collect())
        }
    }
}

/// Every table that a type links to.
pub(super) fn links(kind: &Kind) -> Vec<Reference> {
    match kind {
        Kind::Record(tables) => tables.iter().map(|table| Reference::Link(table.as_str().to_owned())).collect(),
        Kind::Either(kinds) | Kind::Literal(KindLiteral::Array(kinds)) => kinds.iter().flat_map(links).collect(),
        Kind::Array(inner, _) | Kind::Set(inner, _) => links(inner),
        Kind::Literal(KindLiteral::Object(parts)) => parts.values().flat_map(links).collect(),
        _ => Vec::new(),
    }
}
