use std::sync::Arc;

use migrate_runtime::Gate;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use tokio::sync::watch;

use crate::eager::Progress;

/// The connection that everything shares. The SDK's own clone would be a session of its own, which signs in again: each
/// request would pay for that.
pub(crate) type Connection = Arc<Surreal<Any>>;

/// What every request is served with. A clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct Service {
    /// One session for all requests: each query says itself where it goes.
    pub(crate) db: Connection,
    pub(crate) gate: Gate<Connection>,
    pub(crate) eager: watch::Sender<Progress>,
}

impl Service {
    pub(crate) fn new(db: Connection, gate: Gate<Connection>) -> Self {
        Self { db, gate, eager: watch::Sender::new(Progress::NotAsked) }
    }
}
