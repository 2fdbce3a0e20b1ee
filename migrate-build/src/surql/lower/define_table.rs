use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::{DefineKind, DefineTableStatement};
use surrealdb_sql::{TableName, TableType};

use super::define::{COMMENT, Parts, resolve, table};
use super::{body, constant, name, permission, print};
use crate::definition::{self, Reference, Relation, Shape, Table, View};

/// What a `DEFINE TABLE` says.
pub(super) fn parts(statement: &DefineTableStatement) -> Option<Parts> {
    let name = name::name(&statement.name)?;
    let mut canonical = DefineTableStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    canonical.name = table(&name);
    if let TableType::Relation(relation) = &mut canonical.table_type {
        // The database enforces a lightweight relation whether that is said or not.
        relation.enforced |= relation.lightweight;
    }
    let shape = Shape::Table(shape(&canonical));
    let mut references = body::of_permissions(&canonical.permissions);
    if let TableType::Relation(relation) = &canonical.table_type {
        references.extend(relation.from.iter().chain(&relation.to).map(|table| Reference::Link(text(table))));
    }
    if let Some(view) = &canonical.view {
        references.extend(view.what.iter().map(|table| Reference::Source(text(table))));
    }
    Some(Parts {
        name,
        table: None,
        text: print::define(DefineStatement::Table(canonical)),
        shape,
        references,
        unknown,
    })
}

fn text(table: &TableName) -> String {
    table.as_str().to_owned()
}

fn shape(statement: &DefineTableStatement) -> Table {
    Table {
        kind: match &statement.table_type {
            TableType::Any => definition::TableType::Any,
            TableType::Normal => definition::TableType::Normal,
            TableType::Relation(relation) => definition::TableType::Relation(Relation {
                from: relation.from.iter().map(text).collect(),
                to: relation.to.iter().map(text).collect(),
                enforced: relation.enforced,
                lightweight: relation.lightweight,
            }),
        },
        schemafull: statement.full,
        drops: statement.drop,
        changefeed: statement.changefeed.as_ref().map(|changefeed| format!("{changefeed:?}")),
        permissions: permission::permissions(&statement.permissions),
        view: statement.view.as_ref().map(|view| View { text: format!("{view:?}") }),
    }
}
