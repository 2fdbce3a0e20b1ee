use std::sync::atomic::{AtomicUsize, Ordering};

use migrate_runtime::{Database, QueryError, Reply};
use serde_json::{Map, Value};
use tokio::sync::Notify;

/// A process that is gone behind one of the transactions that it commits: the answer never comes.
#[derive(Debug)]
pub struct Mortal<D> {
    database: D,
    left: AtomicUsize,
    died: Notify,
}

impl<D> Mortal<D> {
    /// One that dies behind so many transactions.
    pub fn new(database: D, transactions: usize) -> Self {
        Self { database, left: AtomicUsize::new(transactions), died: Notify::new() }
    }

    /// What comes of the work of this process; `None` if it died before it was done.
    pub async fn live<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.died.notified() => None,
        }
    }
}

impl<D: Database> Database for Mortal<D> {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        let commits = text.contains("COMMIT;");
        let reply = self.database.query(text, variables).await;
        if commits && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.died.notify_one();
            return std::future::pending().await;
        }
        reply
    }
}
