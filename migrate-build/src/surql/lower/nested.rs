use surrealdb_sql::{Expr, Function};

use super::{data, operation, walk};
use crate::definition::Call;
use crate::operation::{Dynamic, Lowered, Operation, Reach};

/// Why a definition inside another statement is not followed.
const INSIDE: &str = "it stands inside another statement, which decides whether it runs";

/// Adds to what a statement does what the expressions inside it do.
pub(super) fn lower(operation: Operation, expr: &Expr, text: &str) -> Lowered {
    let mut collector = Collector { text, nested: Vec::new(), calls: Vec::new(), reads: Vec::new() };
    collector.call(expr);
    collector.inside(expr, true);
    let Collector { nested, calls, reads, .. } = collector;
    Lowered { operation, nested, calls, reads }
}

struct Collector<'a> {
    text: &'a str,
    nested: Vec<Operation>,
    calls: Vec<Call>,
    reads: Vec<String>,
}

impl Collector<'_> {
    /// Looks at what stands inside an expression. `certain` says whether that expression runs whenever the migration
    /// does.
    fn inside(&mut self, expr: &Expr, certain: bool) {
        // A closure's body runs when and if it is called.
        let certain =
            certain && !matches!(expr, Expr::Closure(_) | Expr::Foreach(_) | Expr::IfElse(_) | Expr::Binary { .. });
        if let Expr::Select(select) = expr {
            self.reads.extend(select.what.iter().filter_map(data::target));
        }
        walk::children(expr, &mut |child| self.at(child, certain));
    }

    fn at(&mut self, expr: &Expr, certain: bool) {
        match operation(expr, self.text) {
            Operation::Other => {}
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
        self.call(expr);
        self.inside(expr, certain);
    }

    fn call(&mut self, expr: &Expr) {
        if let Expr::FunctionCall(call) = expr
            && let Function::Custom(name) = &call.receiver
        {
            self.calls.push(Call { function: name.clone(), arguments: Some(call.arguments.len()) });
        }
    }
}
