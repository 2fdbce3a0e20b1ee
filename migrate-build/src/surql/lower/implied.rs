//! What the database defines by itself when something is defined.

use migrate_core::{Object, ObjectKind};
use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::{DefineFieldStatement, DefineTableStatement};
use surrealdb_sql::{Expr, Idiom, Kind, Part, Permissions, TableType};

use super::define::{self, table};
use super::read::statement;
use super::{print, walk_kind};
use crate::definition::Definition;

/// One object that a definition implies, and how.
#[derive(Clone, Debug)]
pub(crate) struct Implied {
    pub(crate) object: Object,
    /// Whether the database keeps it under a key by which no statement finds it.
    pub(crate) is_stray: bool,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    /// `tags.*` of `tags TYPE array<string>`: its type is set, and the rest of it stays as it was.
    Part { field: Box<DefineFieldStatement> },
    /// `in` or `out` of a relation: replaced by a bare field.
    Endpoint { field: Box<DefineFieldStatement> },
    /// The relation's own definition, when `in` or `out` is given another type.
    Relation { is_in: bool, kind: Kind },
}

impl Implied {
    /// The definition of the implied object, given the one it has.
    pub(crate) fn apply(&self, before: Option<&Definition>) -> Option<Definition> {
        let statement = match &self.how {
            How::Endpoint { field } => DefineStatement::Field(field.clone()),
            How::Part { field } => DefineStatement::Field(match before.and_then(statement) {
                Some(DefineStatement::Field(before)) => Box::new(DefineFieldStatement {
                    field_kind: field.field_kind.clone(),
                    flexible: before.flexible || field.flexible,
                    ..*before
                }),
                _ => field.clone(),
            }),
            How::Relation { is_in, kind } => {
                let Some(DefineStatement::Table(mut table)) = before.and_then(statement) else { return None };
                let (TableType::Relation(relation), Kind::Record(tables)) = (&mut table.table_type, kind) else {
                    return None;
                };
                let endpoint = if *is_in { &mut relation.from } else { &mut relation.to };
                endpoint.clone_from(tables);
                DefineStatement::Table(table)
            }
        };
        Some(define::define(&statement, "")?.definition)
    }
}

/// What defining this implies, in the order in which the database does it.
pub(crate) fn implied(definition: &Definition) -> Vec<Implied> {
    match statement(definition) {
        Some(DefineStatement::Table(table)) => endpoints(&table),
        Some(DefineStatement::Field(field)) => {
            let mut implied = parts(&field, definition);
            implied.extend(relation(&field, definition));
            implied
        }
        _ => Vec::new(),
    }
}

/// The table that a write, a field, an index or an event creates when there is none.
pub(crate) fn implicit_table(name: &str) -> Option<Definition> {
    let statement =
        DefineTableStatement { name: table(name), permissions: Permissions::none(), ..DefineTableStatement::default() };
    Some(define::define(&DefineStatement::Table(statement), "")?.definition)
}

fn endpoints(statement: &DefineTableStatement) -> Vec<Implied> {
    let (TableType::Relation(relation), Expr::Table(on)) = (&statement.table_type, &statement.name) else {
        return Vec::new();
    };
    let endpoint = |name: &'static str, tables: &[_]| {
        let field = DefineFieldStatement {
            name: define::ident(name),
            what: statement.name.clone(),
            field_kind: Some(Kind::Record(tables.to_vec())),
            ..DefineFieldStatement::default()
        };
        let object = Object::on(on.as_str().to_owned(), ObjectKind::Field, name);
        Implied { object, is_stray: false, how: How::Endpoint { field: Box::new(field) } }
    };
    vec![endpoint("in", &relation.from), endpoint("out", &relation.to)]
}

fn parts(statement: &DefineFieldStatement, definition: &Definition) -> Vec<Implied> {
    let (Expr::Idiom(path), Some(on)) = (&statement.name, definition.object.table()) else { return Vec::new() };
    let mut implied = Vec::new();
    let mut path: Idiom = path.clone();
    let mut kind = statement.field_kind.as_ref().and_then(walk_kind::inner);
    // An array of anything implies nothing.
    while let Some(inner) = kind.filter(|kind| *kind != Kind::Any) {
        path.0.push(Part::All);
        let field = DefineFieldStatement {
            name: Expr::Idiom(path.clone()),
            what: statement.what.clone(),
            field_kind: Some(inner.clone()),
            flexible: statement.flexible,
            ..DefineFieldStatement::default()
        };
        let object = Object::on(on.to_owned(), ObjectKind::Field, print::path(&path));
        // Statements look a field up by its path, but an implied one is kept under its text.
        let is_stray = print::expr(&Expr::Idiom(path.clone())) != object.name();
        implied.push(Implied { object, is_stray, how: How::Part { field: Box::new(field) } });
        kind = walk_kind::inner(&inner);
    }
    implied
}

fn relation(statement: &DefineFieldStatement, definition: &Definition) -> Option<Implied> {
    let kind = statement.field_kind.clone()?;
    let is_in = match definition.object.name() {
        "in" => true,
        "out" => false,
        _ => return None,
    };
    let object = Object::new(ObjectKind::Table, definition.object.table()?.to_owned());
    Some(Implied { object, is_stray: false, how: How::Relation { is_in, kind } })
}
