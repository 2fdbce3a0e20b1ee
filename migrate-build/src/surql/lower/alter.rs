use migrate_core::{Object, ObjectKind};
use surrealdb_sql::statements::AlterStatement;
use surrealdb_sql::statements::define::config::ConfigInner;
use surrealdb_sql::{Base, Expr};

use super::{Alteration, name, print, remove};
use crate::operation::{Alter, Dynamic, Operation, Reach};

/// What an `ALTER` does.
pub(super) fn lower(statement: &AlterStatement) -> Operation {
    let (kind, object, if_exists) = match statement {
        // Compaction and settings of what is not this database's schema.
        AlterStatement::System(_) | AlterStatement::Namespace(_) | AlterStatement::Database(_) => {
            return Operation::Outside { removes: false };
        }
        AlterStatement::User(s) if s.base != Base::Db => return Operation::Outside { removes: false },
        AlterStatement::Access(s) if s.base != Base::Db => return Operation::Outside { removes: false },
        AlterStatement::Config(s) if matches!(s.inner, ConfigInner::Default(_)) => {
            return Operation::Outside { removes: false };
        }
        AlterStatement::Table(s) => named(ObjectKind::Table, &s.name, s.if_exists),
        AlterStatement::Api(s) => named(ObjectKind::Api, &s.path, s.if_exists),
        AlterStatement::Sequence(s) => named(ObjectKind::Sequence, &s.name, s.if_exists),
        AlterStatement::Bucket(s) => named(ObjectKind::Bucket, &s.name, s.if_exists),
        AlterStatement::Analyzer(s) => named(ObjectKind::Analyzer, &s.name, s.if_exists),
        AlterStatement::User(s) => named(ObjectKind::User, &s.name, s.if_exists),
        AlterStatement::Access(s) => named(ObjectKind::Access, &s.name, s.if_exists),
        AlterStatement::Event(s) => on_table(ObjectKind::Event, name::name(&s.name), &s.what, s.if_exists),
        AlterStatement::Index(s) => on_table(ObjectKind::Index, name::name(&s.name), &s.table, s.if_exists),
        AlterStatement::Field(s) => {
            let path = name::path(&s.name).map(|path| print::path(&path));
            on_table(ObjectKind::Field, path, &s.what, s.if_exists)
        }
        AlterStatement::Param(s) => known(ObjectKind::Param, s.name.as_str().to_owned(), s.if_exists),
        AlterStatement::Function(s) => known(ObjectKind::Function, s.name.as_str().to_owned(), s.if_exists),
        AlterStatement::Module(s) => known(ObjectKind::Module, remove::module(&s.name), s.if_exists),
        AlterStatement::Config(s) => {
            let name = if matches!(s.inner, ConfigInner::Api(_)) { "api" } else { "graphql" };
            known(ObjectKind::Config, name.to_owned(), s.if_exists)
        }
    };
    match object {
        Some(object) => {
            let alteration = Alteration::new(statement);
            Operation::Alter(Box::new(Alter { object, if_exists, alteration }))
        }
        None => Operation::Dynamic(Box::new(Dynamic {
            kind,
            object: None,
            definition: None,
            reason: "what it alters is decided when it runs",
            reach: Reach::Changes,
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
