use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::define::{Undefined, define};
use super::expected::{Expected, expected};
use crate::Database;
use crate::context::Context;
use crate::observer::Event;
use crate::order::Modules;
use crate::telemetry::Telemetry;

/// The fleet index of a migrator.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) context: Context,
    /// What it holds of tenants that are up to date.
    pub(super) expected: Vec<Expected>,
    /// Whether somebody was told that it cannot be used.
    told: AtomicBool,
}

impl Index {
    pub(crate) fn new(context: Context, modules: &Modules) -> Self {
        Self { context, expected: expected(modules), told: AtomicBool::new(false) }
    }

    /// The variables by which a text knows the context of the index.
    pub(crate) fn bind(&self, variables: &mut Map<String, Value>) {
        variables.insert("_migrate_index_ns".to_owned(), self.context.namespace().into());
        variables.insert("_migrate_index_db".to_owned(), self.context.database().into());
    }
}

/// The fleet index in one run, as long as it can be used.
#[derive(Debug)]
pub(crate) struct IndexUse {
    pub(crate) index: Arc<Index>,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody has answered yet whether it is there.
    Unsettled,
    /// The table is there: transactions write to it.
    There,
    /// The user has no right to it, or it is not what it should be.
    GivenUp,
}

impl IndexUse {
    /// Nothing is known about it yet.
    pub(crate) fn new(index: &Arc<Index>) -> Self {
        Self { index: Arc::clone(index), state: Mutex::new(State::Unsettled) }
    }

    /// The table is there.
    pub(crate) fn is_there(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Given up is given up, whatever another question says later.
        if *state == State::Unsettled {
            *state = State::There;
        }
    }

    /// The index, if transactions are to write to it.
    pub(crate) fn ready(&self) -> Option<&Index> {
        (self.state() == State::There).then_some(&self.index)
    }

    /// Finds out whether the index can be used, if nobody knows yet.
    ///
    /// A migration must not go on while that is unknown: its row would go on saying what the ledger said before.
    ///
    /// # Errors
    ///
    /// When the database did not answer, which is no fault of the index.
    pub(crate) async fn settle(&self, database: &impl Database, telemetry: &Telemetry) -> Result<(), String> {
        if self.state() != State::Unsettled {
            return Ok(());
        }
        match define(database, &self.index).await {
            Ok(()) => self.is_there(),
            Err(Undefined::Unusable(why)) => self.give_up(&why, telemetry),
            Err(Undefined::Again(why)) => return Err(why),
        }
        Ok(())
    }

    /// Goes on without it. No tenant suffers from that; somebody is told once.
    pub(crate) fn give_up(&self, reason: &str, telemetry: &Telemetry) {
        self.set(State::GivenUp);
        if !self.index.told.swap(true, Relaxed) {
            telemetry.emit(Event::IndexUnusable { index: &self.index.context, reason });
        }
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
