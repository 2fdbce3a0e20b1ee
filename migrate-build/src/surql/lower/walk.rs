use surrealdb_sql::field::Selector;
use surrealdb_sql::lookup::LookupSubject;
use surrealdb_sql::order::Ordering;
use surrealdb_sql::part::RecurseInstruction;
use surrealdb_sql::{Cond, Data, Expr, Field, Fields, Idiom, Literal, Output, Part, PostfixOperator, RecordIdKeyLit};

/// Shows each expression directly inside another one, in the order of the text.
///
/// What a definition holds is not inside it in this sense: it runs another time.
pub(super) fn children<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match expr {
        Expr::Literal(literal) => of_literal(literal, visit),
        Expr::Idiom(idiom) => of_idiom(idiom, visit),
        Expr::Block(block) => block.0.iter().for_each(visit),
        Expr::Prefix { expr, .. } | Expr::Throw(expr) => visit(expr),
        Expr::Postfix { expr, op } => {
            visit(expr);
            if let PostfixOperator::MethodCall(_, arguments) | PostfixOperator::Call(arguments) = op {
                arguments.iter().for_each(visit);
            }
        }
        Expr::Binary { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Expr::FunctionCall(call) => call.arguments.iter().for_each(visit),
        Expr::Closure(closure) => visit(&closure.body),
        Expr::Return(output) => visit(&output.what),
        Expr::IfElse(branches) => {
            for (condition, body) in &branches.exprs {
                visit(condition);
                visit(body);
            }
            branches.close.iter().for_each(visit);
        }
        Expr::Foreach(each) => {
            visit(&each.range);
            each.block.0.iter().for_each(visit);
        }
        Expr::Let(set) => visit(&set.what),
        // Without `ANALYZE` it only says what would be done.
        Expr::Explain { statement, analyze: true, .. } => visit(statement),
        Expr::Select(_)
        | Expr::Create(_)
        | Expr::Update(_)
        | Expr::Upsert(_)
        | Expr::Delete(_)
        | Expr::Relate(_)
        | Expr::Insert(_) => of_statement(expr, visit),
        Expr::Param(_)
        | Expr::Explain { .. }
        | Expr::Table(_)
        | Expr::Mock(_)
        | Expr::Constant(_)
        | Expr::Break
        | Expr::Continue
        | Expr::Define(_)
        | Expr::Remove(_)
        | Expr::Rebuild(_)
        | Expr::Alter(_)
        | Expr::Info(_)
        | Expr::Sleep(_) => {}
    }
}

fn of_statement<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match expr {
        Expr::Select(select) => {
            of_fields(&select.fields, visit);
            select.omit.iter().chain(&select.what).for_each(&mut *visit);
            of_cond(select.cond.as_ref(), visit);
            select.split.iter().flat_map(|split| &split.0).for_each(|split| of_idiom(&split.0, visit));
            select.group.iter().flat_map(|group| &group.0).for_each(|group| of_idiom(&group.0, visit));
            of_order(select.order.as_ref(), visit);
            select.limit.iter().for_each(|limit| visit(&limit.0));
            select.start.iter().for_each(|start| visit(&start.0));
            select.fetch.iter().flat_map(|fetch| &fetch.0).for_each(|fetch| visit(&fetch.0));
        }
        Expr::Create(create) => {
            create.what.iter().for_each(&mut *visit);
            of_data(create.data.as_ref(), visit);
            of_output(create.output.as_ref(), visit);
        }
        Expr::Update(update) => {
            update.what.iter().for_each(&mut *visit);
            of_data(update.data.as_ref(), visit);
            of_cond(update.cond.as_ref(), visit);
            of_output(update.output.as_ref(), visit);
        }
        Expr::Upsert(upsert) => {
            upsert.what.iter().for_each(&mut *visit);
            of_data(upsert.data.as_ref(), visit);
            of_cond(upsert.cond.as_ref(), visit);
            of_output(upsert.output.as_ref(), visit);
        }
        Expr::Delete(delete) => {
            delete.what.iter().for_each(&mut *visit);
            of_cond(delete.cond.as_ref(), visit);
            of_output(delete.output.as_ref(), visit);
        }
        Expr::Relate(relate) => {
            [&relate.from, &relate.through, &relate.to].into_iter().for_each(&mut *visit);
            of_data(relate.data.as_ref(), visit);
            of_output(relate.output.as_ref(), visit);
        }
        Expr::Insert(insert) => {
            insert.into.iter().for_each(&mut *visit);
            of_data(Some(&insert.data), visit);
            of_data(insert.update.as_ref(), visit);
            of_output(insert.output.as_ref(), visit);
        }
        _ => {}
    }
}

fn of_literal<'a>(literal: &'a Literal, visit: &mut dyn FnMut(&'a Expr)) {
    match literal {
        Literal::Array(items) | Literal::Set(items) => items.iter().for_each(visit),
        Literal::Object(entries) => entries.iter().for_each(|entry| visit(&entry.value)),
        Literal::RecordId(id) => match &id.key {
            RecordIdKeyLit::Array(items) => items.iter().for_each(visit),
            RecordIdKeyLit::Object(entries) => entries.iter().for_each(|entry| visit(&entry.value)),
            _ => {}
        },
        _ => {}
    }
}

/// Shows each table that a path goes through or to by an arrow.
pub(super) fn edges<'a>(idiom: &'a Idiom, visit: &mut dyn FnMut(&'a str)) {
    for part in &idiom.0 {
        match part {
            Part::Graph(lookup) => {
                for subject in &lookup.what {
                    let (LookupSubject::Table { table, .. } | LookupSubject::Range { table, .. }) = subject;
                    visit(table.as_str());
                }
            }
            Part::Recurse(_, Some(path), _) => edges(path, visit),
            _ => {}
        }
    }
}

fn of_idiom<'a>(idiom: &'a Idiom, visit: &mut dyn FnMut(&'a Expr)) {
    for part in &idiom.0 {
        match part {
            Part::Where(expr) | Part::Value(expr) | Part::Start(expr) => visit(expr),
            Part::Method(_, arguments) => arguments.iter().for_each(&mut *visit),
            Part::Graph(lookup) => {
                lookup.expr.iter().for_each(|fields| of_fields(fields, visit));
                of_cond(lookup.cond.as_ref(), visit);
                of_order(lookup.order.as_ref(), visit);
                lookup.limit.iter().for_each(|limit| visit(&limit.0));
                lookup.start.iter().for_each(|start| visit(&start.0));
            }
            Part::Recurse(_, path, instruction) => {
                if let Some(path) = path {
                    of_idiom(path, visit);
                }
                if let Some(RecurseInstruction::Shortest { expects, .. }) = instruction {
                    visit(expects);
                }
            }
            _ => {}
        }
    }
}

fn of_fields<'a>(fields: &'a Fields, visit: &mut dyn FnMut(&'a Expr)) {
    match fields {
        Fields::Value(selector) => visit(&selector.expr),
        Fields::Select(fields) => {
            for field in fields {
                if let Field::Single(Selector { expr, .. }) = field {
                    visit(expr);
                }
            }
        }
    }
}

fn of_data<'a>(data: Option<&'a Data>, visit: &mut dyn FnMut(&'a Expr)) {
    match data {
        Some(Data::SetExpression(assignments) | Data::UpdateExpression(assignments)) => {
            for assignment in assignments {
                visit(&assignment.value);
            }
        }
        Some(
            Data::PatchExpression(expr)
            | Data::MergeExpression(expr)
            | Data::ReplaceExpression(expr)
            | Data::ContentExpression(expr)
            | Data::SingleExpression(expr),
        ) => visit(expr),
        Some(Data::ValuesExpression(rows)) => rows.iter().flatten().for_each(|(_, value)| visit(value)),
        Some(Data::EmptyExpression | Data::UnsetExpression(_)) | None => {}
    }
}

fn of_cond<'a>(cond: Option<&'a Cond>, visit: &mut dyn FnMut(&'a Expr)) {
    if let Some(cond) = cond {
        visit(&cond.0);
    }
}

fn of_output<'a>(output: Option<&'a Output>, visit: &mut dyn FnMut(&'a Expr)) {
    if let Some(Output::Fields(fields)) = output {
        of_fields(fields, visit);
    }
}

fn of_order<'a>(order: Option<&'a Ordering>, visit: &mut dyn FnMut(&'a Expr)) {
    if let Some(Ordering::Order(orders)) = order {
        orders.0.iter().for_each(|order| of_idiom(&order.value, visit));
    }
}
