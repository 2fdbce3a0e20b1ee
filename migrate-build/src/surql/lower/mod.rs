//! From a statement's syntax tree to what it does, in our own words.

mod alter;
mod alteration;
mod body;
mod constant;
mod data;
mod define;
mod define_access;
mod define_field;
mod define_index;
mod define_other;
mod define_table;
mod given;
mod implied;
mod kind;
mod loosening;
mod name;
mod nested;
mod permission;
mod print;
mod read;
mod remove;
mod removing;
mod target;
mod walk;
mod walk_kind;

use migrate_core::{Object, ObjectKind};
use surrealdb_sql::statements::{DefineStatement, RebuildStatement};
use surrealdb_sql::{Block, Expr, TopLevelExpr};

use super::ParsedStatement;
use crate::definition::Definition;
use crate::operation::{Dynamic, Lowered, Operation};
use crate::uses::Uses;
use crate::write::{Action, Write};
use crate::{Diagnostics, Source};

pub(crate) use self::alteration::Alteration;
pub(crate) use self::implied::{Implied, implicit_table, implied};
pub(crate) use self::loosening::{Loosened, loosened};
pub(crate) use self::removing::removing;

impl ParsedStatement {
    /// Says what the statement does. `text` is the whole text that it was parsed from.
    pub(crate) fn lower(&self, text: &str) -> Lowered {
        lower(&self.ast, text.get(self.range.clone()).unwrap_or_default())
    }
}

/// What each statement of a text does, with its own text; none where the text does not parse. For texts that this crate made.
pub(crate) fn statements(text: &str) -> Vec<(Lowered, String)> {
    let source = Source::new("", text);
    let statements = super::parse(&source, &mut Diagnostics::default()).unwrap_or_default();
    let own_text = |statement: &ParsedStatement| text.get(statement.range.clone()).unwrap_or_default().to_owned();
    statements.iter().map(|statement| (statement.lower(text), own_text(statement))).collect()
}

/// What a canonical definition says; none where it does not parse.
pub(crate) fn definition(text: &str) -> Option<Definition> {
    match statements(text).pop()?.0.operation {
        Operation::Define(define) => Some(define.definition),
        _ => None,
    }
}

/// A name as a statement needs it: in backticks where it would be read as something else.
pub(crate) fn quoted(name: &str) -> String {
    print::expr(&define::ident(name))
}

/// What the stored body of a function or event changes of the schema, and deletes, whenever it is run. `definition` is its
/// canonical text.
pub(crate) fn body_changes(definition: &str) -> Vec<Operation> {
    let source = Source::new("", definition);
    let statements = super::parse(&source, &mut Diagnostics::default()).unwrap_or_default();
    let bodies = statements.iter().filter_map(|statement| body(&statement.ast));
    let nested = bodies.flat_map(|body| nested::lower(Operation::Other, &body, definition).nested);
    nested.filter_map(in_body).collect()
}

fn body(ast: &TopLevelExpr) -> Option<Expr> {
    let TopLevelExpr::Expr(Expr::Define(definition)) = ast else { return None };
    let block = match &**definition {
        DefineStatement::Function(function) => function.block.clone(),
        DefineStatement::Event(event) => Block(event.then.clone()),
        _ => return None,
    };
    Some(Expr::Block(Box::new(block)))
}

/// The operation as that of the statement which runs the body.
fn in_body(operation: Operation) -> Option<Operation> {
    match operation {
        Operation::Dynamic(dynamic) => {
            let reason = "a function or event that this runs decides it";
            Some(Operation::Dynamic(Box::new(Dynamic { reason, ..*dynamic })))
        }
        Operation::Write(write) if write.action == Action::Delete => {
            Some(Operation::Write(Write { certain: false, unbounded: false, given: Vec::new(), range: None, ..write }))
        }
        _ => None,
    }
}

fn lower(ast: &TopLevelExpr, text: &str) -> Lowered {
    let bare = |operation| Lowered { operation, nested: Vec::new(), uses: Uses::default() };
    let TopLevelExpr::Expr(expr) = ast else { return bare(Operation::Other) };
    let operation = if throws(expr) { Operation::Throw } else { operation(expr, text) };
    if matches!(operation, Operation::Define(_) | Operation::Alter(_) | Operation::Remove(_) | Operation::Dynamic(_)) {
        // What such a statement holds are bodies, which run later.
        return bare(operation);
    }
    nested::lower(operation, expr, text)
}

/// What one expression does itself, leaving aside what is nested in it.
fn operation(expr: &Expr, text: &str) -> Operation {
    match expr {
        Expr::Define(statement) => define::lower(statement, text),
        Expr::Alter(statement) => alter::lower(statement),
        Expr::Remove(statement) => remove::lower(statement),
        Expr::Rebuild(statement) => {
            let RebuildStatement::Index(index) = &**statement;
            Operation::Rebuild {
                index: Object::on(index.what.as_str().to_owned(), ObjectKind::Index, index.name.as_str().to_owned()),
                if_exists: index.if_exists,
                concurrently: index.concurrently,
            }
        }
        Expr::Let(set) => Operation::Let(set.name.as_str().to_owned()),
        _ => data::lower(expr).map_or(Operation::Other, Operation::Write),
    }
}

/// Whether an expression throws, whatever is there.
fn throws(expr: &Expr) -> bool {
    match expr {
        Expr::Throw(_) => true,
        Expr::Block(block) => block.0.iter().any(throws),
        _ => false,
    }
}
