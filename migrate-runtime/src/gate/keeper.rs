use std::sync::{PoisonError, RwLock};

use tokio::sync::{Semaphore, watch};

use crate::Migrator;
use crate::gate::book::Book;
use crate::gate::flight::Flying;
use crate::gate::options::GateOptions;

/// What all handles on a gate share.
#[derive(Debug)]
pub(crate) struct Keeper<D> {
    pub(crate) migrator: Migrator,
    pub(crate) database: D,
    pub(crate) options: GateOptions,
    book: RwLock<Book<Flying>>,
    /// How many contexts may be looked for at once, in addition to those that are migrated.
    pub(crate) looking: Semaphore,
    pub(crate) migrating: Semaphore,
    /// How many flights there are, for those who wait until there is none.
    pub(crate) flights: watch::Sender<usize>,
}

impl<D> Keeper<D> {
    pub(crate) fn new(migrator: Migrator, database: D, options: GateOptions) -> Self {
        Self {
            migrator,
            database,
            options,
            book: RwLock::new(Book::new(options.retry)),
            looking: Semaphore::new(options.concurrency),
            migrating: Semaphore::new(options.concurrency),
            flights: watch::Sender::new(0),
        }
    }

    /// No code that can panic runs under the lock, so a poisoned one holds what it should.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Book<Flying>) -> T) -> T {
        look(&self.book.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Book<Flying>) -> T) -> T {
        change(&mut self.book.write().unwrap_or_else(PoisonError::into_inner))
    }
}
