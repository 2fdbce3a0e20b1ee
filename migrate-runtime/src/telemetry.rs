//! Where an event goes: to the counters, to `tracing`, and to whoever observes.

use std::fmt;
use std::sync::Arc;

use tracing::{debug, info, warn};

use crate::counters::Counters;
use crate::observer::{Event, Observer};
use crate::outcome::Outcome;
use crate::refusal::Refusal;

/// All who are told of an event.
#[derive(Clone, Default)]
pub(crate) struct Telemetry {
    observers: Vec<Arc<dyn Observer>>,
    pub(crate) counters: Counters,
}

impl Telemetry {
    pub(crate) fn observe(&mut self, observer: impl Observer + 'static) {
        self.observers.push(Arc::new(observer));
    }

    pub(crate) fn emit(&self, event: Event<'_>) {
        self.counters.count(&event);
        trace(&event);
        for observer in &self.observers {
            observer.on(&event);
        }
    }
}

fn trace(event: &Event<'_>) {
    match event {
        Event::MigrationApplied { context, migration, elapsed } => {
            let (module, version) = (migration.module, migration.version.get());
            info!(%context, module, version, duration = ?elapsed, "migration applied");
        }
        Event::MigrationFailed { context, refusal } => {
            let (module, version) = refusal.migration().map(|(module, version)| (module, version.get())).unzip();
            warn!(%context, module, version, "migration failed: {refusal}");
        }
        Event::SnapshotSkipped { context, reason } => warn!(%context, "migrating without a snapshot: {reason}"),
        Event::StepwiseProgress { context, migration, done, of, rows } => {
            let (module, version) = (migration.module, migration.version.get());
            info!(%context, module, version, done, of, rows, "a stepwise migration came further");
        }
        Event::IndexBuilding { context, index, rows, .. } => debug!(%context, %index, rows, "an index is being built"),
        Event::WaitingForHolder { context, migration, by } => {
            let (module, version) = (migration.module, migration.version.get());
            info!(%context, module, version, by, "waiting for somebody else, who is at this migration");
        }
        Event::Waiting { contexts, reason, tries } => match contexts {
            [context] => debug!(%context, attempt = tries, "trying again: {reason}"),
            several => debug!(contexts = several.len(), attempt = tries, "trying again: {reason}"),
        },
        Event::ContextFinished { report } => {
            let (context, duration) = (&report.context, report.elapsed);
            match &report.outcome {
                // There may be thousands of them, and the reason was told once.
                Outcome::Refused(refusal @ Refusal::NotAttempted { .. }) => debug!(%context, ?duration, "{refusal}"),
                Outcome::Refused(refusal) => warn!(%context, ?duration, kind = refusal.kind(), "refused: {refusal}"),
                Outcome::Migrated => info!(%context, ?duration, migrations = report.applied.len(), "migrated"),
                Outcome::UpToDate | Outcome::Ahead(_) => debug!(%context, ?duration, "nothing to do"),
            }
        }
        Event::ContextRepeated { context } => debug!(%context, "given a second time"),
        Event::CanariesPassed {} => info!("the canaries are up to date"),
        Event::CanaryRefused { context, .. } => warn!(%context, "a canary was refused: nothing is applied any more"),
        Event::BudgetExhausted { refused } => warn!(refused, "so many were refused: nothing is applied any more"),
        Event::RolloutHalted { because } => warn!("nothing more is begun: {because}"),
        Event::WaveFinished { wave, of, counts, pause } => {
            info!(wave, of, moved = counts.moved, refused = counts.refused, ?pause, "a wave of the rollout is done");
        }
        Event::RolloutWaiting { reason } => info!("waiting: {reason}"),
        Event::IndexConfirmed { contexts } => debug!(contexts, "confirmed by the fleet index"),
        Event::IndexUnusable { index, reason } => warn!(%index, "going on without the fleet index: {reason}"),
        Event::IndexRepaired { contexts } => debug!(contexts = contexts.len(), "rows of the fleet index repaired"),
        Event::TakenOver { takeover } => {
            let (context, modules) = (&takeover.context, takeover.modules.len());
            info!(%context, modules, state = ?takeover.state, "taken over");
        }
        Event::TakeoverRefused { context, reason } => warn!(%context, "not taken over: {reason}"),
        Event::UndoStarted { context, step } => {
            debug!(%context, module = step.module, version = step.version.get(), "undoing a migration");
        }
        Event::UndoDone { context, step, by } => {
            info!(%context, module = step.module, version = step.version.get(), ?by, "migration undone");
        }
        Event::UndoFailed { context, step, error } => {
            warn!(%context, module = step.module, version = step.version.get(), "migration not undone: {error}");
        }
        Event::Validating { context, phase } => debug!(%context, ?phase, "validating"),
        Event::RestoreStarted { context, rows } => debug!(%context, rows, "rows are about to be restored"),
        Event::RowsExported { context, table, rows } => debug!(%context, table, rows, "rows exported"),
        Event::RowsRestored { context, table, rows } => debug!(%context, table, rows, "rows restored"),
        Event::RunFinished { counts, elapsed, round_trips } => info!(
            contexts = counts.contexts,
            migrated = counts.migrated,
            refused = counts.refused(),
            not_attempted = counts.not_attempted,
            duration = ?elapsed,
            round_trips,
            "fleet migrated"
        ),
        Event::RunStarted { .. }
        | Event::ReadingStarted { .. }
        | Event::ContextProbed { .. }
        | Event::ContextRead { .. }
        | Event::MigrationStarted { .. } => {}
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let observers = self.observers.len();
        f.debug_struct("Telemetry").field("observers", &observers).field("counters", &self.counters).finish()
    }
}
