use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

use crate::{Database, QueryError, Reply};

/// A [`Database`] that counts its round trips.
pub(crate) struct Counted<D> {
    database: D,
    round_trips: AtomicU64,
}

impl<D> Counted<D> {
    pub(crate) const fn new(database: D) -> Self {
        Self { database, round_trips: AtomicU64::new(0) }
    }

    pub(crate) fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }
}

impl<D: Database> Database for Counted<D> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.database.query(text, variables).await
    }
}
