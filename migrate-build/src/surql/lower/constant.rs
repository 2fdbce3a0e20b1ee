use surrealdb_sql::literal::ObjectEntry;
use surrealdb_sql::{Expr, Literal, RecordIdKeyLit};

/// The value of an expression as the database would print it, or `None` when only its run can tell.
pub(super) fn value(expr: &Expr) -> Option<Expr> {
    let Expr::Literal(literal) = expr else { return None };
    let literal = match literal {
        Literal::Array(items) => Literal::Array(items.iter().map(value).collect::<Option<_>>()?),
        Literal::Object(entries) => Literal::Object(object(entries)?),
        // The order and the duplicates of a set are the database's affair.
        Literal::Set(items) if !items.is_empty() => return None,
        Literal::RecordId(id) => match id.key {
            RecordIdKeyLit::Number(_) | RecordIdKeyLit::String(_) | RecordIdKeyLit::Uuid(_) => literal.clone(),
            _ => return None,
        },
        Literal::UnboundedRange | Literal::Regex(_) | Literal::Geometry(_) => return None,
        other => other.clone(),
    };
    Some(Expr::Literal(literal))
}

/// An object's entries sorted by key, the last one of a key winning, as the database keeps them.
fn object(entries: &[ObjectEntry]) -> Option<Vec<ObjectEntry>> {
    let mut sorted: Vec<ObjectEntry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let value = value(&entry.value)?;
        let entry = ObjectEntry { key: entry.key.clone(), value };
        match sorted.binary_search_by(|other| other.key.as_str().cmp(entry.key.as_str())) {
            Ok(at) => sorted[at] = entry,
            Err(at) => sorted.insert(at, entry),
        }
    }
    Some(sorted)
}

/// A comment, resolved: a string or nothing.
pub(super) fn comment(expr: &Expr) -> Option<Expr> {
    matches!(expr, Expr::Literal(Literal::String(_) | Literal::None)).then(|| expr.clone())
}

/// A duration, resolved: a duration or nothing.
pub(super) fn duration(expr: &Expr) -> Option<Expr> {
    matches!(expr, Expr::Literal(Literal::Duration(_) | Literal::None)).then(|| expr.clone())
}
