use migrate_core::ObjectKind;
use surrealdb_sql::Base;
use surrealdb_sql::statements::AlterStatement;
use surrealdb_sql::statements::define::config::ConfigInner;

use super::Alteration;
use super::target::Target;
use crate::operation::{Alter, Operation, Reach};

/// What an `ALTER` does.
pub(super) fn lower(statement: &AlterStatement) -> Operation {
    let target = match statement {
        // Compaction and settings of what is not this database's schema.
        AlterStatement::System(_) | AlterStatement::Namespace(_) | AlterStatement::Database(_) => {
            return Operation::Outside { removes: false };
        }
        AlterStatement::User(s) if s.base != Base::Db => return Operation::Outside { removes: false },
        AlterStatement::Access(s) if s.base != Base::Db => return Operation::Outside { removes: false },
        AlterStatement::Config(s) if matches!(s.inner, ConfigInner::Default(_)) => {
            return Operation::Outside { removes: false };
        }
        AlterStatement::Table(s) => Target::named(ObjectKind::Table, &s.name, s.if_exists),
        AlterStatement::Api(s) => Target::named(ObjectKind::Api, &s.path, s.if_exists),
        AlterStatement::Sequence(s) => Target::named(ObjectKind::Sequence, &s.name, s.if_exists),
        AlterStatement::Bucket(s) => Target::named(ObjectKind::Bucket, &s.name, s.if_exists),
        AlterStatement::Analyzer(s) => Target::named(ObjectKind::Analyzer, &s.name, s.if_exists),
        AlterStatement::User(s) => Target::named(ObjectKind::User, &s.name, s.if_exists),
        AlterStatement::Access(s) => Target::named(ObjectKind::Access, &s.name, s.if_exists),
        AlterStatement::Event(s) => Target::on_table(ObjectKind::Event, &s.name, &s.what, s.if_exists),
        AlterStatement::Index(s) => Target::on_table(ObjectKind::Index, &s.name, &s.table, s.if_exists),
        AlterStatement::Field(s) => Target::on_table(ObjectKind::Field, &s.name, &s.what, s.if_exists),
        AlterStatement::Param(s) => Target::known(ObjectKind::Param, s.name.as_str(), s.if_exists),
        AlterStatement::Function(s) => Target::known(ObjectKind::Function, s.name.as_str(), s.if_exists),
        AlterStatement::Module(s) => Target::module(&s.name, s.if_exists),
        AlterStatement::Config(s) => Target::config(matches!(s.inner, ConfigInner::Api(_)), s.if_exists),
    };
    target.operation("what it alters is decided when it runs", Reach::Changes, |object, if_exists| {
        let alteration = Alteration::new(statement);
        Operation::Alter(Box::new(Alter { object, if_exists, alteration }))
    })
}
