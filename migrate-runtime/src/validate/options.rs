use std::time::Duration;

use crate::live::Unmanaged;

/// From where on a validation warns, and what it refuses.
///
/// ```
/// # use std::time::Duration;
/// # use migrate_runtime::{UndoPolicy, ValidationOptions};
/// let strict = ValidationOptions::new().slow(Duration::from_secs(1)).undo(UndoPolicy::Explicit);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ValidationOptions {
    pub(super) unmanaged: Unmanaged,
    pub(super) statements: usize,
    pub(super) rows: u64,
    pub(super) slow: Duration,
    pub(super) timeout: Duration,
    pub(super) examples: usize,
    pub(super) undo: UndoPolicy,
}

/// Which migrations have to be undoable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UndoPolicy {
    /// None: one that is not is worth a warning.
    #[default]
    Any,
    /// Each must have a down file: one without is an error.
    Explicit,
}

impl Default for ValidationOptions {
    fn default() -> Self {
        Self {
            unmanaged: Unmanaged::none(),
            statements: 200,
            rows: 100_000,
            slow: Duration::from_secs(5),
            timeout: Duration::from_mins(1),
            examples: 5,
            undo: UndoPolicy::Any,
        }
    }
}

impl ValidationOptions {
    /// What each of the functions says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Differences of objects that match are no finding.
    pub fn unmanaged(self, unmanaged: Unmanaged) -> Self {
        Self { unmanaged, ..self }
    }

    /// Warns of migrations with more statements; 200 unless set.
    pub fn statements(self, statements: usize) -> Self {
        Self { statements, ..self }
    }

    /// Warns of indexes that are built over more rows, and of tables with more that are written as a whole; 100,000 unless
    /// set. Rows are counted to there and no further.
    pub fn rows(self, rows: u64) -> Self {
        Self { rows, ..self }
    }

    /// Warns of migrations that took longer when they were tried; five seconds unless set.
    pub fn slow(self, slow: Duration) -> Self {
        Self { slow, ..self }
    }

    /// How long the database is waited for when the migrations are tried; a minute unless set. It goes on by itself, and
    /// takes all back in the end.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How many record ids are told of rows that are in the way; 5 unless set.
    pub fn examples(self, examples: usize) -> Self {
        Self { examples, ..self }
    }

    /// Which migrations have to be undoable; none unless set.
    pub fn undo(self, undo: UndoPolicy) -> Self {
        Self { undo, ..self }
    }
}
