use surrealdb_sql::data::Assignment;
use surrealdb_sql::literal::ObjectEntry;
use surrealdb_sql::{AssignOperator, Data, Expr, Idiom, Literal, Part, PrefixOperator, RecordIdKeyLit};

use super::print;
use crate::definition::Constant;
use crate::write::Given;

/// What the data of a statement gives to fields; of a path given twice, the last.
pub(super) fn given(data: Option<&Data>) -> Vec<Given> {
    let mut given = Vec::new();
    match data {
        Some(Data::SetExpression(assignments)) => {
            for assignment in assignments {
                set(&mut given, assignment);
            }
        }
        Some(Data::MergeExpression(Expr::Literal(Literal::Object(entries)))) => merge(&mut given, &[], entries),
        Some(Data::SingleExpression(Expr::Literal(Literal::Array(items)))) => {
            for row in items {
                rows(&mut given, row);
            }
        }
        Some(Data::ContentExpression(row) | Data::ReplaceExpression(row) | Data::SingleExpression(row)) => {
            rows(&mut given, row);
        }
        Some(Data::ValuesExpression(all)) => {
            for (path, value) in all.iter().flatten() {
                given.extend(plain(path).map(|path| Given { path, value: constant(value) }));
            }
        }
        _ => {}
    }
    given
}

/// The ends of a relation that `RELATE` makes.
pub(super) fn ends(from: &Expr, to: &Expr) -> Vec<Given> {
    let end = |name: &str, expr: &Expr| -> Vec<Given> {
        let ends = match expr {
            Expr::Literal(Literal::Array(items)) => items.iter().map(constant).collect(),
            one => vec![constant(one)],
        };
        let given = |value| Given { path: vec![name.to_owned()], value };
        // What is no link is looked up when the statement runs.
        ends.into_iter().filter(|end| matches!(end, Constant::Link(_))).map(given).collect()
    };
    [end("in", from), end("out", to)].concat()
}

fn set(given: &mut Vec<Given>, assignment: &Assignment) {
    let Some(path) = plain(&assignment.place) else { return };
    // A later assignment to the same place, or to one around it, takes its place.
    given.retain(|other| !other.path.starts_with(&path));
    let value = match assignment.operator {
        AssignOperator::Assign => constant(&assignment.value),
        _ => Constant::Unknown,
    };
    given.push(Given { path, value });
}

fn rows(given: &mut Vec<Given>, row: &Expr) {
    let Constant::Object(entries) = constant(row) else { return };
    given.extend(entries.into_iter().map(|(key, value)| Given { path: vec![key], value }));
}

/// What is merged into a field leaves the rest of it as it was.
fn merge(given: &mut Vec<Given>, around: &[String], entries: &[ObjectEntry]) {
    for entry in entries {
        let path = [around, &[entry.key.as_str().to_owned()]].concat();
        match &entry.value {
            Expr::Literal(Literal::Object(inner)) if !inner.is_empty() => merge(given, &path, inner),
            Expr::Literal(Literal::Object(_)) => given.push(Given { path, value: Constant::Unknown }),
            value => given.push(Given { path, value: constant(value) }),
        }
    }
}

/// A path of names only.
fn plain(path: &Idiom) -> Option<Vec<String>> {
    let name = |part: &Part| if let Part::Field(name) = part { Some(name.as_str().to_owned()) } else { None };
    path.0.iter().map(name).collect()
}

/// The value of an expression, as far as the text tells it.
pub(super) fn constant(expr: &Expr) -> Constant {
    let of = |name| Constant::Plain(name, print::expr(expr));
    match expr {
        Expr::Prefix { op: PrefixOperator::Negate, expr: inner } => match constant(inner) {
            Constant::Plain(name @ ("int" | "float" | "decimal"), text) => Constant::Plain(name, format!("-{text}")),
            _ => Constant::Unknown,
        },
        Expr::Literal(literal) => match literal {
            Literal::None => Constant::None,
            Literal::Null => of("null"),
            Literal::Bool(_) => of("bool"),
            Literal::Integer(value) => Constant::Plain("int", value.to_string()),
            Literal::Float(value) => Constant::Plain("float", value.to_string()),
            Literal::Decimal(value) => Constant::Plain("decimal", value.to_string()),
            Literal::Duration(_) => of("duration"),
            Literal::String(_) => of("string"),
            Literal::Datetime(_) => of("datetime"),
            Literal::Uuid(_) => of("uuid"),
            Literal::Bytes(_) => of("bytes"),
            Literal::RecordId(id) if !matches!(id.key, RecordIdKeyLit::Range(_)) => {
                Constant::Link(id.table.as_str().to_owned())
            }
            Literal::Array(items) => Constant::Array(items.iter().map(constant).collect()),
            Literal::Object(entries) if !is_geometry(entries) => Constant::Object(
                entries.iter().map(|entry| (entry.key.as_str().to_owned(), constant(&entry.value))).collect(),
            ),
            _ => Constant::Unknown,
        },
        _ => Constant::Unknown,
    }
}

/// Whether the database may take an object for a geometry.
fn is_geometry(entries: &[ObjectEntry]) -> bool {
    let has = |key: &str| entries.iter().any(|entry| entry.key.as_str() == key);
    has("type") && (has("coordinates") || has("geometries"))
}
