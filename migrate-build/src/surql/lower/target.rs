use migrate_core::{Object, ObjectKind};
use surrealdb_sql::{Expr, ModuleName};

use super::{name, print};
use crate::operation::{Dynamic, Operation, Reach};

/// What an `ALTER` or a `REMOVE` names.
pub(super) struct Target {
    kind: ObjectKind,
    /// `None` when only its run can tell.
    object: Option<Object>,
    if_exists: bool,
}

impl Target {
    pub(super) fn known(kind: ObjectKind, name: impl Into<String>, if_exists: bool) -> Self {
        Self { kind, object: Some(Object::new(kind, name.into())), if_exists }
    }

    pub(super) fn named(kind: ObjectKind, name: &Expr, if_exists: bool) -> Self {
        Self { kind, object: name::name(name).map(|name| Object::new(kind, name)), if_exists }
    }

    pub(super) fn on_table(kind: ObjectKind, name: &Expr, table: &Expr, if_exists: bool) -> Self {
        let name = match kind {
            ObjectKind::Field => name::path(name).map(|path| print::path(&path)),
            _ => name::name(name),
        };
        let object = name.zip(name::name(table)).map(|(name, table)| Object::on(table, kind, name));
        Self { kind, object, if_exists }
    }

    pub(super) fn module(name: &ModuleName, if_exists: bool) -> Self {
        Self::known(ObjectKind::Module, module(name), if_exists)
    }

    pub(super) fn config(is_api: bool, if_exists: bool) -> Self {
        Self::known(ObjectKind::Config, if is_api { "api" } else { "graphql" }, if_exists)
    }

    /// What is done to it, or that nobody can tell to what, for this reason.
    pub(super) fn operation(
        self,
        reason: &'static str,
        reach: Reach,
        done: impl FnOnce(Object, bool) -> Operation,
    ) -> Operation {
        let Self { kind, object, if_exists } = self;
        match object {
            Some(object) => done(object, if_exists),
            None => Operation::Dynamic(Box::new(Dynamic { kind, object: None, definition: None, reason, reach })),
        }
    }
}

/// The name under which the database stores a module.
fn module(name: &ModuleName) -> String {
    match name {
        ModuleName::Module(name) => format!("mod::{name}"),
        ModuleName::Silo(organisation, package, major, minor, patch) => {
            format!("silo::{organisation}::{package}::<{major}.{minor}.{patch}>")
        }
    }
}
