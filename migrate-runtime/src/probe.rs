//! Reading the ledgers of many contexts in one round trip.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::ledger::{Row, SELECT_ROWS};
use crate::refusal::Refusal;
use crate::script::LedgerTable;
use crate::{Database, QueryError, Reply, StatementError, StatementErrorKind};

/// What one context's ledger holds.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub(crate) table: LedgerTable,
    pub(crate) rows: Vec<Row>,
}

/// What was learnt about one context.
#[derive(Clone, Debug)]
pub(crate) enum Probe {
    Ledger(Ledger),
    /// Somebody was in the way: ask again.
    Again(String),
    Refused(Refusal),
}

/// Asks about every context, in one round trip.
///
/// A context that does not exist is created by its `USE`, where the user may do so: exactly the one that is named, or none.
/// Somebody who creates it at the same time makes that a conflict, and then it is asked about again.
pub(crate) async fn probe(database: &impl Database, contexts: &[Context]) -> Result<Vec<Probe>, QueryError> {
    let reply = database.query(question(contexts), Map::new()).await?;
    Ok(read(contexts, reply))
}

/// The text that asks about every context.
pub(crate) fn question(contexts: &[Context]) -> String {
    contexts.iter().flat_map(|context| [context.use_statement(), SELECT_ROWS.to_owned()]).collect()
}

pub(crate) fn read(contexts: &[Context], reply: Reply) -> Vec<Probe> {
    let mut results = reply.0.into_iter();
    let probe = |context| match (results.next(), results.next()) {
        (Some(entered), Some(rows)) => read_one(context, entered, rows),
        _ => Probe::Again("the database gave fewer results than there were statements".to_owned()),
    };
    contexts.iter().map(probe).collect()
}

fn read_one(context: &Context, entered: Result<Value, StatementError>, rows: Result<Value, StatementError>) -> Probe {
    // Without this check, one tenant's ledger would be taken for another's: a refused `USE` leaves the session where it
    // was, and the statements after it run there.
    match entered {
        Ok(entered) if is_in(context, &entered) => {}
        Ok(entered) => return not_entered(context, &format!("the session is in {entered}")),
        Err(error) if error.kind.is_passing() => return Probe::Again(error.message),
        Err(error) => return not_entered(context, &error.message),
    }
    match rows {
        Ok(rows) => match Row::read_all(rows) {
            Ok(rows) => Probe::Ledger(Ledger { table: LedgerTable::Exists, rows }),
            Err(error) => Probe::Refused(Refusal::Unreadable { reason: error.to_string() }),
        },
        Err(error) => match error.kind {
            StatementErrorKind::NoSuchTable => Probe::Ledger(Ledger { table: LedgerTable::Missing, rows: Vec::new() }),
            StatementErrorKind::NoSuchContext => Probe::Again(error.message),
            kind if kind.is_passing() => Probe::Again(error.message),
            _ => Probe::Refused(Refusal::Unreadable { reason: error.message }),
        },
    }
}

/// Whether the result of a `USE` says that the session is in this context.
pub(crate) fn is_in(context: &Context, entered: &Value) -> bool {
    entered["namespace"] == context.namespace() && entered["database"] == context.database()
}

/// What is known of a context whose database did not answer at all.
pub(crate) fn unanswered(error: &QueryError) -> Probe {
    match error {
        QueryError::Refused(reason) | QueryError::TooLarge(reason) | QueryError::NotAllowed(reason) => {
            Probe::Refused(Refusal::Unavailable { reason: reason.clone() })
        }
        QueryError::Conflict(_) | QueryError::TimedOut(_) | QueryError::Lost(_) => Probe::Again(error.to_string()),
    }
}

fn not_entered(context: &Context, why: &str) -> Probe {
    Probe::Refused(Refusal::Unavailable { reason: format!("{context} cannot be entered: {why}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(entered: Result<Value, StatementErrorKind>, rows: Result<Value, StatementErrorKind>) -> Probe {
        let error = |kind| StatementError { kind, message: format!("{kind:?}") };
        let context = Context::new("a", "b").unwrap();
        let reply = Reply(vec![entered.map_err(error), rows.map_err(error)]);
        read(&[context], reply).remove(0)
    }

    #[test]
    fn only_a_missing_table_means_no_ledger() {
        let here = json!({"namespace": "a", "database": "b"});
        let missing = one(Ok(here.clone()), Err(StatementErrorKind::NoSuchTable));
        assert!(matches!(missing, Probe::Ledger(Ledger { table: LedgerTable::Missing, .. })));
        for kind in [StatementErrorKind::Other, StatementErrorKind::NotAllowed, StatementErrorKind::Bystander] {
            let refused = one(Ok(here.clone()), Err(kind));
            assert!(matches!(refused, Probe::Refused(Refusal::Unreadable { .. })), "{kind:?}");
        }
    }

    #[test]
    fn a_context_that_is_removed_behind_its_use_is_asked_about_again() {
        let here = json!({"namespace": "a", "database": "b"});
        assert!(matches!(one(Ok(here), Err(StatementErrorKind::NoSuchContext)), Probe::Again(_)));
    }

    #[test]
    fn what_took_the_server_too_long_is_asked_again() {
        let here = json!({"namespace": "a", "database": "b"});
        for passing in [StatementErrorKind::Conflict, StatementErrorKind::TimedOut] {
            assert!(matches!(one(Ok(here.clone()), Err(passing)), Probe::Again(_)), "{passing:?}");
            assert!(matches!(one(Err(passing), Ok(json!([]))), Probe::Again(_)), "{passing:?}");
        }
    }

    #[test]
    fn the_ledger_of_another_context_is_never_taken_for_ours() {
        let elsewhere = one(Ok(json!({"namespace": "a", "database": "c"})), Ok(json!([])));
        assert!(matches!(elsewhere, Probe::Refused(Refusal::Unavailable { .. })));
        let refused = one(Err(StatementErrorKind::NotAllowed), Ok(json!([])));
        assert!(matches!(refused, Probe::Refused(Refusal::Unavailable { .. })));
    }

    #[test]
    fn a_short_reply_is_asked_again() {
        let context = Context::new("a", "b").unwrap();
        assert!(matches!(read(&[context], Reply(vec![]))[..], [Probe::Again(_)]));
    }
}
