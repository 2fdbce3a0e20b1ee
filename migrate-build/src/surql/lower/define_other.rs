use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::config::ConfigInner;
use surrealdb_sql::statements::define::config::api::ApiConfig;
use surrealdb_sql::statements::define::{
    DefineAnalyzerStatement, DefineApiStatement, DefineBucketStatement, DefineConfigStatement, DefineEventStatement,
    DefineFunctionStatement, DefineKind, DefineModelStatement, DefineModuleStatement, DefineParamStatement,
    DefineSequenceStatement,
};
use surrealdb_sql::{Expr, Literal, ModuleExecutable};

use super::define::{COMMENT, Parts, ident, on_table, resolve, table};
use super::{body, constant, kind, name, permission, print};
use crate::definition::{Api, Call, Event, Function, Param, Reference, Shape};

const NO_COMMENT: Expr = Expr::Literal(Literal::None);

fn opaque(name: String, statement: DefineStatement, unknown: Option<&'static str>) -> Parts {
    Parts { name, table: None, text: print::define(statement), shape: Shape::Opaque, references: Vec::new(), unknown }
}

pub(super) fn event(statement: &DefineEventStatement) -> Option<Parts> {
    let (name, on) = on_table(&statement.name, &statement.target_table)?;
    let mut canonical = DefineEventStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    (canonical.name, canonical.target_table) = (ident(&name), table(&on));
    let references = std::iter::once(&canonical.when).chain(&canonical.then).flat_map(body::references).collect();
    let uncommented = DefineEventStatement { comment: NO_COMMENT, ..canonical.clone() };
    let shape = Shape::Event(Event { behaviour: print::define(DefineStatement::Event(uncommented)) });
    let text = print::define(DefineStatement::Event(canonical));
    Some(Parts { name, table: Some(on), text, shape, references, unknown })
}

pub(super) fn function(statement: &DefineFunctionStatement) -> Parts {
    let mut canonical = DefineFunctionStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    let body = Expr::Block(Box::new(canonical.block.clone()));
    let mut references = body::references(&body);
    references.extend(canonical.args.iter().flat_map(|(_, value)| kind::links(value)));
    references.extend(canonical.returns.iter().flat_map(kind::links));
    references.extend(body::of_permission(&canonical.permissions));
    let shape = Shape::Function(Function {
        arguments: canonical.args.iter().map(|(name, value)| (name.clone(), kind::value_type(value))).collect(),
        returns: canonical.returns.as_ref().map(kind::value_type),
        body: print::expr(&body),
        permission: permission::permission(&canonical.permissions),
    });
    let name = canonical.name.as_str().to_owned();
    let text = print::define(DefineStatement::Function(canonical));
    Parts { name, table: None, text, shape, references, unknown }
}

pub(super) fn param(statement: &DefineParamStatement) -> Parts {
    let mut canonical = DefineParamStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    resolve(
        &mut canonical.value,
        constant::value(&statement.value),
        &mut unknown,
        "its value is computed when it runs",
    );
    let shape = Shape::Param(Param {
        value: print::expr(&canonical.value),
        permission: permission::permission(&canonical.permissions),
    });
    let references = body::of_permission(&canonical.permissions);
    let name = canonical.name.as_str().to_owned();
    let text = print::define(DefineStatement::Param(canonical));
    Parts { name, table: None, text, shape, references, unknown }
}

pub(super) fn analyzer(statement: &DefineAnalyzerStatement) -> Option<Parts> {
    let name = name::name(&statement.name)?;
    let mut canonical = DefineAnalyzerStatement { kind: DefineKind::Default, name: ident(&name), ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    let function = canonical.function.as_deref();
    // Those of a module are not the schema's own.
    let own = function.filter(|function| !function.starts_with("mod::") && !function.starts_with("silo::"));
    let called = own.map(|function| {
        let function = function.strip_prefix("fn::").unwrap_or(function).to_owned();
        Reference::Call(Call { function, arguments: None })
    });
    let mut parts = opaque(name, DefineStatement::Analyzer(canonical), unknown);
    parts.references.extend(called);
    Some(parts)
}

pub(super) fn sequence(statement: &DefineSequenceStatement) -> Option<Parts> {
    let name = name::name(&statement.name)?;
    let canonical = DefineSequenceStatement { kind: DefineKind::Default, name: ident(&name), ..statement.clone() };
    let integers = [&canonical.batch, &canonical.start];
    let known = integers.into_iter().all(|value| matches!(value, Expr::Literal(Literal::Integer(_))))
        && constant::duration(&canonical.timeout).is_some();
    let unknown = (!known).then_some("its numbers are computed when it runs");
    Some(opaque(name, DefineStatement::Sequence(canonical), unknown))
}

pub(super) fn bucket(statement: &DefineBucketStatement) -> Option<Parts> {
    let name = name::name(&statement.name)?;
    let mut canonical = DefineBucketStatement { kind: DefineKind::Default, name: ident(&name), ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    if canonical.backend.as_ref().is_some_and(|backend| !matches!(backend, Expr::Literal(Literal::String(_)))) {
        unknown = Some("its backend is computed when it runs");
    }
    Some(opaque(name, DefineStatement::Bucket(canonical), unknown))
}

pub(super) fn config(statement: &DefineConfigStatement) -> Option<Parts> {
    let mut canonical = DefineConfigStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    let name = match &mut canonical.inner {
        ConfigInner::GraphQL(_) => "graphql",
        ConfigInner::Api(config) => {
            middleware(config, &mut unknown);
            "api"
        }
        ConfigInner::Default(_) => return None,
    };
    Some(opaque(name.to_owned(), DefineStatement::Config(canonical), unknown))
}

/// Resolves the arguments of middleware, which the database stores as values.
pub(super) fn middleware(config: &mut ApiConfig, unknown: &mut Option<&'static str>) {
    for argument in config.middleware.iter_mut().flat_map(|middleware| middleware.args.iter_mut()) {
        let value = constant::value(argument);
        resolve(argument, value, unknown, "an argument of its middleware is computed when it runs");
    }
}

pub(super) fn api(statement: &DefineApiStatement) -> Option<Parts> {
    let name = name::name(&statement.path)?;
    let mut canonical = DefineApiStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    canonical.path = Expr::Literal(Literal::String(name.as_str().into()));
    middleware(&mut canonical.config, &mut unknown);
    canonical.actions.iter_mut().for_each(|action| middleware(&mut action.config, &mut unknown));
    let bodies = canonical.actions.iter().map(|action| &action.action).chain(&canonical.fallback);
    let references = bodies.flat_map(body::references).collect();
    let uncommented = DefineApiStatement { comment: NO_COMMENT, ..canonical.clone() };
    let shape = Shape::Api(Api { behaviour: print::define(DefineStatement::Api(uncommented)) });
    let text = print::define(DefineStatement::Api(canonical));
    Some(Parts { name, table: None, text, shape, references, unknown })
}

pub(super) fn module(statement: &DefineModuleStatement) -> Option<Parts> {
    let mut canonical = DefineModuleStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    let name = match (&canonical.name, &canonical.executable) {
        (Some(name), _) => format!("mod::{}", name.as_str()),
        (None, ModuleExecutable::Silo(silo)) => {
            let (major, minor, patch) = (silo.major, silo.minor, silo.patch);
            format!("silo::{}::{}::<{major}.{minor}.{patch}>", silo.organisation, silo.package)
        }
        (None, ModuleExecutable::Surrealism(_)) => return None,
    };
    Some(opaque(name, DefineStatement::Module(canonical), unknown))
}

pub(super) fn model(statement: &DefineModelStatement) -> Parts {
    let mut canonical = DefineModelStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    let name = format!("{}<{}>", canonical.name.as_str(), canonical.version.as_str());
    opaque(name, DefineStatement::Model(canonical), unknown)
}
