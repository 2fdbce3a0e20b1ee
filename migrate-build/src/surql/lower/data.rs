use surrealdb_sql::{Cond, Data, Expr, Literal, Mock};

use super::given;
use crate::write::{Action, Write};

/// What a statement writes, or `None` when it writes nothing itself.
pub(super) fn lower(expr: &Expr) -> Option<Write> {
    Some(match expr {
        Expr::Create(create) => write(Action::Create, targets(&create.what), create.data.as_ref()),
        Expr::Update(update) => Write {
            unbounded: is_whole(&update.what, update.cond.as_ref()),
            ..write(Action::Update, targets(&update.what), update.data.as_ref())
        },
        Expr::Upsert(upsert) => Write {
            unbounded: upsert.cond.is_some() && is_whole(&upsert.what, upsert.cond.as_ref()),
            ..write(Action::Upsert, targets(&upsert.what), upsert.data.as_ref())
        },
        Expr::Delete(delete) => Write {
            unbounded: is_whole(&delete.what, delete.cond.as_ref()),
            ..write(Action::Delete, targets(&delete.what), None)
        },
        Expr::Relate(relate) => {
            let through = targets(std::slice::from_ref(&relate.through));
            let mut write = write(Action::Relate, through, relate.data.as_ref());
            write.given.extend(given::ends(&relate.from, &relate.to));
            Write { certain: is_record(&relate.from) && is_record(&relate.to), ..write }
        }
        Expr::Insert(insert) => {
            let targets = match &insert.into {
                Some(into) => targets(std::slice::from_ref(into)),
                None => inserted(&insert.data),
            };
            let action = if insert.relation { Action::InsertRelation } else { Action::Insert };
            write(action, targets, Some(&insert.data))
        }
        _ => return None,
    })
}

fn write(action: Action, Targets { tables, elsewhere }: Targets, data: Option<&Data>) -> Write {
    let given = given::given(data);
    Write { action, tables, elsewhere, unbounded: false, certain: true, given, range: None }
}

struct Targets {
    tables: Vec<String>,
    elsewhere: bool,
}

fn targets(what: &[Expr]) -> Targets {
    let mut targets = Targets { tables: Vec::new(), elsewhere: false };
    for expr in what {
        match target(expr) {
            Some(table) => targets.tables.push(table),
            None => targets.elsewhere = true,
        }
    }
    targets
}

/// The table that an expression stands for as the target of a statement.
pub(super) fn target(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Table(table) | Expr::Mock(Mock::Count(table, _) | Mock::Range(table, _)) => {
            Some(table.as_str().to_owned())
        }
        Expr::Literal(Literal::RecordId(id)) => Some(id.table.as_str().to_owned()),
        _ => None,
    }
}

/// Whether an expression is certain to stand for at least one record.
fn is_record(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(Literal::RecordId(_)) => true,
        Expr::Literal(Literal::Array(items)) => !items.is_empty() && items.iter().all(is_record),
        _ => false,
    }
}

/// Whether a statement takes all rows of a table.
fn is_whole(what: &[Expr], cond: Option<&Cond>) -> bool {
    let always = match cond {
        None => true,
        Some(Cond(condition)) => matches!(condition, Expr::Literal(Literal::Bool(true))),
    };
    always && what.iter().any(|expr| matches!(expr, Expr::Table(_)))
}

/// Where rows go that carry their own ids.
fn inserted(data: &Data) -> Targets {
    let mut ids = Vec::new();
    let mut of_row = |row: &Expr| match row {
        Expr::Literal(Literal::Object(entries)) => {
            let id = entries.iter().find(|entry| entry.key.as_str() == "id");
            ids.push(id.and_then(|entry| target(&entry.value)));
        }
        _ => ids.push(None),
    };
    match data {
        Data::SingleExpression(Expr::Literal(Literal::Array(rows))) => rows.iter().for_each(of_row),
        Data::SingleExpression(row) => of_row(row),
        _ => ids.push(None),
    }
    let elsewhere = ids.iter().any(Option::is_none);
    Targets { tables: ids.into_iter().flatten().collect(), elsewhere }
}
