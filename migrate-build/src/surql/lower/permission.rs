use super::print;
use crate::definition::{Permission, Permissions};

/// One permission, in our own words.
pub(super) fn permission(permission: &surrealdb_sql::Permission) -> Permission {
    match permission {
        surrealdb_sql::Permission::None => Permission::None,
        surrealdb_sql::Permission::Full => Permission::Full,
        surrealdb_sql::Permission::Specific(condition) => Permission::Where(print::expr(condition)),
    }
}

/// The four permissions of a table or field.
pub(super) fn permissions(all: &surrealdb_sql::Permissions) -> Permissions {
    Permissions {
        select: permission(&all.select),
        create: permission(&all.create),
        update: permission(&all.update),
        delete: permission(&all.delete),
    }
}
