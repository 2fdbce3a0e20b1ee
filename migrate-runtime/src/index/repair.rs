//! Writing the rows of many tenants anew, each from its own ledger.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::text::{ENTERED, READ_LEDGER};
use super::usable::Index;
use crate::context::Context;
use crate::{Database, QueryError, StatementErrorKind};

/// What came of writing rows anew.
pub(crate) enum Repaired {
    /// Every row is right, or somebody else was writing it at the same time.
    Done,
    /// Nobody knows whether they were written.
    Lost(String),
    /// The index cannot be written.
    Unusable(String),
}

/// The statements of each tenant: its `USE`, then a transaction of these.
const OF_EACH: usize = 8;
/// Which of them are the index's affair and not the tenant's.
const OF_THE_INDEX: std::ops::Range<usize> = 4..7;

/// Writes the rows of these tenants anew, in one round trip.
///
/// Each is a transaction of its own, which reads the ledger and writes the row. A migration that runs at the same time
/// writes the same row, so one of the two falls and no row says less than its ledger.
pub(crate) async fn repair(database: &impl Database, index: &Index, contexts: &[Context]) -> Repaired {
    let (text, variables, before) = text(index, contexts);
    let reply = match database.query(text, variables).await {
        Ok(reply) => reply,
        Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_) | QueryError::TimedOut(_))) => {
            return Repaired::Lost(error.to_string());
        }
        Err(error) => return Repaired::Unusable(error.to_string()),
    };
    let (expected, got) = (before + OF_EACH * contexts.len(), reply.0.len());
    if let Some(late) = reply.late() {
        return Repaired::Lost(late.message.clone());
    }
    if expected != got {
        return Repaired::Unusable(format!("the database gave {got} results for {expected} statements"));
    }
    for results in reply.0[before..].chunks_exact(OF_EACH) {
        let of_the_index = results[OF_THE_INDEX].iter().filter_map(|result| result.as_ref().err());
        let is_excuse = |kind| matches!(kind, StatementErrorKind::Bystander | StatementErrorKind::Conflict);
        if let Some(error) = of_the_index.into_iter().find(|error| !is_excuse(error.kind)) {
            return Repaired::Unusable(error.message.clone());
        }
    }
    Repaired::Done
}

/// The text, its variables, and how many statements come before those of the first tenant.
fn text(index: &Index, contexts: &[Context]) -> (String, Map<String, Value>, usize) {
    let mut variables = Map::new();
    index.bind(&mut variables);
    let mut text = String::new();
    let mut by_namespace: BTreeMap<&str, Vec<&Context>> = BTreeMap::new();
    for context in contexts {
        by_namespace.entry(context.namespace()).or_default().push(context);
    }
    let mut numbers = BTreeMap::new();
    for (at, (namespace, contexts)) in by_namespace.iter().enumerate() {
        numbers.insert(*namespace, at);
        let names: Value = contexts.iter().map(|context| context.database()).collect();
        variables.insert(format!("_migrate_namespace_{at}"), json!({ "name": namespace, "databases": names }));
        let enter = contexts.first().map(|context| context.use_statement()).unwrap_or_default();
        let of = format!("$_migrate_namespace_{at}");
        // Outside of the transactions, so that nobody who creates a database meanwhile is in their way.
        let _ = write!(
            text,
            "{enter}\n\
             LET $_migrate_root_{at} = (INFO FOR ROOT STRUCTURE).namespaces[WHERE name = {of}.name][0].id;\n\
             LET $_migrate_ids_{at} = IF session::ns() = {of}.name {{ object::from_entries((SELECT VALUE [name, id] \
             FROM (INFO FOR NS STRUCTURE).databases WHERE name IN {of}.databases)) }} ELSE {{ {{}} }};\n"
        );
    }
    for (at, context) in contexts.iter().enumerate() {
        let number = numbers.get(context.namespace()).copied().unwrap_or_default();
        let tenant = format!("$_migrate_tenant_{at}");
        let names = json!({ "namespace": context.namespace(), "database": context.database() });
        variables.insert(format!("_migrate_tenant_{at}"), names);
        let (enter, enter_index) = (context.use_statement(), index.context.use_statement());
        let (root, id) = (format!("$_migrate_root_{number}"), format!("$_migrate_ids_{number}[{tenant}.database]"));
        let _ = write!(
            text,
            "{enter}\nBEGIN;\n\
             IF session::ns() != {tenant}.namespace OR session::db() != {tenant}.database \
             {{ THROW 'the session is in another context' }};\n\
             {READ_LEDGER}{enter_index}\n{ENTERED}\
             UPSERT type::record('_migration_fleet', [{tenant}.namespace, {tenant}.database]) \
             SET namespace = {tenant}.namespace, database = {tenant}.database, namespace_id = {root}, \
             database_id = {id}, modules = $_migrate_modules, updated_at = time::now() \
             WHERE modules != $_migrate_modules OR database_id != {id} OR namespace_id != {root} RETURN NONE;\n\
             COMMIT;\n"
        );
    }
    (text, variables, 3 * by_namespace.len())
}
