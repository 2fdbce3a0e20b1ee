use migrate_core::ObjectKind;
use surrealdb_sql::Base;
use surrealdb_sql::statements::RemoveStatement;
use surrealdb_sql::statements::remove::config::RemoveConfigKind;

use super::target::Target;
use crate::operation::{Operation, Reach, Remove};

/// What a `REMOVE` does.
pub(super) fn lower(statement: &RemoveStatement) -> Operation {
    let target = match statement {
        RemoveStatement::Namespace(_) | RemoveStatement::Database(_) => return Operation::Outside { removes: true },
        RemoveStatement::Access(s) if s.base != Base::Db => return Operation::Outside { removes: true },
        RemoveStatement::User(s) if s.base != Base::Db => return Operation::Outside { removes: true },
        RemoveStatement::Config(s) if s.kind == RemoveConfigKind::Default => {
            return Operation::Outside { removes: true };
        }
        RemoveStatement::Function(s) => Target::known(ObjectKind::Function, s.name.as_str(), s.if_exists),
        RemoveStatement::Param(s) => Target::known(ObjectKind::Param, s.name.as_str(), s.if_exists),
        RemoveStatement::Analyzer(s) => Target::named(ObjectKind::Analyzer, &s.name, s.if_exists),
        RemoveStatement::Access(s) => Target::named(ObjectKind::Access, &s.name, s.if_exists),
        RemoveStatement::User(s) => Target::named(ObjectKind::User, &s.name, s.if_exists),
        RemoveStatement::Table(s) => Target::named(ObjectKind::Table, &s.name, s.if_exists),
        RemoveStatement::Api(s) => Target::named(ObjectKind::Api, &s.name, s.if_exists),
        RemoveStatement::Bucket(s) => Target::named(ObjectKind::Bucket, &s.name, s.if_exists),
        RemoveStatement::Sequence(s) => Target::named(ObjectKind::Sequence, &s.name, s.if_exists),
        RemoveStatement::Event(s) => Target::on_table(ObjectKind::Event, &s.name, &s.what, s.if_exists),
        RemoveStatement::Index(s) => Target::on_table(ObjectKind::Index, &s.name, &s.what, s.if_exists),
        RemoveStatement::Field(s) => Target::on_table(ObjectKind::Field, &s.name, &s.what, s.if_exists),
        RemoveStatement::Model(s) => {
            let name = format!("{}<{}>", s.name.as_str(), s.version.as_str());
            Target::known(ObjectKind::Model, name, s.if_exists)
        }
        RemoveStatement::Module(s) => Target::module(&s.name, s.if_exists),
        RemoveStatement::Config(s) => Target::config(s.kind == RemoveConfigKind::Api, s.if_exists),
    };
    target.operation("what it removes is decided when it runs", Reach::Removes, |object, if_exists| {
        Operation::Remove(Remove { object, if_exists })
    })
}
