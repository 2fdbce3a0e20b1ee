//! What the results of a text mean, without any I/O.

use serde_json::Value;

use super::error::RegistryError;
use super::text::Text;
use crate::context::Context;
use crate::probe::is_in;
use crate::{QueryError, Reply, StatementErrorKind};

/// Why a text did not do what it was for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// Somebody was in the way, or it is unknown what became of it.
    Again(String),
    /// Trying again does not help.
    Failed(RegistryError),
}

/// What a text that writes the row of a replica came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The table is not there, and nothing was done.
    NoTable,
    /// It is committed, and this is what was there before.
    Done(Before),
}

/// Whether there was a row already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    Row,
}

/// The results of a `USE`: nothing before it, and the guard behind it.
const GUARD: usize = 2;

/// Reads what became of a text that writes.
pub(crate) fn read_written(context: &Context, text: &Text, reply: &Reply) -> Result<Written, Tried> {
    let (expected, got) = (text.results, reply.0.len());
    if expected != got {
        return Err(Tried::Again(format!("the database gave {got} results for {expected} statements")));
    }
    // Whether the rows of the long dead were removed does not matter: the next one does it.
    let results = &reply.0[..text.decisive];
    let errors = || results.iter().enumerate().filter_map(|(at, result)| Some((at, result.as_ref().err()?)));
    let is_in_the_way = |&(at, error): &(usize, &crate::StatementError)| match error.kind {
        StatementErrorKind::NoSuchContext => at > 0,
        kind => kind.is_passing(),
    };
    if let Some((_, error)) = errors().find(is_in_the_way) {
        return Err(Tried::Again(error.message.clone()));
    }
    let cause = errors().find(|(_, error)| error.kind != StatementErrorKind::Bystander);
    let Some((at, error)) = cause.or_else(|| errors().next()) else {
        let is_empty = results[text.before].as_ref().is_ok_and(|rows| rows.as_array().is_none_or(Vec::is_empty));
        return Ok(Written::Done(if is_empty { Before::Nothing } else { Before::Row }));
    };
    let (context, reason) = (context.clone(), error.message.clone());
    match error.kind {
        StatementErrorKind::Bystander => Err(Tried::Again(reason)),
        _ if at == 0 => Err(Tried::Failed(RegistryError::NotEntered { context, reason })),
        StatementErrorKind::Thrown if at == GUARD => Err(Tried::Failed(RegistryError::NotEntered { context, reason })),
        StatementErrorKind::NoSuchTable => Ok(Written::NoTable),
        StatementErrorKind::NotAllowed => Err(Tried::Failed(RegistryError::NotAllowed { context, reason })),
        _ => Err(Tried::Failed(RegistryError::Refused { context, reason })),
    }
}

/// Reads the rows of the live replicas. Where there is no table, nobody has joined.
pub(crate) fn read_live(context: &Context, reply: Reply) -> Result<Value, Tried> {
    let mut results = reply.0.into_iter();
    let (Some(entered), Some(rows)) = (results.next(), results.next()) else {
        return Err(Tried::Again("the database gave fewer results than there were statements".to_owned()));
    };
    let not_entered = |reason| RegistryError::NotEntered { context: context.clone(), reason };
    match entered {
        Ok(entered) if is_in(context, &entered) => {}
        Ok(entered) => return Err(Tried::Failed(not_entered(format!("the session is in {entered}")))),
        Err(error) if error.kind == StatementErrorKind::Conflict => return Err(Tried::Again(error.message)),
        Err(error) => return Err(Tried::Failed(not_entered(error.message))),
    }
    let error = match rows {
        Ok(rows) => return Ok(rows),
        Err(error) => error,
    };
    let (context, reason) = (context.clone(), error.message);
    match error.kind {
        StatementErrorKind::NoSuchTable => Ok(Value::Array(Vec::new())),
        StatementErrorKind::NoSuchContext => Err(Tried::Again(reason)),
        kind if kind.is_passing() => Err(Tried::Again(reason)),
        StatementErrorKind::NotAllowed => Err(Tried::Failed(RegistryError::NotAllowed { context, reason })),
        _ => Err(Tried::Failed(RegistryError::Refused { context, reason })),
    }
}

/// What it means that there is no reply.
pub(crate) fn unanswered(context: &Context, error: &QueryError) -> Tried {
    let context = context.clone();
    match error {
        QueryError::Refused(reason) | QueryError::TooLarge(reason) => {
            Tried::Failed(RegistryError::Refused { context, reason: reason.clone() })
        }
        QueryError::NotAllowed(reason) => Tried::Failed(RegistryError::NotAllowed { context, reason: reason.clone() }),
        QueryError::Conflict(_) | QueryError::TimedOut(_) | QueryError::Lost(_) => Tried::Again(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatementError;
    use crate::registry::text::leave;

    use StatementErrorKind::{Bystander, Conflict, NoSuchContext, NoSuchTable, NotAllowed, Other, Thrown};

    fn read(errors: &[(usize, StatementErrorKind)]) -> Result<Written, Tried> {
        let context = Context::new("ops", "system").unwrap();
        let text = leave(&context, "a");
        let mut reply = Reply(vec![Ok(Value::Array(Vec::new())); text.results]);
        for &(at, kind) in errors {
            reply.0[at] = Err(StatementError { kind, message: format!("{kind:?}") });
        }
        read_written(&context, &text, &reply)
    }

    #[test]
    fn a_refused_use_is_never_taken_for_success() {
        let not_entered = |result| matches!(result, Err(Tried::Failed(RegistryError::NotEntered { .. })));
        assert!(not_entered(read(&[(0, NotAllowed)])));
        assert!(not_entered(read(&[(0, NoSuchContext), (2, Thrown)])));
        assert!(not_entered(read(&[(2, Thrown), (4, Bystander)])));
    }

    #[test]
    fn what_may_be_otherwise_the_next_time_is_tried_again() {
        for errors in [&[(0, Conflict), (2, Thrown)][..], &[(3, Bystander), (4, Conflict)], &[(4, Bystander)]] {
            assert!(matches!(read(errors), Err(Tried::Again(_))), "{errors:?}");
        }
        assert!(matches!(read(&[(3, NoSuchContext)]), Err(Tried::Again(_))));
    }

    #[test]
    fn each_failure_has_its_own_kind() {
        assert_eq!(read(&[]), Ok(Written::Done(Before::Nothing)));
        assert_eq!(read(&[(3, NoSuchTable), (4, Bystander)]), Ok(Written::NoTable));
        assert!(matches!(read(&[(3, NotAllowed)]), Err(Tried::Failed(RegistryError::NotAllowed { .. }))));
        assert!(matches!(read(&[(3, Other)]), Err(Tried::Failed(RegistryError::Refused { .. }))));
    }
}
