use surrealdb_sql::{Expr, Idiom, Literal, Part};

/// The name that an expression stands for where a statement wants one, or `None` when only its run can tell.
pub(super) fn name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Table(table) => Some(table.as_str().to_owned()),
        Expr::Literal(Literal::String(text)) => Some(text.as_str().to_owned()),
        Expr::Idiom(Idiom(parts)) => match parts.as_slice() {
            [Part::Field(name)] => Some(name.as_str().to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// The path that an expression stands for where a statement wants a field.
pub(super) fn path(expr: &Expr) -> Option<Idiom> {
    let idiom = match expr {
        Expr::Idiom(idiom) => idiom.clone(),
        // The database reads the text of a string as a path.
        Expr::Literal(Literal::String(text)) => surrealdb_syn::idiom(text.as_str()).ok()?,
        _ => return None,
    };
    let is_known = |part: &Part| match part {
        Part::Field(_) | Part::All | Part::Flatten | Part::First | Part::Last => true,
        Part::Value(index) => matches!(index, Expr::Literal(_)),
        Part::Method(_, arguments) => arguments.is_empty(),
        _ => false,
    };
    (matches!(idiom.0.first(), Some(Part::Field(_))) && idiom.0.iter().all(is_known)).then_some(idiom)
}

/// Each part of a path as text, as effects and rules compare them.
pub(super) fn parts(idiom: &Idiom) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Field(name) => name.as_str().to_owned(),
        Part::All => "*".to_owned(),
        other => super::print::path(&Idiom(vec![other.clone()])),
    };
    idiom.0.iter().map(part).collect()
}
