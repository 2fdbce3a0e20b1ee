use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::{DefineFieldStatement, DefineKind};

use super::{print, read};
use crate::definition::Definition;

/// The two statements by which a field gets a type that does not agree with what is defined inside it.
pub(crate) struct Loosened {
    /// Defines it without a type, so that anything may be defined inside it.
    pub(crate) first: String,
    /// Gives it its type, which the database does not hold against what is inside.
    pub(crate) last: String,
}

/// Those statements for a field that has a type.
pub(crate) fn loosened(definition: &Definition) -> Option<Loosened> {
    let DefineStatement::Field(field) = read::statement(definition)? else { return None };
    let kind = field.field_kind.as_ref()?;
    let flexible = if field.flexible { " FLEXIBLE" } else { "" };
    let last =
        format!("ALTER FIELD {} ON {} TYPE {kind}{flexible}", print::expr(&field.name), print::expr(&field.what));
    let bare =
        DefineFieldStatement { kind: DefineKind::Overwrite, field_kind: None, flexible: false, ..(*field).clone() };
    Some(Loosened { first: print::define(DefineStatement::Field(Box::new(bare))), last })
}
