use migrate_core::{Object, ObjectKind};
use surrealdb_sql::Expr;
use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::DefineKind;

use super::{define_access, define_field, define_index, define_other, define_table, name};
use crate::definition::{Definition, Reference, Shape};
use crate::operation::{Define, Dynamic, Existing, Operation};

/// A definition without its object: what the function for each kind of statement gives.
pub(super) struct Parts {
    pub(super) name: String,
    /// The table it stands on.
    pub(super) table: Option<String>,
    pub(super) text: String,
    pub(super) shape: Shape,
    pub(super) references: Vec<Reference>,
    pub(super) unknown: Option<&'static str>,
}

/// What a `DEFINE` does.
pub(super) fn lower(statement: &DefineStatement, text: &str) -> Operation {
    let Some(kind) = object_kind(statement) else { return Operation::Outside { removes: false } };
    match define(statement, text) {
        Some(define) => Operation::Define(Box::new(define)),
        None => Operation::Dynamic(Box::new(Dynamic {
            kind,
            object: None,
            definition: None,
            reason: "its name is decided when it runs",
            reach: existing(statement).reach(),
        })),
    }
}

/// The definition, or `None` when its name is decided when it runs or it belongs to no database.
pub(super) fn define(statement: &DefineStatement, text: &str) -> Option<Define> {
    let kind = object_kind(statement)?;
    let parts = match statement {
        DefineStatement::Table(statement) => define_table::parts(statement),
        DefineStatement::Field(statement) => define_field::parts(statement),
        DefineStatement::Index(statement) => define_index::parts(statement),
        DefineStatement::Access(statement) => define_access::access(statement, text),
        DefineStatement::User(statement) => define_access::user(statement),
        DefineStatement::Event(statement) => define_other::event(statement),
        DefineStatement::Function(statement) => Some(define_other::function(statement)),
        DefineStatement::Param(statement) => Some(define_other::param(statement)),
        DefineStatement::Analyzer(statement) => define_other::analyzer(statement),
        DefineStatement::Sequence(statement) => define_other::sequence(statement),
        DefineStatement::Bucket(statement) => define_other::bucket(statement),
        DefineStatement::Config(statement) => define_other::config(statement),
        DefineStatement::Api(statement) => define_other::api(statement),
        DefineStatement::Module(statement) => define_other::module(statement),
        DefineStatement::Model(statement) => Some(define_other::model(statement)),
        DefineStatement::Namespace(_) | DefineStatement::Database(_) => None,
    }?;
    let object = match parts.table {
        Some(table) => Object::on(table, kind, parts.name),
        None => Object::new(kind, parts.name),
    };
    let Parts { text, shape, references, unknown, .. } = parts;
    Some(Define {
        definition: Definition { object, text, shape, references },
        existing: existing(statement),
        unknown,
        concurrently: matches!(statement, DefineStatement::Index(index) if index.concurrently),
    })
}

fn existing(statement: &DefineStatement) -> Existing {
    let kind = match statement {
        DefineStatement::Namespace(statement) => &statement.kind,
        DefineStatement::Database(statement) => &statement.kind,
        DefineStatement::Function(statement) => &statement.kind,
        DefineStatement::Analyzer(statement) => &statement.kind,
        DefineStatement::Param(statement) => &statement.kind,
        DefineStatement::Table(statement) => &statement.kind,
        DefineStatement::Event(statement) => &statement.kind,
        DefineStatement::Field(statement) => &statement.kind,
        DefineStatement::Index(statement) => &statement.kind,
        DefineStatement::User(statement) => &statement.kind,
        DefineStatement::Model(statement) => &statement.kind,
        DefineStatement::Access(statement) => &statement.kind,
        DefineStatement::Config(statement) => &statement.kind,
        DefineStatement::Api(statement) => &statement.kind,
        DefineStatement::Bucket(statement) => &statement.kind,
        DefineStatement::Sequence(statement) => &statement.kind,
        DefineStatement::Module(statement) => &statement.kind,
    };
    match kind {
        DefineKind::Default => Existing::Fails,
        DefineKind::IfNotExists => Existing::Stays,
        DefineKind::Overwrite => Existing::IsReplaced,
    }
}

/// The kind of object, or `None` for what is not of this database.
fn object_kind(statement: &DefineStatement) -> Option<ObjectKind> {
    use surrealdb_sql::Base;
    use surrealdb_sql::statements::define::config::ConfigInner;
    Some(match statement {
        DefineStatement::Namespace(_) | DefineStatement::Database(_) => return None,
        DefineStatement::User(statement) if statement.base != Base::Db => return None,
        DefineStatement::Access(statement) if statement.base != Base::Db => return None,
        DefineStatement::Config(statement) if matches!(statement.inner, ConfigInner::Default(_)) => return None,
        DefineStatement::Function(_) => ObjectKind::Function,
        DefineStatement::Analyzer(_) => ObjectKind::Analyzer,
        DefineStatement::Param(_) => ObjectKind::Param,
        DefineStatement::Table(_) => ObjectKind::Table,
        DefineStatement::Event(_) => ObjectKind::Event,
        DefineStatement::Field(_) => ObjectKind::Field,
        DefineStatement::Index(_) => ObjectKind::Index,
        DefineStatement::User(_) => ObjectKind::User,
        DefineStatement::Model(_) => ObjectKind::Model,
        DefineStatement::Access(_) => ObjectKind::Access,
        DefineStatement::Config(_) => ObjectKind::Config,
        DefineStatement::Api(_) => ObjectKind::Api,
        DefineStatement::Bucket(_) => ObjectKind::Bucket,
        DefineStatement::Sequence(_) => ObjectKind::Sequence,
        DefineStatement::Module(_) => ObjectKind::Module,
    })
}

/// Resolves a clause whose value must be known to know the text; otherwise notes that it is not.
pub(super) fn resolve(
    clause: &mut Expr,
    resolved: Option<Expr>,
    unknown: &mut Option<&'static str>,
    reason: &'static str,
) {
    match resolved {
        Some(value) => *clause = value,
        None => *unknown = Some(reason),
    }
}

/// The reason given for a comment that is not a plain string.
pub(super) const COMMENT: &str = "its comment is computed when it runs";

/// A name as an expression in the form that the database prints.
pub(super) fn ident(name: &str) -> Expr {
    Expr::Idiom(surrealdb_sql::Idiom::field(name.to_owned()))
}

/// A table name as an expression in the form that the database prints.
pub(super) fn table(name: &str) -> Expr {
    Expr::Table(surrealdb_sql::TableName::new(name.to_owned()))
}

/// The name and the table of something that stands on a table.
pub(super) fn on_table(object: &Expr, table: &Expr) -> Option<(String, String)> {
    Some((name::name(object)?, name::name(table)?))
}
