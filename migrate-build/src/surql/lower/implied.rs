//! What the database defines by itself when something is defined.

use migrate_core::{Object, ObjectKind};
use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::{DefineFieldStatement, DefineTableStatement};
use surrealdb_sql::{Expr, Idiom, Kind, Part, Permissions, TableType};

use super::define::{self, table};
use super::read::statement;
use super::{print, walk_kind};
use crate::definition::{self, Definition, Shape};

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
    if !may_imply(definition) {
        return Vec::new();
    }
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

/// Whether it is worth reading the text once more: what most definitions say implies nothing.
fn may_imply(definition: &Definition) -> bool {
    match &definition.shape {
        Shape::Table(table) => matches!(table.kind, definition::TableType::Relation(_)),
        Shape::Field(field) => field.value_type.inner().is_some() || matches!(definition.object.name(), "in" | "out"),
        _ => false,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::surql::statements;

    #[test]
    fn what_is_not_read_once_more_implies_nothing() {
        for (text, count) in [
            ("DEFINE TABLE a", 0),
            ("DEFINE TABLE a AS SELECT * FROM b", 0),
            ("DEFINE TABLE a TYPE RELATION", 2),
            ("DEFINE TABLE a TYPE RELATION IN b OUT c | d", 2),
            ("DEFINE FIELD a ON b", 0),
            ("DEFINE FIELD a ON b TYPE any", 0),
            ("DEFINE FIELD a ON b TYPE option<string> DEFAULT 'array<int>'", 0),
            ("DEFINE FIELD a ON b TYPE array", 0),
            ("DEFINE FIELD a ON b TYPE option<array>", 1),
            ("DEFINE FIELD a ON b TYPE set<array<int, 3>>", 2),
            ("DEFINE FIELD a ON b TYPE string | array<int> | set<bool>", 1),
            ("DEFINE FIELD a ON b TYPE [int, array<int>]", 0),
            ("DEFINE FIELD a ON b TYPE { c: array<int> }", 0),
            ("DEFINE FIELD in ON b TYPE record<c>", 1),
            ("DEFINE FIELD out ON b TYPE string", 1),
            ("DEFINE INDEX in ON b FIELDS c", 0),
        ] {
            let (lowered, _) = statements(text).pop().unwrap();
            let Operation::Define(define) = lowered.operation else { panic!("{text}") };
            let implied = match statement(&define.definition) {
                Some(DefineStatement::Table(table)) => endpoints(&table).len(),
                Some(DefineStatement::Field(field)) => {
                    parts(&field, &define.definition).len()
                        + usize::from(relation(&field, &define.definition).is_some())
                }
                _ => 0,
            };
            assert_eq!(implied, count, "{text}");
            assert!(may_imply(&define.definition) || implied == 0, "{text}");
        }
    }
}
