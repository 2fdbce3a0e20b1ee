use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

use crate::observer::Event;
use crate::outcome::{ContextReport, Outcome};
use crate::refusal::Refusal;

/// What a migrator has done so far, over all its runs: a handle that a metrics exporter keeps and reads at any time.
///
/// Clones count the same. Reading costs a few loads, and nothing is ever reset.
///
/// ```
/// # use migrate_runtime::Migrator;
/// let migrator = Migrator::new([])?;
/// let counters = migrator.counters();
/// // … in the exporter's own task:
/// println!("migrations_applied_total {}", counters.read().migrations_applied);
/// # Ok::<(), migrate_runtime::ModulesError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Counters(Arc<Cells>);

/// The values of [`Counters`] at one moment. Each only ever grows, but for `in_progress`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CountersSnapshot {
    /// Contexts that are being brought up to date right now.
    pub in_progress: u64,
    /// Contexts that were found up to date.
    pub up_to_date: u64,
    /// Contexts to which migrations were applied, and that are up to date since.
    pub migrated: u64,
    /// Contexts that know later versions, none of which break this binary.
    pub ahead: u64,
    /// Contexts refused because a later binary applied what breaks this one.
    pub incompatible: u64,
    /// Contexts refused for any other reason.
    pub failed: u64,
    /// Contexts that lack something and were left as they were, because the run had stopped applying.
    pub not_attempted: u64,
    /// Ledgers that were read, the second reading of one context included.
    pub probed: u64,
    /// Migrations that were committed by this migrator.
    pub migrations_applied: u64,
    /// Migrations that failed.
    pub migrations_failed: u64,
    /// Tries after the first, whatever the reason: a conflict, a lost answer, somebody else's work.
    pub retries: u64,
    /// Queries that met a concurrent transaction which was there first.
    pub conflicts: u64,
    /// Queries whose answer did not arrive.
    pub lost: u64,
    /// Queries that were sent.
    pub round_trips: u64,
}

#[derive(Debug, Default)]
struct Cells {
    in_progress: AtomicU64,
    up_to_date: AtomicU64,
    migrated: AtomicU64,
    ahead: AtomicU64,
    incompatible: AtomicU64,
    failed: AtomicU64,
    not_attempted: AtomicU64,
    probed: AtomicU64,
    migrations_applied: AtomicU64,
    migrations_failed: AtomicU64,
    retries: AtomicU64,
    conflicts: AtomicU64,
    lost: AtomicU64,
    round_trips: AtomicU64,
}

/// Counts its context as in progress until it is dropped: also when nobody waits for the work any more.
pub(crate) struct InProgress(Arc<Cells>);

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, Relaxed);
    }
}

impl Counters {
    /// What they stand at. Values that belong together may be one event apart.
    pub fn read(&self) -> CountersSnapshot {
        let cells = &*self.0;
        CountersSnapshot {
            in_progress: cells.in_progress.load(Relaxed),
            up_to_date: cells.up_to_date.load(Relaxed),
            migrated: cells.migrated.load(Relaxed),
            ahead: cells.ahead.load(Relaxed),
            incompatible: cells.incompatible.load(Relaxed),
            failed: cells.failed.load(Relaxed),
            not_attempted: cells.not_attempted.load(Relaxed),
            probed: cells.probed.load(Relaxed),
            migrations_applied: cells.migrations_applied.load(Relaxed),
            migrations_failed: cells.migrations_failed.load(Relaxed),
            retries: cells.retries.load(Relaxed),
            conflicts: cells.conflicts.load(Relaxed),
            lost: cells.lost.load(Relaxed),
            round_trips: cells.round_trips.load(Relaxed),
        }
    }

    pub(crate) fn begin(&self) -> InProgress {
        self.0.in_progress.fetch_add(1, Relaxed);
        InProgress(Arc::clone(&self.0))
    }

    pub(crate) fn query_sent(&self) {
        self.0.round_trips.fetch_add(1, Relaxed);
    }

    pub(crate) fn query_conflicted(&self) {
        self.0.conflicts.fetch_add(1, Relaxed);
    }

    pub(crate) fn query_lost(&self) {
        self.0.lost.fetch_add(1, Relaxed);
    }

    pub(crate) fn count(&self, event: &Event<'_>) {
        let cell = match event {
            Event::ContextProbed { .. } => &self.0.probed,
            Event::MigrationApplied { .. } => &self.0.migrations_applied,
            Event::MigrationFailed { .. } => &self.0.migrations_failed,
            Event::Waiting { .. } => &self.0.retries,
            Event::ContextFinished { report } => self.outcome(report),
            _ => return,
        };
        cell.fetch_add(1, Relaxed);
    }

    fn outcome(&self, report: &ContextReport) -> &AtomicU64 {
        match &report.outcome {
            Outcome::UpToDate => &self.0.up_to_date,
            Outcome::Migrated => &self.0.migrated,
            Outcome::Ahead(_) => &self.0.ahead,
            Outcome::Refused(Refusal::Incompatible { .. }) => &self.0.incompatible,
            Outcome::Refused(Refusal::NotAttempted { .. }) => &self.0.not_attempted,
            Outcome::Refused(_) => &self.0.failed,
        }
    }
}
