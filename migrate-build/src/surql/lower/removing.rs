use surrealdb_sql::statements::define::config::ConfigInner;
use surrealdb_sql::statements::remove::api::RemoveApiStatement;
use surrealdb_sql::statements::remove::{
    RemoveAccessStatement, RemoveAnalyzerStatement, RemoveBucketStatement, RemoveConfigKind, RemoveConfigStatement,
    RemoveEventStatement, RemoveFieldStatement, RemoveFunctionStatement, RemoveIndexStatement, RemoveModelStatement,
    RemoveModuleStatement, RemoveParamStatement, RemoveSequenceStatement, RemoveTableStatement, RemoveUserStatement,
};
use surrealdb_sql::statements::{DefineStatement, RemoveStatement};
use surrealdb_sql::{Expr, ModuleExecutable, ModuleName, TopLevelExpr};

use super::read::statement;
use crate::definition::Definition;

/// The statement that takes a defined object away, if it is there.
pub(crate) fn removing(definition: &Definition) -> Option<String> {
    let if_exists = true;
    let remove = match statement(definition)? {
        DefineStatement::Table(s) => {
            RemoveStatement::Table(RemoveTableStatement { name: s.name, if_exists, expunge: false })
        }
        DefineStatement::Field(s) => {
            RemoveStatement::Field(RemoveFieldStatement { name: s.name, what: s.what, if_exists })
        }
        DefineStatement::Index(s) => {
            RemoveStatement::Index(RemoveIndexStatement { name: s.name, what: s.what, if_exists })
        }
        DefineStatement::Event(s) => {
            RemoveStatement::Event(RemoveEventStatement { name: s.name, what: s.target_table, if_exists })
        }
        DefineStatement::Function(s) => RemoveStatement::Function(RemoveFunctionStatement { name: s.name, if_exists }),
        DefineStatement::Param(s) => RemoveStatement::Param(RemoveParamStatement { name: s.name, if_exists }),
        DefineStatement::Analyzer(s) => RemoveStatement::Analyzer(RemoveAnalyzerStatement { name: s.name, if_exists }),
        DefineStatement::Sequence(s) => RemoveStatement::Sequence(RemoveSequenceStatement { name: s.name, if_exists }),
        DefineStatement::Bucket(s) => RemoveStatement::Bucket(RemoveBucketStatement { name: s.name, if_exists }),
        DefineStatement::Api(s) => RemoveStatement::Api(RemoveApiStatement { name: s.path, if_exists }),
        DefineStatement::Access(s) => {
            RemoveStatement::Access(RemoveAccessStatement { name: s.name, base: s.base, if_exists })
        }
        DefineStatement::User(s) => {
            RemoveStatement::User(RemoveUserStatement { name: s.name, base: s.base, if_exists })
        }
        DefineStatement::Model(s) => {
            RemoveStatement::Model(RemoveModelStatement { name: s.name, version: s.version, if_exists })
        }
        DefineStatement::Module(s) => {
            let name = match (s.name, s.executable) {
                (Some(name), _) => ModuleName::Module(name.into_string()),
                (None, ModuleExecutable::Silo(s)) => {
                    ModuleName::Silo(s.organisation, s.package, s.major, s.minor, s.patch)
                }
                (None, ModuleExecutable::Surrealism(_)) => return None,
            };
            RemoveStatement::Module(RemoveModuleStatement { name, if_exists })
        }
        DefineStatement::Config(s) => {
            let kind = match s.inner {
                ConfigInner::GraphQL(_) => RemoveConfigKind::GraphQL,
                ConfigInner::Api(_) => RemoveConfigKind::Api,
                ConfigInner::Default(_) => RemoveConfigKind::Default,
            };
            RemoveStatement::Config(RemoveConfigStatement { kind, if_exists })
        }
        DefineStatement::Namespace(_) | DefineStatement::Database(_) => return None,
    };
    Some(TopLevelExpr::Expr(Expr::Remove(Box::new(remove))).to_string())
}
