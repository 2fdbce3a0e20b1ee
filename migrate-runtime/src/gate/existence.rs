//! Whether a context exists, found out without creating it; and its creation, which only one can win.

use std::time::{Duration, Instant};

use serde_json::Map;

use crate::context::{Context, quote, use_namespace};
use crate::gate::retry::Retry;
use crate::refusal::Refusal;
use crate::script::CONTEXT_GUARD;
use crate::{Database, QueryError, Reply, StatementErrorKind};

/// How long it is asked again after conflicts and lost connections.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long before it is asked again the first time.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// What is known about the existence of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Existence {
    Exists,
    Absent,
    /// The user has no right to know. Such a user has no right to create it either, not even by `USE`.
    Hidden,
}

/// Why an answer was not obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Nothing ran, because somebody was in the way.
    Conflict(String),
    /// Whether anything ran is unknown.
    Lost(String),
    Refused(Refusal),
}

/// How an attempt to create a context ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    Created,
    AlreadyExists,
}

impl Unanswered {
    /// Asks until there is an answer, a refusal, or no time left.
    pub(crate) async fn overcome<T, F>(ask: impl Fn() -> F) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, Self>>,
    {
        let (deadline, retry) = (Instant::now() + DEADLINE, Retry::new(FIRST_PAUSE, DEADLINE));
        let mut tries = 0;
        loop {
            let why = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(Self::Refused(refusal)) => return Err(refusal),
                Err(Self::Conflict(why) | Self::Lost(why)) => why,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Refusal::Unavailable { reason: why });
            }
            tries += 1;
            tokio::time::sleep(retry.doubled(tries, fastrand::f64()).min(left)).await;
        }
    }
}

/// The results of [`existence`], in order.
const LOOK: usize = 7;
/// The one among them that throws when there is nothing.
const ABSENT: usize = 5;

/// Looks for a context, in one round trip.
///
/// The `USE` of what does not exist creates it, so this is a transaction that falls unless the database was there before:
/// what was created in it is taken back. It looks between two `USE`s because an expression needs a database to run in.
pub(crate) async fn existence(database: &impl Database, context: &Context) -> Result<Existence, Unanswered> {
    let (namespace, name) = (use_namespace(context.namespace()), quote(context.database()));
    let text = format!(
        "BEGIN;\n{namespace}\nLET $_migrate_there = INFO FOR NS;\nUSE DB {name};\n{CONTEXT_GUARD}\
         IF $_migrate_there.databases[$_migrate_db] IS NONE {{ THROW 'the database does not exist' }};\nCOMMIT;"
    );
    read_existence(&send(database, context, text).await?)
}

fn read_existence(reply: &Reply) -> Result<Existence, Unanswered> {
    match cause(reply, LOOK)? {
        None => Ok(Existence::Exists),
        Some((ABSENT, StatementErrorKind::Thrown, _)) => Ok(Existence::Absent),
        Some((_, StatementErrorKind::NotAllowed, _)) => Ok(Existence::Hidden),
        Some((_, _, message)) => Err(unavailable(message)),
    }
}

/// The results of [`create`], in order.
const CREATION: usize = 6;
/// The one among them that creates.
const DEFINITION: usize = 2;

/// Creates a context that does not exist. Of any number who do so, the database lets one succeed.
pub(crate) async fn create(database: &impl Database, context: &Context) -> Result<Creation, Unanswered> {
    if existence(database, context).await? == Existence::Exists {
        return Ok(Creation::AlreadyExists);
    }
    let (namespace, name) = (use_namespace(context.namespace()), quote(context.database()));
    let text = format!("BEGIN;\n{namespace}\nDEFINE DATABASE {name};\nUSE DB {name};\n{CONTEXT_GUARD}COMMIT;");
    let unknown = |why: String| {
        let reason = format!("whether {context} was created is unknown: {why}");
        Unanswered::Refused(Refusal::Unavailable { reason })
    };
    let reply = send(database, context, text).await.map_err(|unanswered| match unanswered {
        Unanswered::Lost(why) => unknown(why),
        other => other,
    })?;
    match cause(&reply, CREATION)? {
        None => Ok(Creation::Created),
        // Perhaps because somebody else was first.
        Some((DEFINITION, _, message)) => match existence(database, context).await? {
            Existence::Exists => Ok(Creation::AlreadyExists),
            Existence::Absent | Existence::Hidden => Err(unavailable(message)),
        },
        // The transaction as a whole did not succeed, or did and could not say so.
        Some((0, _, message)) => Err(unknown(message.to_owned())),
        Some((_, _, message)) => Err(unavailable(message)),
    }
}

async fn send(database: &impl Database, context: &Context, text: String) -> Result<Reply, Unanswered> {
    let mut variables = Map::new();
    variables.insert("_migrate_ns".to_owned(), context.namespace().into());
    variables.insert("_migrate_db".to_owned(), context.database().into());
    database.query(text, variables).await.map_err(|error| {
        if let QueryError::Refused(reason) | QueryError::TooLarge(reason) | QueryError::NotAllowed(reason) = &error {
            return unavailable(reason);
        }
        let why = error.to_string();
        if matches!(error, QueryError::Conflict(_)) { Unanswered::Conflict(why) } else { Unanswered::Lost(why) }
    })
}

fn unavailable(reason: &str) -> Unanswered {
    Unanswered::Refused(Refusal::Unavailable { reason: reason.to_owned() })
}

/// The error because of which the transaction fell, with its place.
fn cause(reply: &Reply, statements: usize) -> Result<Option<(usize, StatementErrorKind, &str)>, Unanswered> {
    if reply.0.len() != statements {
        let counts = format!("the database gave {} results for {statements} statements", reply.0.len());
        return Err(Unanswered::Lost(counts));
    }
    let mut errors = reply.0.iter().enumerate().filter_map(|(at, result)| Some((at, result.as_ref().err()?)));
    if let Some((_, error)) = errors.clone().find(|(_, error)| error.kind == StatementErrorKind::Conflict) {
        return Err(Unanswered::Conflict(error.message.clone()));
    }
    let cause = errors.clone().find(|(_, error)| error.kind != StatementErrorKind::Bystander);
    match (cause, errors.next()) {
        (Some((at, error)), _) => Ok(Some((at, error.kind, &error.message))),
        // It fell without a cause.
        (None, Some((_, error))) => Err(Unanswered::Conflict(error.message.clone())),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatementError;
    use serde_json::Value;

    fn read(errors: &[(usize, StatementErrorKind)]) -> Result<Existence, Unanswered> {
        let mut reply = Reply(vec![Ok(Value::Null); LOOK]);
        for &(at, kind) in errors {
            reply.0[at] = Err(StatementError { kind, message: format!("{kind:?}") });
        }
        read_existence(&reply)
    }

    use StatementErrorKind::{Bystander, Conflict, NotAllowed, Other, Thrown};

    #[test]
    fn only_the_statement_that_looks_can_say_that_there_is_nothing() {
        assert_eq!(read(&[]), Ok(Existence::Exists));
        let fell = |at, kind| read(&[(1, Bystander), (at, kind), (6, Bystander)]);
        assert_eq!(fell(5, Thrown), Ok(Existence::Absent));
        assert!(matches!(fell(4, Thrown), Err(Unanswered::Refused(_))));
        assert!(matches!(fell(5, Other), Err(Unanswered::Refused(_))));
    }

    #[test]
    fn only_a_missing_right_hides_a_context() {
        assert_eq!(read(&[(1, NotAllowed), (6, Bystander)]), Ok(Existence::Hidden));
        assert_eq!(read(&[(2, NotAllowed), (6, Bystander)]), Ok(Existence::Hidden));
    }

    #[test]
    fn what_is_unclear_is_no_answer() {
        assert!(matches!(read(&[(1, Bystander), (6, Conflict)]), Err(Unanswered::Conflict(_))));
        assert!(matches!(read(&[(6, Bystander)]), Err(Unanswered::Conflict(_))));
        assert!(matches!(read_existence(&Reply(vec![])), Err(Unanswered::Lost(_))));
    }
}
