use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use migrate_runtime::{Database, QueryError, Reply, StatementError, StatementErrorKind};
use serde_json::{Map, Value};
use tokio::sync::Notify;

/// What goes wrong with one query.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// The connection drops before the database saw the text.
    LostBefore,
    /// The connection drops after the database committed, so that the answer is lost.
    LostAfter,
    /// A conflict: nothing ran, and every statement of the transaction says so.
    Conflict,
    /// The process stops before it sends the text, and never goes on: drop the future.
    StopBefore,
    /// The process stops after the database committed, and never goes on: drop the future.
    StopAfter,
    /// The process is held up before it sends the text, until somebody lets it go on.
    Pause(Arc<Notify>),
    /// Somebody else runs this text before the query is sent.
    Meanwhile(String),
    /// Every `USE` is refused, so that the text runs wherever the session is.
    UseRefused,
}

/// A database that misbehaves as it is told, query by query, and remembers all that was sent.
#[derive(Debug)]
pub struct Faulty<D> {
    database: D,
    faults: Mutex<VecDeque<Fault>>,
    /// What happens to queries after the listed faults.
    afterwards: Fault,
    texts: Mutex<Vec<String>>,
    variables: Mutex<Vec<String>>,
}

impl<D> Faulty<D> {
    /// These faults, one a query, and then none.
    pub fn new(database: D, faults: impl IntoIterator<Item = Fault>) -> Self {
        let faults = Mutex::new(faults.into_iter().collect());
        Self { database, faults, afterwards: Fault::Pass, texts: Mutex::default(), variables: Mutex::default() }
    }

    /// The same fault for every query.
    pub fn always(database: D, fault: Fault) -> Self {
        Self { afterwards: fault, ..Self::new(database, []) }
    }

    /// The texts that were sent so far.
    pub fn texts(&self) -> Vec<String> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The variables that were sent so far, as JSON, an object a query.
    pub fn variables(&self) -> Vec<String> {
        self.variables.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next_fault(&self) -> Fault {
        let next = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.unwrap_or_else(|| self.afterwards.clone())
    }
}

impl<D: Database> Database for Faulty<D> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
        let sent = Value::Object(variables.clone()).to_string();
        self.variables.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        match self.next_fault() {
            Fault::Pass => self.database.query(text, variables).await,
            Fault::LostBefore => Err(QueryError::Lost("dropped before".to_owned())),
            Fault::LostAfter => {
                self.database.query(text, variables).await?;
                Err(QueryError::Lost("dropped after".to_owned()))
            }
            Fault::Meanwhile(other) => {
                self.database.query(other, Map::new()).await?;
                self.database.query(text, variables).await
            }
            Fault::StopBefore => std::future::pending().await,
            Fault::StopAfter => {
                self.database.query(text, variables).await?;
                std::future::pending().await
            }
            Fault::Pause(until) => {
                until.notified().await;
                self.database.query(text, variables).await
            }
            Fault::Conflict => Err(QueryError::Conflict("injected".to_owned())),
            Fault::UseRefused => {
                // As a server does it: the statement fails, and the rest runs in the session's own database.
                let Some(elsewhere) = without_use(&text) else { return self.database.query(text, variables).await };
                let mut reply = self.database.query(elsewhere, variables).await?;
                let message = "not enough permissions".to_owned();
                reply.0[0] = Err(StatementError { kind: StatementErrorKind::NotAllowed, message });
                Ok(reply)
            }
        }
    }
}

/// The text with the `USE` at its start replaced by one of the session's own database, or `None` if there is none.
fn without_use(text: &str) -> Option<String> {
    let end = text.find(';').filter(|_| text.starts_with("USE NS "))?;
    Some(format!("USE NS home DB home{}", &text[end..]))
}
