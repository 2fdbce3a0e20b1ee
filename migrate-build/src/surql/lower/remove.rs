use migrate_core::{Object, ObjectKind};
use surrealdb_sql::statements::RemoveStatement;
use surrealdb_sql::statements::remove::config::RemoveConfigKind;
use surrealdb_sql::{Base, Expr, ModuleName};

use super::{name, print};
use crate::operation::{Dynamic, Operation, Reach, Remove};

/// What a `REMOVE` does.
pub(super) fn lower(statement: &RemoveStatement) -> Operation {
    let (kind, object, if_exists) = match statement {
        RemoveStatement::Namespace(_) | RemoveStatement::Database(_) => return Operation::Outside { removes: true },
        RemoveStatement::Access(s) if s.base != Base::Db => return Operation::Outside { removes: true },
        RemoveStatement::User(s) if s.base != Base::Db => return Operation::Outside { removes: true },
        RemoveStatement::Config(s) if s.kind == RemoveConfigKind::Default => {
            return Operation::Outside { removes: true };
        }
        RemoveStatement::Function(s) => known(ObjectKind::Function, s.name.as_str().to_owned(), s.if_exists),
        RemoveStatement::Param(s) => known(ObjectKind::Param, s.name.as_str().to_owned(), s.if_exists),
        RemoveStatement::Analyzer(s) => named(ObjectKind::Analyzer, &s.name, s.if_exists),
        RemoveStatement::Access(s) => named(ObjectKind::Access, &s.name, s.if_exists),
        RemoveStatement::User(s) => named(ObjectKind::User, &s.name, s.if_exists),
        RemoveStatement::Table(s) => named(ObjectKind::Table, &s.name, s.if_exists),
        RemoveStatement::Api(s) => named(ObjectKind::Api, &s.name, s.if_exists),
        RemoveStatement::Bucket(s) => named(ObjectKind::Bucket, &s.name, s.if_exists),
        RemoveStatement::Sequence(s) => named(ObjectKind::Sequence, &s.name, s.if_exists),
        RemoveStatement::Event(s) => on_table(ObjectKind::Event, name::name(&s.name), &s.what, s.if_exists),
        RemoveStatement::Index(s) => on_table(ObjectKind::Index, name::name(&s.name), &s.what, s.if_exists),
        RemoveStatement::Field(s) => {
            let path = name::path(&s.name).map(|path| print::path(&path));
            on_table(ObjectKind::Field, path, &s.what, s.if_exists)
        }
        RemoveStatement::Model(s) => {
            let name = format!("{}<{}>", s.name.as_str(), s.version.as_str());
            known(ObjectKind::Model, name, s.if_exists)
        }
        RemoveStatement::Module(s) => known(ObjectKind::Module, module(&s.name), s.if_exists),
        RemoveStatement::Config(s) => {
            let name = if s.kind == RemoveConfigKind::Api { "api" } else { "graphql" };
            known(ObjectKind::Config, name.to_owned(), s.if_exists)
        }
    };
    match object {
        Some(object) => Operation::Remove(Remove { object, if_exists }),
        None => Operation::Dynamic(Box::new(Dynamic {
            kind,
            object: None,
            definition: None,
            reason: "what it removes is decided when it runs",
            reach: Reach::Removes,
        })),
    }
}

type Target = (ObjectKind, Option<Object>, bool);

fn known(kind: ObjectKind, name: String, if_exists: bool) -> Target {
    (kind, Some(Object::new(kind, name)), if_exists)
}

fn named(kind: ObjectKind, name: &Expr, if_exists: bool) -> Target {
    (kind, name::name(name).map(|name| Object::new(kind, name)), if_exists)
}

fn on_table(kind: ObjectKind, name: Option<String>, table: &Expr, if_exists: bool) -> Target {
    let object = name.zip(name::name(table)).map(|(name, table)| Object::on(table, kind, name));
    (kind, object, if_exists)
}

/// The name under which the database stores a module.
pub(super) fn module(name: &ModuleName) -> String {
    match name {
        ModuleName::Module(name) => format!("mod::{name}"),
        ModuleName::Silo(organisation, package, major, minor, patch) => {
            format!("silo::{organisation}::{package}::<{major}.{minor}.{patch}>")
        }
    }
}
