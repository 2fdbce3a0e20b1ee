use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::{DefineIndexStatement, DefineKind};
use surrealdb_sql::{Expr, Literal};

use super::define::{COMMENT, Parts, ident, on_table, resolve, table};
use super::{constant, name, print};
use crate::definition::{Index, IndexKind, Reference, Shape};

/// What a `DEFINE INDEX` says.
pub(super) fn parts(statement: &DefineIndexStatement) -> Option<Parts> {
    let (name, on) = on_table(&statement.name, &statement.what)?;
    let mut canonical = DefineIndexStatement { kind: DefineKind::Default, concurrently: false, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    canonical.name = ident(&name);
    canonical.what = table(&on);
    let mut columns = Vec::new();
    for column in &mut canonical.cols {
        match name::path(column) {
            Some(path) => {
                columns.push(print::path(&path));
                *column = Expr::Idiom(path);
            }
            None => unknown = Some("its fields are computed when it runs"),
        }
    }
    let kind = kind(&canonical.index);
    let references = match &kind {
        IndexKind::FullText(analyzer) => vec![Reference::Analyzer(analyzer.clone())],
        _ => Vec::new(),
    };
    let uncommented = DefineIndexStatement { comment: Expr::Literal(Literal::None), ..canonical.clone() };
    let structure = print::define(DefineStatement::Index(uncommented));
    let shape = Shape::Index(Index { columns, kind, structure });
    let text = print::define(DefineStatement::Index(canonical));
    Some(Parts { name, table: Some(on), text, shape, references, unknown })
}

fn kind(index: &surrealdb_sql::Index) -> IndexKind {
    match index {
        surrealdb_sql::Index::Idx => IndexKind::Plain,
        surrealdb_sql::Index::Uniq => IndexKind::Unique,
        surrealdb_sql::Index::FullText(parameters) => IndexKind::FullText(parameters.az.as_str().to_owned()),
        surrealdb_sql::Index::Hnsw(_) | surrealdb_sql::Index::DiskAnn(_) => IndexKind::Vector,
        surrealdb_sql::Index::Count(_) => IndexKind::Count,
    }
}
