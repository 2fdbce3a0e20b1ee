//! Asking the index about many contexts in one round trip.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use migrate_core::Version;
use serde_json::{Map, Value, json};

use super::Entry;
use super::expected::Expected;
use super::usable::Index;
use crate::context::Context;
use crate::ledger::Row;
use crate::plan::Stranger;
use crate::probe::is_in;
use crate::{Database, QueryError, Reply, StatementError, StatementErrorKind};

/// What the index says.
pub(crate) enum Confirmation {
    /// What is said of each context that was asked about, in their order.
    Answers(Vec<Answer>),
    /// There is no index yet.
    NoTable,
    /// Somebody was in the way, or the answer was lost.
    Again(String),
    /// It cannot be read.
    Unusable(String),
}

/// What the index says of one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) entry: Entry,
    /// Of one that is confirmed, the modules in its ledger which this binary does not have.
    pub(crate) strangers: Vec<Stranger>,
}

impl Answer {
    /// Nothing but this.
    pub(crate) const fn of(entry: Entry) -> Self {
        Self { entry, strangers: Vec::new() }
    }
}

/// Asks which contexts the index confirms.
///
/// A context is confirmed when the database that exists under its name is the one that its row speaks of, and each module's
/// digest is that of a ledger in which this binary would find nothing to do. A database that was removed and created anew
/// has another id. The answer holds only those that are not confirmed.
///
/// The ids of databases are told inside their namespace only, so the text enters the first context of each, which creates
/// that one where it does not exist.
///
/// What takes the server too long is asked in halves.
pub(crate) async fn confirm(database: &impl Database, index: &Index, contexts: &[&Context]) -> Confirmation {
    let (mut open, mut answers) = (vec![contexts], Vec::with_capacity(contexts.len()));
    while let Some(contexts) = open.pop() {
        match ask(database, index, contexts).await {
            Ok(more) => answers.extend(more),
            Err(Unanswered::TooLong(why)) => match contexts.split_at(contexts.len() / 2) {
                ([], _) => return Confirmation::Again(why),
                (first, rest) => open.extend([rest, first]),
            },
            Err(Unanswered::Instead(instead)) => return instead,
        }
    }
    Confirmation::Answers(answers)
}

/// Why a question has no answers.
enum Unanswered {
    /// The server gave it up.
    TooLong(String),
    /// This is to be said instead.
    Instead(Confirmation),
}

impl From<Confirmation> for Unanswered {
    fn from(instead: Confirmation) -> Self {
        Self::Instead(instead)
    }
}

async fn ask(database: &impl Database, index: &Index, contexts: &[&Context]) -> Result<Vec<Answer>, Unanswered> {
    let mut by_namespace: BTreeMap<&str, Vec<&Context>> = BTreeMap::new();
    for context in contexts {
        by_namespace.entry(context.namespace()).or_default().push(context);
    }
    let (text, variables) = question(index, &by_namespace);
    let reply = match database.query(text, variables).await {
        Ok(reply) => reply,
        Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => {
            return Err(Confirmation::Again(error.to_string()).into());
        }
        Err(error @ (QueryError::TimedOut(_) | QueryError::TooLarge(_))) => {
            return Err(Unanswered::TooLong(error.to_string()));
        }
        Err(error) => return Err(Confirmation::Unusable(error.to_string()).into()),
    };
    // What the server had no time for is not answered, or answered so.
    if let Some(late) = reply.late() {
        return Err(Unanswered::TooLong(late.message.clone()));
    }
    let mut open = read(index, by_namespace.keys().copied(), reply)?;
    Ok(contexts.iter().map(|context| open.answer(context)).collect())
}

/// The statements before those of the namespaces.
const BEFORE: usize = 3;
/// The statements of each namespace.
const OF_EACH: usize = 7;

/// The rows of each namespace are read by one scan, and those that are as expected and speak of no other module are held
/// against the databases that exist: that is what most are, and it is cheap. What is left is looked at row by row.
fn question(index: &Index, by_namespace: &BTreeMap<&str, Vec<&Context>>) -> (String, Map<String, Value>) {
    let mut variables = Map::new();
    let mut bind = |name: String, value: Value| variables.insert(name, value);
    let enter = index.context.use_statement();
    // Users of one namespace may not know the ids of namespaces: then those do not count.
    let mut text = format!(
        "{enter}\nSELECT VALUE id FROM _migration_fleet LIMIT 1;\n\
         LET $_migrate_roots = (INFO FOR ROOT STRUCTURE).namespaces;\n"
    );
    let (mut confirmed, mut row_confirmed) = ("true".to_owned(), "true".to_owned());
    for (at, expected) in index.expected.iter().enumerate() {
        bind(format!("_migrate_module_{at}"), expected.module.into());
        let condition = if expected.digests.is_empty() {
            format!("modules[$_migrate_module_{at}] IS NONE")
        } else {
            bind(format!("_migrate_digests_{at}"), json!(expected.digests));
            format!("modules[$_migrate_module_{at}].digest IN $_migrate_digests_{at}")
        };
        let _ = write!(confirmed, " AND {condition}");
        let _ = write!(row_confirmed, " AND row.{condition}");
    }
    let known = index.expected.iter().filter(|expected| !expected.digests.is_empty()).count();
    let ours = |expected: &Expected| std::iter::once(expected.module).chain(expected.formerly.iter().copied());
    bind("_migrate_ours".to_owned(), index.expected.iter().flat_map(ours).collect());
    for (at, (namespace, contexts)) in by_namespace.iter().enumerate() {
        let (ns, asked) = (format!("$_migrate_ns_{at}"), format!("$_migrate_asked_{at}"));
        let (found, rest) = (format!("$_migrate_found_{at}"), format!("$_migrate_rest_{at}"));
        let plain = format!("$_migrate_plain_{at}");
        bind(format!("_migrate_ns_{at}"), (*namespace).into());
        bind(format!("_migrate_asked_{at}"), contexts.iter().map(|context| context.database()).collect());
        let first = contexts.first().map(|context| context.use_statement()).unwrap_or_default();
        let _ = write!(
            text,
            "{first}\n\
             LET {found} = IF session::ns() = {ns} {{ (SELECT VALUE [name, id] FROM (INFO FOR NS STRUCTURE).databases) }} \
             ELSE {{ [] }};\n\
             {enter}\n\
             LET $_migrate_root = $_migrate_roots[WHERE name = {ns}][0].id;\n\
             LET {plain} = (SELECT VALUE [database, database_id] FROM _migration_fleet:[{ns}, NONE]..=[{ns}, ..] \
             WHERE {confirmed} AND object::len(modules ?? {{}}) = {known} \
             AND (namespace_id IS NONE OR $_migrate_root IS NONE OR namespace_id = $_migrate_root));\n\
             LET {rest} = array::complement({asked}, \
             object::keys(object::from_entries(array::intersect({found} ?? [], {plain}))));\n\
             RETURN IF {rest} = [] {{ {{ open: [], strangers: [], others: [] }} }} ELSE {{\n\
             LET $wanted = object::from_entries(array::map({rest}, |$name| [$name, true]));\n\
             LET $there = array::map(array::filter({found} ?? [], |$pair| $wanted[$pair[0]] = true), \
             |$pair| {{ {{ name: $pair[0], id: $pair[1] }} }});\n\
             LET $known = (SELECT name, row FROM (SELECT name, id, \
             type::record('_migration_fleet', [{ns}, name]).{{ namespace_id, database_id, modules }} AS row FROM $there) \
             WHERE row.database_id = id AND (row.namespace_id IS NONE OR $_migrate_root IS NONE \
             OR row.namespace_id = $_migrate_root));\n\
             LET $sure = (SELECT name, object::entries(row.modules)[WHERE $this[0] NOT IN $_migrate_ours] AS others \
             FROM $known WHERE {row_confirmed});\n\
             LET $open = array::complement({rest}, $sure.name);\n\
             {{ open: $open, strangers: array::complement($open, $known.name), \
             others: (SELECT * FROM $sure WHERE others != []) }} }};\n"
        );
    }
    (text, variables)
}

/// What is not confirmed, and what of it the index does not know at all.
#[derive(Default)]
struct Open {
    names: HashSet<(String, String)>,
    strangers: HashSet<(String, String)>,
    /// Of those that are confirmed, which modules they have that this binary does not.
    others: HashMap<(String, String), Vec<Stranger>>,
}

impl Open {
    fn answer(&mut self, context: &Context) -> Answer {
        let name = (context.namespace().to_owned(), context.database().to_owned());
        match (self.names.contains(&name), self.strangers.contains(&name)) {
            (false, _) => Answer { entry: Entry::Confirmed, strangers: self.others.remove(&name).unwrap_or_default() },
            (true, false) => Answer::of(Entry::Stale),
            (true, true) => Answer::of(Entry::Stranger),
        }
    }
}

/// The modules of a row that this binary does not have, each as its name and what the row says of it.
///
/// One that ends in a row which stands for no text goes on under another name.
fn others(row: &Value) -> Option<Vec<Stranger>> {
    let mut strangers = Vec::new();
    for entry in row["others"].as_array()? {
        if entry[1]["chain"].as_str()? == Row::MARKER.to_string() {
            continue;
        }
        let version = Version::new(entry[1]["version"].as_u64()?)?;
        strangers.push(Stranger { module: entry[0].as_str()?.to_owned(), version });
    }
    Some(strangers)
}

fn read<'a>(
    index: &Index,
    namespaces: impl ExactSizeIterator<Item = &'a str>,
    reply: Reply,
) -> Result<Open, Confirmation> {
    let (expected, got) = (BEFORE + OF_EACH * namespaces.len(), reply.0.len());
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
    let mut results = results.skip(BEFORE - 2);
    let mut open = Open::default();
    for namespace in namespaces {
        // The first two are about what the user may know of the namespace: if nothing, nothing is confirmed.
        entered(index, results.by_ref().nth(2))?;
        let answer = results.by_ref().nth(OF_EACH - 4);
        let answer = answer.unwrap_or(Ok(Value::Null)).map_err(failed)?;
        let unusable = || Confirmation::Unusable(format!("the index answered {answer}"));
        let names = |part: &str| -> Result<Vec<_>, Confirmation> {
            let names = answer[part].as_array().ok_or_else(unusable)?;
            let name = |name: &Value| Some((namespace.to_owned(), name.as_str()?.to_owned()));
            names.iter().map(name).collect::<Option<_>>().ok_or_else(unusable)
        };
        open.names.extend(names("open")?);
        open.strangers.extend(names("strangers")?);
        for row in answer["others"].as_array().ok_or_else(unusable)? {
            let name = row["name"].as_str().ok_or_else(unusable)?;
            open.others.insert((namespace.to_owned(), name.to_owned()), others(row).ok_or_else(unusable)?);
        }
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
