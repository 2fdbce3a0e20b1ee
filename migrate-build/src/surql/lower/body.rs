use surrealdb_sql::{Expr, Function, Permission, Permissions};

use super::{data, walk};
use crate::definition::{Call, Reference};
use crate::write::Action;

/// What a body names: the functions it calls and the tables it reads and writes when it runs.
pub(super) fn references(body: &Expr) -> Vec<Reference> {
    let mut found = Vec::new();
    at(body, &mut found);
    found
}

/// What the conditions of permissions name.
pub(super) fn of_permissions(permissions: &Permissions) -> Vec<Reference> {
    let all = [&permissions.select, &permissions.create, &permissions.update, &permissions.delete];
    all.into_iter().flat_map(of_permission).collect()
}

/// What the condition of a permission names.
pub(super) fn of_permission(permission: &Permission) -> Vec<Reference> {
    if let Permission::Specific(condition) = permission { references(condition) } else { Vec::new() }
}

fn at(expr: &Expr, found: &mut Vec<Reference>) {
    match expr {
        Expr::FunctionCall(call) => {
            if let Function::Custom(name) = &call.receiver {
                found.push(Reference::Call(Call { function: name.clone(), arguments: Some(call.arguments.len()) }));
            }
        }
        Expr::Select(select) => found.extend(select.what.iter().filter_map(data::target).map(Reference::Read)),
        Expr::Idiom(idiom) => walk::edges(idiom, &mut |table| found.push(Reference::Edge(table.to_owned()))),
        _ => {
            if let Some(write) = data::lower(expr) {
                let reference = match write.action {
                    Action::Update | Action::Delete => Reference::Change,
                    _ => Reference::Create,
                };
                found.extend(write.tables.into_iter().map(reference));
                if write.elsewhere && write.action.creates_table() {
                    found.push(Reference::CreateAnywhere);
                }
            }
        }
    }
    walk::children(expr, &mut |child| at(child, found));
}
