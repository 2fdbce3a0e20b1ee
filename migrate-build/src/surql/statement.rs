use std::ops::Range;

use migrate_core::StatementKind;
use surrealdb_sql::{Expr, TopLevelExpr};

/// One top-level statement of a text: where it stands, what kind it is, and its syntax tree.
#[derive(Clone, Debug)]
pub(crate) struct ParsedStatement {
    /// Its bytes in the canonical text, from its first token to its last: no semicolon, no comment around it.
    pub(crate) range: Range<usize>,
    /// The line of its first token, counted from 1.
    pub(crate) line: u32,
    /// What kind of statement it is.
    pub(crate) kind: StatementKind,
    /// What the server will execute.
    pub(in crate::surql) ast: TopLevelExpr,
}

/// The kind that a person would name by the leading keyword.
pub(in crate::surql) const fn kind(ast: &TopLevelExpr) -> StatementKind {
    match ast {
        TopLevelExpr::Access(_) => StatementKind::Access,
        TopLevelExpr::Option(_) => StatementKind::Option,
        TopLevelExpr::Show(_) => StatementKind::Show,
        TopLevelExpr::Expr(expr) => kind_of_expr(expr),
        // Refused in every migration, so that nothing is ever told of their kind.
        TopLevelExpr::Begin
        | TopLevelExpr::Cancel
        | TopLevelExpr::Commit
        | TopLevelExpr::Kill(_)
        | TopLevelExpr::Live(_)
        | TopLevelExpr::Use(_) => StatementKind::Expression,
    }
}

const fn kind_of_expr(expr: &Expr) -> StatementKind {
    match expr {
        Expr::Alter(_) => StatementKind::Alter,
        Expr::Create(_) => StatementKind::Create,
        Expr::Define(_) => StatementKind::Define,
        Expr::Delete(_) => StatementKind::Delete,
        Expr::Foreach(_) => StatementKind::For,
        Expr::IfElse(_) => StatementKind::If,
        Expr::Info(_) => StatementKind::Info,
        Expr::Insert(_) => StatementKind::Insert,
        Expr::Let(_) => StatementKind::Let,
        Expr::Rebuild(_) => StatementKind::Rebuild,
        Expr::Relate(_) => StatementKind::Relate,
        Expr::Remove(_) => StatementKind::Remove,
        Expr::Select(_) => StatementKind::Select,
        Expr::Sleep(_) => StatementKind::Sleep,
        Expr::Throw(_) => StatementKind::Throw,
        Expr::Update(_) => StatementKind::Update,
        Expr::Upsert(_) => StatementKind::Upsert,
        Expr::Literal(_)
        | Expr::Param(_)
        | Expr::Idiom(_)
        | Expr::Table(_)
        | Expr::Mock(_)
        | Expr::Block(_)
        | Expr::Constant(_)
        | Expr::Prefix { .. }
        | Expr::Postfix { .. }
        | Expr::Binary { .. }
        | Expr::FunctionCall(_)
        | Expr::Closure(_)
        | Expr::Break
        | Expr::Continue
        | Expr::Return(_)
        | Expr::Explain { .. } => StatementKind::Expression,
    }
}
