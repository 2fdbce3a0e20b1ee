//! Asking the index about many contexts in one round trip.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use migrate_core::Migrations;
use serde_json::{Map, Value};

use super::Entry;
use super::expected::expected;
use super::usable::Index;
use crate::context::Context;
use crate::probe::is_in;
use crate::{Database, QueryError, Reply, StatementError, StatementErrorKind};

/// What the index says.
pub(crate) enum Confirmation {
    /// An entry for each context that was asked about, in their order.
    Entries(Vec<Entry>),
    /// There is no index yet.
    NoTable,
    /// Somebody was in the way, or the answer was lost.
    Again(String),
    /// It cannot be read.
    Unusable(String),
}

/// Asks which contexts the index confirms.
///
/// A context is confirmed when the database that exists under its name is the one that its row speaks of, and each module's
/// digest is that of a ledger in which this binary would find nothing to do. A database that was removed and created anew
/// has another id. The answer holds only those that are not confirmed.
///
/// The ids of databases are told inside their namespace only, so the text enters the first context of each, which creates
/// that one where it does not exist.
pub(crate) async fn confirm(
    database: &impl Database,
    index: &Index,
    modules: &[&'static Migrations],
    contexts: &[&Context],
) -> Confirmation {
    let mut by_namespace: BTreeMap<&str, Vec<&Context>> = BTreeMap::new();
    for context in contexts {
        by_namespace.entry(context.namespace()).or_default().push(context);
    }
    let (text, variables) = question(index, modules, &by_namespace);
    let reply = match database.query(text, variables).await {
        Ok(reply) => reply,
        Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => return Confirmation::Again(error.to_string()),
        Err(error) => return Confirmation::Unusable(error.to_string()),
    };
    match read(index, modules.len(), by_namespace.keys().copied(), reply) {
        Ok(open) => Confirmation::Entries(contexts.iter().map(|context| open.entry(context)).collect()),
        Err(instead) => instead,
    }
}

/// The statements before those of the namespaces, but for one of each module.
const BEFORE: usize = 3;
/// The statements of each namespace.
const OF_EACH: usize = 7;

fn question(
    index: &Index,
    modules: &[&'static Migrations],
    by_namespace: &BTreeMap<&str, Vec<&Context>>,
) -> (String, Map<String, Value>) {
    let mut variables = Map::new();
    let mut bind = |name: String, value: Value| variables.insert(name, value);
    let enter = index.context.use_statement();
    // Users of one namespace may not know the ids of namespaces: then those do not count.
    let mut text = format!(
        "{enter}\nSELECT VALUE id FROM _migration_fleet LIMIT 1;\n\
         LET $_migrate_roots = (INFO FOR ROOT STRUCTURE).namespaces;\n"
    );
    let mut confirmed = "true".to_owned();
    for (at, module) in modules.iter().enumerate() {
        bind(format!("_migrate_module_{at}"), module.module().into());
        bind(format!("_migrate_lines_{at}"), expected(module).into());
        let _ = writeln!(
            text,
            "LET $_migrate_digest_{at} = IF $_migrate_lines_{at} {{ crypto::sha256($_migrate_lines_{at}) }} ELSE {{ NONE }};"
        );
        let _ = write!(confirmed, " AND row.modules[$_migrate_module_{at}].digest = $_migrate_digest_{at}");
    }
    for (at, (namespace, contexts)) in by_namespace.iter().enumerate() {
        let (ns, asked) = (format!("$_migrate_ns_{at}"), format!("$_migrate_asked_{at}"));
        let (found, known) = (format!("$_migrate_found_{at}"), format!("$_migrate_known_{at}"));
        let open = format!("$_migrate_open_{at}");
        bind(format!("_migrate_ns_{at}"), (*namespace).into());
        bind(format!("_migrate_asked_{at}"), contexts.iter().map(|context| context.database()).collect());
        let first = contexts.first().map(|context| context.use_statement()).unwrap_or_default();
        let _ = write!(
            text,
            "{first}\n\
             LET {found} = IF session::ns() = {ns} {{ (SELECT name, id FROM (INFO FOR NS STRUCTURE).databases) }} ELSE {{ [] }};\n\
             {enter}\n\
             LET $_migrate_root = $_migrate_roots[WHERE name = {ns}][0].id;\n\
             LET {known} = (SELECT name, row FROM (SELECT name, id, \
             type::record('_migration_fleet', [{ns}, name]).{{ namespace_id, database_id, modules }} AS row FROM {found}) \
             WHERE row.database_id = id AND (row.namespace_id IS NONE OR $_migrate_root IS NONE \
             OR row.namespace_id = $_migrate_root));\n\
             LET {open} = array::complement({asked}, (SELECT VALUE name FROM {known} WHERE {confirmed}));\n\
             RETURN {{ open: {open}, strangers: array::complement({open}, {known}.name) }};\n"
        );
    }
    (text, variables)
}

/// What is not confirmed, and what of it the index does not know at all.
#[derive(Default)]
struct Open {
    open: HashSet<(String, String)>,
    strangers: HashSet<(String, String)>,
}

impl Open {
    fn entry(&self, context: &Context) -> Entry {
        let name = (context.namespace().to_owned(), context.database().to_owned());
        match (self.open.contains(&name), self.strangers.contains(&name)) {
            (false, _) => Entry::Confirmed,
            (true, false) => Entry::Stale,
            (true, true) => Entry::Stranger,
        }
    }
}

fn read<'a>(
    index: &Index,
    modules: usize,
    namespaces: impl ExactSizeIterator<Item = &'a str>,
    reply: Reply,
) -> Result<Open, Confirmation> {
    let (expected, got) = (BEFORE + modules + OF_EACH * namespaces.len(), reply.0.len());
    if expected != got {
        return Err(Confirmation::Unusable(format!("the database gave {got} results for {expected} statements")));
    }
    let mut results = reply.0.into_iter();
    entered(index, results.next())?;
    match results.next() {
        Some(Err(error)) if error.kind == StatementErrorKind::NoSuchTable => return Err(Confirmation::NoTable),
        Some(Err(error)) => return Err(failed(error)),
        _ => {}
    }
    let mut results = results.skip(BEFORE - 2 + modules);
    let mut open = Open::default();
    for namespace in namespaces {
        // The first two are about what the user may know of the namespace: if nothing, nothing is confirmed.
        entered(index, results.by_ref().nth(2))?;
        let answer = results.by_ref().nth(OF_EACH - 4);
        let answer = answer.unwrap_or(Ok(Value::Null)).map_err(failed)?;
        let names = |part: &str| -> Result<Vec<_>, Confirmation> {
            let unusable = || Confirmation::Unusable(format!("the index answered {answer}"));
            let names = answer[part].as_array().ok_or_else(unusable)?;
            let name = |name: &Value| Some((namespace.to_owned(), name.as_str()?.to_owned()));
            names.iter().map(name).collect::<Option<_>>().ok_or_else(unusable)
        };
        open.open.extend(names("open")?);
        open.strangers.extend(names("strangers")?);
    }
    Ok(open)
}

/// Checks that a `USE` entered the context of the index: what is read behind a refused one is read somewhere else.
fn entered(index: &Index, result: Option<Result<Value, StatementError>>) -> Result<(), Confirmation> {
    match result {
        Some(Ok(entered)) if is_in(&index.context, &entered) => Ok(()),
        Some(Err(error)) => Err(failed(error)),
        other => Err(Confirmation::Unusable(format!("its context cannot be entered: {other:?}"))),
    }
}

fn failed(error: StatementError) -> Confirmation {
    match error.kind {
        StatementErrorKind::Conflict => Confirmation::Again(error.message),
        _ => Confirmation::Unusable(error.message),
    }
}
