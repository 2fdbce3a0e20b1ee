use std::collections::BTreeSet;

use surrealdb_sql::statements::{DefineStatement, RebuildStatement};
use surrealdb_sql::{Expr, Function, Literal};

use super::super::places;
use super::{data, operation, walk};
use crate::definition::Call;
use crate::operation::{Dynamic, Lowered, Operation, Reach};
use crate::uses::Uses;

/// Why a definition inside another statement is not followed.
const INSIDE: &str = "it stands inside another statement, which decides whether it runs";

/// Adds to what a statement does what the expressions inside it do. `text` is the statement's own.
pub(super) fn lower(operation: Operation, expr: &Expr, text: &str) -> Lowered {
    let mut collector = Collector { text, nested: Vec::new(), uses: Uses::default(), bound: BTreeSet::new() };
    collector.note(expr);
    collector.inside(expr, true);
    let Collector { nested, mut uses, bound, .. } = collector;
    // Where in the statement a parameter is bound is not asked: it may run in another order than it is read.
    uses.params.retain(|param| !bound.contains(param));
    let mut lowered = Lowered { operation, nested, uses };
    place(&mut lowered, text);
    lowered
}

/// Finds where each write stands.
fn place(lowered: &mut Lowered, text: &str) {
    let actions: Vec<_> = lowered.writes().map(|write| write.action).collect();
    let places = match &actions[..] {
        [] => return,
        [_] if lowered.nested.is_empty() => None,
        _ => places::writes(text).filter(|places| places.iter().map(|(action, _)| *action).eq(actions)),
    };
    let mut places = places.into_iter().flatten();
    let operations = std::iter::once(&mut lowered.operation).chain(&mut lowered.nested);
    for operation in operations {
        if let Operation::Write(write) = operation {
            write.range = places.next().map(|(_, range)| range);
        }
    }
}

struct Collector<'a> {
    text: &'a str,
    nested: Vec<Operation>,
    uses: Uses,
    /// The parameters that it binds.
    bound: BTreeSet<String>,
}

impl Collector<'_> {
    /// Looks at what stands inside an expression. `certain` says whether that expression runs whenever the migration
    /// does.
    fn inside(&mut self, expr: &Expr, certain: bool) {
        // A closure's body runs when and if it is called.
        let certain =
            certain && !matches!(expr, Expr::Closure(_) | Expr::Foreach(_) | Expr::IfElse(_) | Expr::Binary { .. });
        walk::children(expr, &mut |child| self.at(child, certain));
    }

    fn at(&mut self, expr: &Expr, certain: bool) {
        match operation(expr, self.text) {
            Operation::Other | Operation::Let(_) | Operation::Throw => {}
            Operation::Write(mut write) => {
                write.certain &= certain;
                self.nested.push(Operation::Write(write));
            }
            Operation::Define(define) => self.nested.push(Operation::Dynamic(Box::new(Dynamic {
                kind: define.definition.object.kind(),
                reach: define.existing.reach(),
                object: Some(define.definition.object.clone()),
                definition: Some(define.definition),
                reason: INSIDE,
            }))),
            Operation::Alter(alter) => self.nested.push(Operation::Dynamic(Box::new(Dynamic {
                kind: alter.object.kind(),
                object: Some(alter.object),
                definition: None,
                reason: INSIDE,
                reach: Reach::Changes,
            }))),
            Operation::Remove(remove) => self.nested.push(Operation::Dynamic(Box::new(Dynamic {
                kind: remove.object.kind(),
                object: Some(remove.object),
                definition: None,
                reason: INSIDE,
                reach: Reach::Removes,
            }))),
            other => self.nested.push(other),
        }
        self.note(expr);
        self.inside(expr, certain);
    }

    /// Notes what an expression itself names.
    fn note(&mut self, expr: &Expr) {
        match expr {
            Expr::Select(select) => self.uses.reads.extend(select.what.iter().filter_map(data::target)),
            Expr::Idiom(idiom) => walk::edges(idiom, &mut |table| self.uses.edges.push(table.to_owned())),
            Expr::Param(param) => self.uses.params.push(param.as_str().to_owned()),
            Expr::Define(define) => {
                if let DefineStatement::Index(index) = &**define
                    && index.concurrently
                {
                    self.uses.builds += 1;
                }
            }
            Expr::Rebuild(rebuild) => {
                let RebuildStatement::Index(index) = &**rebuild;
                self.uses.builds += usize::from(index.concurrently);
            }
            Expr::Let(set) => _ = self.bound.insert(set.name.as_str().to_owned()),
            Expr::Foreach(each) => _ = self.bound.insert(each.param.as_str().to_owned()),
            Expr::Closure(closure) => {
                self.bound.extend(closure.args.iter().map(|(param, _)| param.as_str().to_owned()));
            }
            Expr::FunctionCall(call) => match (&call.receiver, &call.arguments[..]) {
                (Function::Custom(name), arguments) => {
                    self.uses.calls.push(Call { function: name.clone(), arguments: Some(arguments.len()) });
                }
                (Function::Script(_), _) => self.uses.foreign.push("a script"),
                (Function::Module(..) | Function::Silo { .. }, _) => self.uses.foreign.push("a module's function"),
                (Function::Normal(name), _) if name == "api::invoke" => self.uses.foreign.push("an API"),
                (Function::Normal(name), [Expr::Literal(Literal::String(sequence))]) if name == "sequence::nextval" => {
                    self.uses.sequences.push(sequence.as_str().to_owned());
                }
                (Function::Normal(name), _) if name == "sequence::nextval" => self.uses.foreign.push("a sequence"),
                _ => {}
            },
            _ => {}
        }
    }
}
