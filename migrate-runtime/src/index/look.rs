//! Reading one tenant's own ledger, and what the index says of it, in one round trip.

use serde_json::{Map, Value};

use super::Entry;
use super::text::READ_LEDGER;
use super::usable::Index;
use crate::context::Context;
use crate::probe::{self, Probe, is_in};
use crate::{Database, QueryError, StatementError, StatementErrorKind};

/// What the index says of a tenant whose own ledger was read with it.
pub(crate) enum Look {
    /// Whether its row says what the ledger says, as far as is known.
    Entry(Entry),
    /// There is no index yet.
    NoTable,
    /// Somebody was in the way.
    Again(String),
    /// It cannot be read.
    Unusable(String),
}

/// Reads the ledger of a context and what the index holds of it.
pub(crate) async fn look(
    database: &impl Database,
    index: &Index,
    context: &Context,
) -> Result<(Probe, Look), QueryError> {
    let mut variables = Map::new();
    variables.insert("_migrate_ns".to_owned(), context.namespace().into());
    variables.insert("_migrate_db".to_owned(), context.database().into());
    let contexts = std::slice::from_ref(context);
    let text = format!(
        "{}\n{READ_LEDGER}{}\nSELECT VALUE id FROM _migration_fleet LIMIT 1;\n\
         LET $_migrate_row = type::record('_migration_fleet', [$_migrate_ns, $_migrate_db]).{{ database_id, modules }};\n\
         RETURN {{ is_known: $_migrate_row.database_id IS NOT NONE, is_right: $_migrate_row.modules = $_migrate_modules }};\n",
        probe::question(contexts),
        index.context.use_statement(),
    );
    let mut reply = database.query(text, variables).await?;
    let late = reply.late().map(|late| late.message.clone());
    let rest = reply.0.split_off(reply.0.len().min(2));
    let probe = probe::read(contexts, reply).pop().unwrap_or_else(|| Probe::Again("no answer".to_owned()));
    let look = match (late, <[_; 5]>::try_from(rest)) {
        (Some(late), _) => Look::Again(late),
        (None, Ok([_, entered, table, _, row])) => read(index, entered, table, row),
        (None, Err(rest)) => Look::Unusable(format!("the database gave {} results", rest.len())),
    };
    Ok((probe, look))
}

type Answer = Result<Value, StatementError>;

fn read(index: &Index, entered: Answer, table: Answer, row: Answer) -> Look {
    match (entered, table, row) {
        (Ok(entered), ..) if !is_in(&index.context, &entered) => {
            Look::Unusable(format!("its context cannot be entered, only {entered}"))
        }
        (Ok(_), Err(error), _) if error.kind == StatementErrorKind::NoSuchTable => Look::NoTable,
        (Ok(_), Ok(_), Ok(row)) => Look::Entry(match (row["is_known"].as_bool(), row["is_right"].as_bool()) {
            (Some(true), Some(true)) => Entry::Confirmed,
            (Some(true), _) => Entry::Stale,
            _ => Entry::Stranger,
        }),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => match error.kind {
            StatementErrorKind::Conflict => Look::Again(error.message),
            _ => Look::Unusable(error.message),
        },
    }
}
