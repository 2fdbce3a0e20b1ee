use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

use crate::counters::Counters;
use crate::silence::Silence;
use crate::{Database, QueryError, Reply, StatementErrorKind};

/// The [`Database`] of one run: it counts what is sent and how that ends, and knows since when nothing was
/// answered.
pub(crate) struct Counted<D> {
    database: D,
    round_trips: AtomicU64,
    counters: Counters,
    silence: Arc<Silence>,
}

impl<D> Counted<D> {
    pub(crate) fn new(database: D, counters: Counters) -> Self {
        Self { database, round_trips: AtomicU64::new(0), counters, silence: Arc::default() }
    }

    pub(crate) fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    pub(crate) const fn silence(&self) -> &Arc<Silence> {
        &self.silence
    }
}

impl<D: Database> Database for Counted<D> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.counters.query_sent();
        let reply = self.database.query(text, variables).await;
        if let Err(QueryError::Lost(_)) = &reply {
            self.counters.query_lost();
            self.silence.goes_on();
        } else {
            self.silence.broken();
        }
        if is_conflict(&reply) {
            self.counters.query_conflicted();
        }
        reply
    }

    async fn version(&self) -> Result<Option<String>, QueryError> {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.database.version().await
    }
}

fn is_conflict(reply: &Result<Reply, QueryError>) -> bool {
    match reply {
        Ok(reply) => {
            reply.0.iter().filter_map(|one| one.as_ref().err()).any(|e| e.kind == StatementErrorKind::Conflict)
        }
        Err(error) => matches!(error, QueryError::Conflict(_)),
    }
}
