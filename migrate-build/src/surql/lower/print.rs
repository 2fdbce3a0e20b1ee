use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::{Expr, Idiom, Part, TopLevelExpr};

/// An expression as the database prints it.
pub(super) fn expr(expr: &Expr) -> String {
    TopLevelExpr::Expr(expr.clone()).to_string()
}

/// A definition as the database prints it.
pub(super) fn define(statement: DefineStatement) -> String {
    TopLevelExpr::Expr(Expr::Define(Box::new(statement))).to_string()
}

/// A path as the database keys it: unlike in a statement, its first part is not quoted for being a keyword.
pub(super) fn path(idiom: &Idiom) -> String {
    let Some(Part::Field(_)) = idiom.0.first() else { return expr(&Expr::Idiom(idiom.clone())) };
    // Every part but the first is printed in that way, so another part is put before it and taken off the text.
    let parts = std::iter::once(Part::Field("x".into())).chain(idiom.0.iter().cloned()).collect();
    let printed = expr(&Expr::Idiom(Idiom(parts)));
    printed.strip_prefix("x.").map_or(printed.clone(), str::to_owned)
}
