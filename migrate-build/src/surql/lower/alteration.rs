use surrealdb_sql::literal::Literal;
use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::alter::field::AlterDefault;
use surrealdb_sql::statements::alter::{self, AlterApiClause, AlterKind, AlterStatement};
use surrealdb_sql::statements::define::user::PassType;
use surrealdb_sql::statements::define::{self as sql, DefineConfigStatement, DefineDefault, DefineKind};
use surrealdb_sql::{EventKind, Expr};

use super::{define, read};
use crate::definition::{Definition, Shape};
use crate::operation::Define;

/// What an `ALTER` changes about a definition, whatever that definition is.
#[derive(Clone, Debug)]
pub(crate) struct Alteration(Box<AlterStatement>);

impl Alteration {
    pub(super) fn new(statement: &AlterStatement) -> Self {
        Self(Box::new(statement.clone()))
    }

    /// The definition after it, or `None` where it does not fit the definition.
    pub(crate) fn apply(&self, before: &Definition) -> Option<Define> {
        let mut statement = read::statement(before)?;
        self.change(&mut statement);
        let mut after = define::define(&statement, &before.text)?;
        if let (Shape::Access(before), Shape::Access(after)) = (&before.shape, &mut after.definition.shape) {
            // The text before is redacted: it cannot tell where the secret came from.
            after.secret = before.secret;
        }
        Some(after)
    }

    /// The definition that it gives an object that does not exist: only a config is made by altering it.
    pub(crate) fn create(&self) -> Option<Define> {
        let AlterStatement::Config(config) = &*self.0 else { return None };
        let statement = DefineConfigStatement { kind: DefineKind::Default, inner: config.inner.clone() };
        define::define(&DefineStatement::Config(statement), "")
    }

    /// Whether it makes a table a relation, which gives that table its `in` and `out` again.
    pub(crate) fn sets_table_type(&self) -> bool {
        matches!(&*self.0, AlterStatement::Table(table) if table.kind.is_some())
    }

    fn change(&self, definition: &mut DefineStatement) {
        match (&*self.0, definition) {
            (AlterStatement::Table(change), DefineStatement::Table(table)) => change_table(change, table),
            (AlterStatement::Field(change), DefineStatement::Field(field)) => change_field(change, field),
            (AlterStatement::Index(change), DefineStatement::Index(index)) => {
                comment(&mut index.comment, &change.comment);
            }
            (AlterStatement::Event(change), DefineStatement::Event(event)) => {
                replace(&mut event.when, &change.when);
                replace(&mut event.then, &change.then);
                set_or(&mut event.event_kind, &change.kind, || EventKind::Sync);
                comment(&mut event.comment, &change.comment);
            }
            (AlterStatement::Param(change), DefineStatement::Param(param)) => {
                keep_or(&mut param.value, change.value.as_ref());
                keep_or(&mut param.permissions, change.permissions.as_ref());
                comment(&mut param.comment, &change.comment);
            }
            (AlterStatement::Function(change), DefineStatement::Function(function)) => {
                set_or(&mut function.args, &change.args, Vec::new);
                replace(&mut function.block, &change.block);
                option(&mut function.returns, &change.returns);
                keep_or(&mut function.permissions, change.permissions.as_ref());
                comment(&mut function.comment, &change.comment);
            }
            (AlterStatement::Analyzer(change), DefineStatement::Analyzer(analyzer)) => {
                match &change.function {
                    AlterKind::Set(function) => analyzer.function = Some(function.as_str().into()),
                    AlterKind::Drop => analyzer.function = None,
                    AlterKind::None => {}
                }
                option(&mut analyzer.tokenizers, &change.tokenizers);
                option(&mut analyzer.filters, &change.filters);
                comment(&mut analyzer.comment, &change.comment);
            }
            (AlterStatement::Sequence(change), DefineStatement::Sequence(sequence)) => {
                keep_or(&mut sequence.timeout, change.timeout.as_ref());
            }
            (AlterStatement::Bucket(change), DefineStatement::Bucket(bucket)) => {
                match &change.backend {
                    AlterKind::Set(backend) => {
                        bucket.backend = Some(Expr::Literal(Literal::String(backend.as_str().into())));
                    }
                    AlterKind::Drop => bucket.backend = None,
                    AlterKind::None => {}
                }
                flag(&mut bucket.readonly, &change.readonly);
                keep_or(&mut bucket.permissions, change.permissions.as_ref());
                comment(&mut bucket.comment, &change.comment);
            }
            (AlterStatement::Module(change), DefineStatement::Module(module)) => {
                keep_or(&mut module.permissions, change.permissions.as_ref());
                comment(&mut module.comment, &change.comment);
            }
            (AlterStatement::Config(change), DefineStatement::Config(config)) => config.inner = change.inner.clone(),
            (AlterStatement::Api(change), DefineStatement::Api(api)) => change_api(change, api),
            (AlterStatement::Access(change), DefineStatement::Access(access)) => {
                option(&mut access.authenticate, &change.authenticate);
                option(&mut access.context, &change.context);
                duration(&mut access.duration.grant, &change.grant_duration);
                duration(&mut access.duration.token, &change.token_duration);
                duration(&mut access.duration.session, &change.session_duration);
                comment(&mut access.comment, &change.comment);
            }
            (AlterStatement::User(change), DefineStatement::User(user)) => {
                change_password(change, user);
                set_or(&mut user.roles, &change.roles, Vec::new);
                duration(&mut user.token_duration, &change.token_duration);
                duration(&mut user.session_duration, &change.session_duration);
                comment(&mut user.comment, &change.comment);
            }
            _ => {}
        }
    }
}

fn change_table(change: &alter::AlterTableStatement, table: &mut sql::DefineTableStatement) {
    flag(&mut table.full, &change.schemafull);
    keep_or(&mut table.permissions, change.permissions.as_ref());
    option(&mut table.changefeed, &change.changefeed);
    keep_or(&mut table.table_type, change.kind.as_ref());
    option(&mut table.inline_edges_cap, &change.inline_edges_cap);
    option(&mut table.inline_refs_cap, &change.inline_refs_cap);
    comment(&mut table.comment, &change.comment);
}

fn change_field(change: &alter::AlterFieldStatement, field: &mut sql::DefineFieldStatement) {
    option(&mut field.field_kind, &change.kind);
    flag(&mut field.flexible, &change.flexible);
    flag(&mut field.readonly, &change.readonly);
    flag(&mut field.inline, &change.inline);
    option(&mut field.value, &change.value);
    option(&mut field.assert, &change.assert);
    match &change.default {
        AlterDefault::None => {}
        AlterDefault::Drop => field.default = DefineDefault::None,
        AlterDefault::Always(value) => field.default = DefineDefault::Always(value.clone()),
        AlterDefault::Set(value) => field.default = DefineDefault::Set(value.clone()),
    }
    keep_or(&mut field.permissions, change.permissions.as_ref());
    option(&mut field.reference, &change.reference);
    comment(&mut field.comment, &change.comment);
}

/// A password brings its own verifier, and a hash alone leaves none that would fit it.
fn change_password(change: &alter::AlterUserStatement, user: &mut sql::DefineUserStatement) {
    match &change.pass_type {
        Some(PassType::Unset) | None => option_or_keep(&mut user.scram, change.scram.as_ref()),
        Some(password) => {
            user.pass_type = password.clone();
            user.scram.clone_from(&change.scram);
        }
    }
}

fn change_api(change: &alter::AlterApiStatement, api: &mut sql::DefineApiStatement) {
    // A method answers by one action: a new one takes it from the others, and an action without methods is gone.
    fn release(actions: &mut Vec<sql::ApiAction>, methods: &[surrealdb_sql::ApiMethod]) {
        for action in &mut *actions {
            action.methods.retain(|method| !methods.contains(method));
        }
        actions.retain(|action| !action.methods.is_empty());
    }
    for clause in &change.clauses {
        match clause {
            AlterApiClause::ForAny { config, fallback } => {
                keep_or(&mut api.config, config.as_ref());
                option(&mut api.fallback, fallback);
            }
            AlterApiClause::SetAction(action) => {
                release(&mut api.actions, &action.methods);
                api.actions.push(action.clone());
            }
            AlterApiClause::DropAction { methods } => release(&mut api.actions, methods),
        }
    }
    comment(&mut api.comment, &change.comment);
}

/// A clause that may be set, dropped or left.
fn option<T: Clone>(clause: &mut Option<T>, change: &AlterKind<T>) {
    match change {
        AlterKind::Set(value) => *clause = Some(value.clone()),
        AlterKind::Drop => *clause = None,
        AlterKind::None => {}
    }
}

/// A clause that may be set, put back to a default or left.
fn set_or<T: Clone>(clause: &mut T, change: &AlterKind<T>, default: impl FnOnce() -> T) {
    match change {
        AlterKind::Set(value) => *clause = value.clone(),
        AlterKind::Drop => *clause = default(),
        AlterKind::None => {}
    }
}

/// A clause that may be set; the database takes no notice of dropping it.
fn replace<T: Clone>(clause: &mut T, change: &AlterKind<T>) {
    if let AlterKind::Set(value) = change {
        *clause = value.clone();
    }
}

fn keep_or<T: Clone>(clause: &mut T, change: Option<&T>) {
    if let Some(value) = change {
        *clause = value.clone();
    }
}

fn option_or_keep<T: Clone>(clause: &mut Option<T>, change: Option<&T>) {
    if let Some(value) = change {
        *clause = Some(value.clone());
    }
}

fn flag(clause: &mut bool, change: &AlterKind<()>) {
    match change {
        AlterKind::Set(()) => *clause = true,
        AlterKind::Drop => *clause = false,
        AlterKind::None => {}
    }
}

fn comment(clause: &mut Expr, change: &AlterKind<String>) {
    match change {
        AlterKind::Set(text) => *clause = Expr::Literal(Literal::String(text.as_str().into())),
        AlterKind::Drop => *clause = Expr::Literal(Literal::None),
        AlterKind::None => {}
    }
}

fn duration(clause: &mut Expr, change: &AlterKind<std::time::Duration>) {
    match change {
        AlterKind::Set(value) => *clause = Expr::Literal(Literal::Duration(*value)),
        AlterKind::Drop => *clause = Expr::Literal(Literal::None),
        AlterKind::None => {}
    }
}
