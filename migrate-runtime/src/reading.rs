//! Reading something of many contexts, a few round trips for all of them, without creating any.

use futures_util::stream::{self, StreamExt};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::probe::is_in;
use crate::verify::Inventory;
use crate::{Database, QueryError, Reply, StatementError, StatementErrorKind};

/// What was read of one context.
///
/// As JSON it is an object with `namespace`, `database` and either `found` or `kind` and `reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    /// The context.
    pub context: Context,
    /// What it holds.
    pub found: Result<T, ReadError>,
}

/// Why something could not be read of a context. Nothing was created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum ReadError {
    /// There is no such database.
    #[error("the context {0} does not exist")]
    Absent(Context),
    /// The context could not be entered or read, or the database could not be reached until the deadline.
    #[error("{context} could not be read: {reason}")]
    Unavailable { context: Context, reason: String },
    /// What is there is not what this runtime writes.
    #[error("what {context} holds could not be understood: {reason}")]
    Unreadable { context: Context, reason: String },
}

impl ReadError {
    /// One word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Absent(_) => "absent",
            Self::Unavailable { .. } => "unavailable",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

impl<T: Serialize> Serialize for Reading<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        match &self.found {
            Ok(found) => map.serialize_entry("found", found)?,
            Err(error) => {
                map.serialize_entry("kind", error.kind())?;
                map.serialize_entry("reason", &error.to_string())?;
            }
        }
        map.end()
    }
}

/// What one context answered.
enum Answer {
    /// `None` where the table that was asked is not there.
    Found(Option<Value>),
    Again(String),
    Refused(String),
}

impl Migrator {
    /// What one statement, which only reads, gives in each context of a fleet: `None` where its table is not there.
    pub(crate) async fn read_each<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        statement: &str,
        variables: &Map<String, Value>,
    ) -> Result<Vec<Reading<Option<Value>>>, FleetError> {
        let database = Counted::new(database, self.counters());
        let contexts = self.contexts_of(&database, fleet).await?;
        self.read_contexts(&database, &contexts, statement, variables).await
    }

    /// The same of contexts that are known.
    pub(crate) async fn read_contexts<D: Database>(
        &self,
        database: &Counted<D>,
        contexts: &[Context],
        statement: &str,
        variables: &Map<String, Value>,
    ) -> Result<Vec<Reading<Option<Value>>>, FleetError> {
        let mut inventory = Inventory::default();
        inventory.look_up(database, contexts).await?;
        let there = contexts.iter().filter(|context| inventory.may_exist(context)).count();
        self.emit(Event::ReadingStarted { contexts: Some(there) });
        let mut readings = Vec::with_capacity(contexts.len());
        let inventory = &inventory;
        let batches = contexts.chunks(self.probe_batch);
        let reading =
            batches.map(|contexts| self.read_batch(database, inventory, contexts, statement, variables.clone()));
        // A list: of a stream with a closure in it the compiler could not tell that a task may run it.
        let reading: Vec<_> = reading.collect();
        let mut reading = stream::iter(reading).buffered(self.concurrency);
        while let Some(batch) = reading.next().await {
            readings.extend(batch);
        }
        drop(reading);
        Ok(readings)
    }

    /// Asks a batch in one round trip, and those again that somebody was in the way of.
    async fn read_batch<D: Database>(
        &self,
        database: &Counted<D>,
        inventory: &Inventory,
        contexts: &[Context],
        statement: &str,
        variables: Map<String, Value>,
    ) -> Vec<Reading<Option<Value>>> {
        let absent = |context: &Context| Err(ReadError::Absent(context.clone()));
        let mut found: Vec<_> = contexts.iter().map(|context| (context, absent(context))).collect();
        // To `USE` what does not exist would create it.
        let mut open: Vec<_> = (0..contexts.len()).filter(|at| inventory.may_exist(&contexts[*at])).collect();
        let mut backoff = self.patience.begin(database.silence());
        while !open.is_empty() {
            let text: String =
                open.iter().flat_map(|at| [contexts[*at].use_statement(), format!("{statement};\n")]).collect();
            let answers = match database.query(text, variables.clone()).await {
                Ok(reply) => read(open.iter().map(|at| &contexts[*at]), reply),
                Err(error) => open.iter().map(|_| unanswered(&error)).collect(),
            };
            let given_up = backoff.again().err();
            let mut again = Vec::new();
            for (at, answer) in open.into_iter().zip(answers) {
                let context = &contexts[at];
                let unavailable = |reason| Err(ReadError::Unavailable { context: context.clone(), reason });
                found[at].1 = match (answer, given_up) {
                    (Answer::Found(value), _) => {
                        self.emit(Event::ContextProbed { context });
                        Ok(value)
                    }
                    (Answer::Refused(reason), _) => unavailable(reason),
                    (Answer::Again(why), Some(given_up)) => {
                        unavailable(format!("it was given up {given_up}; the last try met: {why}"))
                    }
                    (Answer::Again(why), None) => {
                        again.push(at);
                        unavailable(why)
                    }
                };
            }
            open = again;
            if !open.is_empty() {
                backoff.pause().await;
            }
        }
        found.into_iter().map(|(context, found)| Reading { context: context.clone(), found }).collect()
    }
}

impl<T> Reading<T> {
    /// The same of what is made of it, or of why that cannot be.
    pub(crate) fn understood<U>(self, read: impl FnOnce(T) -> Result<U, String>) -> Reading<U> {
        let Self { context, found } = self;
        let found = found
            .and_then(|found| read(found).map_err(|reason| ReadError::Unreadable { context: context.clone(), reason }));
        Reading { context, found }
    }
}

fn read<'a>(contexts: impl Iterator<Item = &'a Context>, reply: Reply) -> Vec<Answer> {
    let mut results = reply.0.into_iter();
    let answer = |context: &Context| match (results.next(), results.next()) {
        (Some(entered), Some(value)) => read_one(context, entered, value),
        _ => Answer::Again("the database gave fewer results than there were statements".to_owned()),
    };
    contexts.map(answer).collect()
}

fn read_one(context: &Context, entered: Result<Value, StatementError>, value: Result<Value, StatementError>) -> Answer {
    // A refused `USE` leaves the session where it was, and what follows is read there.
    match entered {
        Ok(entered) if is_in(context, &entered) => {}
        Ok(entered) => return Answer::Refused(format!("it cannot be entered: the session is in {entered}")),
        Err(error) if error.kind.is_passing() => return Answer::Again(error.message),
        Err(error) => return Answer::Refused(format!("it cannot be entered: {error}")),
    }
    match value {
        Ok(value) => Answer::Found(Some(value)),
        Err(error) => match error.kind {
            StatementErrorKind::NoSuchTable => Answer::Found(None),
            StatementErrorKind::NoSuchContext => Answer::Again(error.message),
            kind if kind.is_passing() => Answer::Again(error.message),
            _ => Answer::Refused(error.message),
        },
    }
}

fn unanswered(error: &QueryError) -> Answer {
    match error {
        QueryError::Refused(reason) | QueryError::TooLarge(reason) | QueryError::NotAllowed(reason) => {
            Answer::Refused(reason.clone())
        }
        QueryError::Conflict(_) | QueryError::TimedOut(_) | QueryError::Lost(_) => Answer::Again(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(entered: Value, value: Result<Value, StatementErrorKind>) -> Answer {
        let error = |kind| StatementError { kind, message: format!("{kind:?}") };
        read_one(&Context::new("a", "b").unwrap(), Ok(entered), value.map_err(error))
    }

    #[test]
    fn only_a_missing_table_means_that_there_is_nothing() {
        let here = json!({ "namespace": "a", "database": "b" });
        assert!(matches!(one(here.clone(), Err(StatementErrorKind::NoSuchTable)), Answer::Found(None)));
        assert!(matches!(one(here.clone(), Err(StatementErrorKind::NotAllowed)), Answer::Refused(_)));
        for passing in [StatementErrorKind::Conflict, StatementErrorKind::TimedOut] {
            assert!(matches!(one(here.clone(), Err(passing)), Answer::Again(_)), "{passing:?}");
        }
    }

    #[test]
    fn what_another_context_holds_is_never_taken_for_ours() {
        let elsewhere = json!({ "namespace": "a", "database": "c" });
        assert!(matches!(one(elsewhere, Ok(json!([]))), Answer::Refused(_)));
    }

    #[test]
    fn what_could_not_be_read_says_why_as_json() {
        let context = Context::new("a", "b").unwrap();
        let found: Result<(), _> = Err(ReadError::Absent(context.clone()));
        let json = json!({ "namespace": "a", "database": "b", "kind": "absent",
            "reason": "the context a/b does not exist" });
        assert_eq!(serde_json::to_value(Reading { context, found }).unwrap(), json);
    }
}
