//! Sending the steps of one context.

use std::time::{Duration, Instant};

use migrate_core::Phase;
use tracing::{Instrument, Span, debug, info_span};

use super::{Applier, Work};
use crate::Database;
use crate::attempt::{Attempt, Progress};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::observer::Event;
use crate::outcome::Applied;
use crate::phased::Stretch;
use crate::plan::{Action, Step};
use crate::refusal::Refusal;
use crate::script::{History, LedgerTable, Script, fresh};
use crate::stepwise::Stepwise;

impl Applier {
    /// Sends the steps, in one text where they fit.
    pub(super) async fn send_all(
        &self,
        database: &impl Database,
        context: &Context,
        mut table: LedgerTable,
        mut steps: &[Step],
        work: &mut Work<'_>,
    ) -> Result<Progress, Refusal> {
        let mut at_once = steps.len();
        let mut history = History::Skipped;
        while let Some(first) = steps.first() {
            let (replica, telemetry) = (&self.replica, &self.telemetry);
            let attempt = Attempt { replica, telemetry, database, context, table };
            if first.is_stepwise() && fresh(steps, history).is_none() {
                match self.stepwise(&attempt, first, work).await? {
                    Progress::Done => steps = &steps[1..],
                    other => return Ok(other),
                }
                table = LedgerTable::Exists;
                continue;
            }
            let batch = &steps[..at_once.min(steps.len())];
            let (index, snapshots) = (work.run.ready_index(), work.snapshots);
            let script = Script::apply(context, table, batch, history, &self.replica, index, snapshots);
            let batch = &batch[..script.steps()];
            for step in batch {
                self.started(context, step, work);
            }
            let start = Instant::now();
            let sent = attempt.send(&script, batch).instrument(span(context, batch, &work.backoff)).await;
            for &at in &sent.committed {
                self.committed(context, &batch[at], start.elapsed(), work);
            }
            if !sent.committed.is_empty() {
                table = LedgerTable::Exists;
            }
            match sent.progress {
                Ok(Progress::Done) => steps = &steps[batch.len()..],
                Ok(other) => return Ok(other),
                // Something is there already, or else the migrations themselves say what is wrong.
                Err(Refusal::Failed { cause, .. })
                    if batch.get(sent.stopped_at..).and_then(|rest| fresh(rest, history)).is_some() =>
                {
                    debug!(%context, "replaying the history: {cause}");
                    steps = &steps[sent.stopped_at..];
                    history = History::Replayed;
                }
                // A text that is refused whole does not say which of its migrations is at fault: ask one by one.
                Err(Refusal::Failed { line: None, .. }) if sent.committed.is_empty() && batch.len() > 1 => {
                    at_once = 1;
                    history = History::Replayed;
                }
                Err(refusal) => {
                    let attempt = Attempt { table, ..attempt };
                    let (index, backoff) = (work.run.ready_index(), &mut work.backoff);
                    return attempt.record(batch.get(sent.stopped_at), refusal, index, backoff).await;
                }
            }
        }
        Ok(Progress::Done)
    }

    async fn stepwise(
        &self,
        attempt: &Attempt<'_, impl Database>,
        step: &Step,
        work: &mut Work<'_>,
    ) -> Result<Progress, Refusal> {
        let context = attempt.context;
        let start = Instant::now();
        let span = span(context, std::slice::from_ref(step), &work.backoff);
        let mut progress = Ok(Progress::Done);
        let phases: Vec<_> = step.phases.iter().copied().map(Stretch::Phase).collect();
        for stretch in if phases.is_empty() { vec![Stretch::Statements] } else { phases } {
            let (owner, index, snapshots) = (&work.owner, work.run.ready_index(), work.snapshots);
            let completion = &work.run.completion;
            let stepwise = Stepwise { attempt, step, stretch, owner, lease: self.lease, index, snapshots, completion };
            // On the heap: it is rare and large, and every context that has none would carry it.
            progress = Box::pin(stepwise.run(&mut work.backoff)).instrument(span.clone()).await;
            if !matches!(progress, Ok(Progress::Done)) {
                break;
            }
        }
        let is_applied = step.phases.last().is_none_or(|last| *last == Phase::Complete);
        match &progress {
            Ok(Progress::Done) if is_applied => self.committed(context, step, start.elapsed(), work),
            Err(refusal @ Refusal::Failed { .. }) => self.telemetry.emit(Event::MigrationFailed { context, refusal }),
            _ => {}
        }
        progress
    }

    fn started(&self, context: &Context, step: &Step, work: &Work<'_>) {
        if !matches!(step.action, Action::Run { .. }) {
            return;
        }
        let (migration, retries) = (Applied::from(step), work.backoff.tries());
        self.telemetry.emit(Event::MigrationStarted { context, migration, retries });
    }

    fn committed(&self, context: &Context, step: &Step, elapsed: Duration, work: &mut Work<'_>) {
        // What changes hands is not applied.
        if !matches!(step.action, Action::Run { .. }) {
            return;
        }
        let migration = Applied::from(step);
        self.telemetry.emit(Event::MigrationApplied { context, migration, elapsed });
        work.applied.push(migration);
    }
}

/// The span of one round trip that applies these steps, or of all those of a stepwise migration.
fn span(context: &Context, steps: &[Step], backoff: &Backoff) -> Span {
    let first = steps.first();
    info_span!(
        "apply",
        %context,
        module = first.map(|step| step.module),
        version = first.map(|step| step.migration.version().get()),
        migrations = steps.len(),
        attempt = backoff.tries() + 1,
    )
}
