//! Bringing one context up to date.

use std::time::{Duration, Instant};

use migrate_core::Phase;
use tracing::{Instrument, Span, debug, info_span, warn};

use crate::Database;
use crate::attempt::{Attempt, Progress};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::ledger::Row;
use crate::observer::Event;
use crate::order::Modules;
use crate::outcome::{Applied, ContextReport, Evidence, Outcome};
use crate::phased::{Stretch, Task};
use crate::plan::{Action, Ahead, Earlier, Incomplete, Plan, Step, Stranger, plan};
use crate::probe::{Probe, probe, unanswered};
use crate::refusal::Refusal;
use crate::replica::Replica;
use crate::run::Run;
use crate::script::{History, LedgerTable, Script, fresh};
use crate::snapshot::Snapshots;
use crate::stepwise::Stepwise;
use crate::telemetry::Telemetry;
use crate::upkeep::{Corrected, Rename};
use crate::waiting::Waiting;

/// What is applied, by whom, and who is told.
#[derive(Debug)]
pub(crate) struct Applier {
    pub(crate) modules: Modules,
    pub(crate) replica: Replica,
    pub(crate) telemetry: Telemetry,
    /// How long somebody else's stepwise migration is waited for.
    pub(crate) wait: Duration,
    /// How long the lease of a stepwise migration lasts unless it is renewed.
    pub(crate) lease: Duration,
    /// Whether snapshots are stored.
    pub(crate) snapshots: Snapshots,
}

/// The work on one context: the run that it belongs to, its patience, and what was done and seen so far.
struct Work<'a> {
    run: &'a Run,
    backoff: Backoff,
    /// Whether snapshots are stored, as long as they can be.
    snapshots: Snapshots,
    /// Under what name it takes the lease.
    owner: String,
    waiting: Waiting,
    in_vain: u32,
    applied: Vec<Applied>,
    ahead: Vec<Ahead>,
    strangers: Vec<Stranger>,
    incomplete: Vec<Incomplete>,
}

impl Applier {
    /// Whether a context that was probed lacks something, as far as is known.
    pub(crate) fn lacks_something(&self, probed: &Probe) -> bool {
        match probed {
            Probe::Ledger(ledger) => {
                plan(&self.modules, &ledger.rows).is_ok_and(|plan| !plan.steps.is_empty() || !plan.renames.is_empty())
            }
            Probe::Again(_) => true,
            Probe::Refused(_) => false,
        }
    }

    /// Brings a context up to date that was probed already. Whatever happens is in the report.
    pub(crate) async fn bring_up_to_date(
        &self,
        database: &impl Database,
        context: Context,
        probed: Probe,
        backoff: Backoff,
        run: &Run,
    ) -> ContextReport {
        self.carry_out(database, context, probed, backoff, run, None).await
    }

    /// Brings a context up to date, or does what somebody asked for instead.
    pub(crate) async fn carry_out(
        &self,
        database: &impl Database,
        context: Context,
        probed: Probe,
        backoff: Backoff,
        run: &Run,
        task: Option<Task>,
    ) -> ContextReport {
        let start = Instant::now();
        let _in_progress = self.telemetry.counters.begin();
        let owner = format!("{:032x}", fastrand::u128(..));
        let (applied, ahead, strangers, incomplete) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (snapshots, waiting) = (self.snapshots, Waiting::default());
        let mut work =
            Work { run, backoff, snapshots, owner, waiting, in_vain: 0, applied, ahead, strangers, incomplete };
        let outcome = self.run(database, &context, probed, task, &mut work).await;
        let outcome = outcome.unwrap_or_else(Outcome::Refused);
        let Work { in_vain, applied, ahead, strangers, incomplete, .. } = work;
        let (elapsed, evidence) = (start.elapsed(), Evidence::Ledger);
        let report =
            ContextReport { context, outcome, applied, ahead, strangers, incomplete, elapsed, evidence, in_vain };
        self.telemetry.emit(Event::ContextFinished { report: &report });
        report
    }

    async fn run(
        &self,
        database: &impl Database,
        context: &Context,
        mut probed: Probe,
        task: Option<Task>,
        work: &mut Work<'_>,
    ) -> Result<Outcome, Refusal> {
        loop {
            let why = match probed {
                Probe::Refused(refusal) => return Err(refusal),
                Probe::Again(why) => Some(why),
                Probe::Ledger(ledger) => {
                    let planned = self.planned(database, &ledger.rows, task, work).await?;
                    let Plan { renames, corrections, mut steps, ahead, strangers, incomplete } = planned;
                    if let Some(task) = task.filter(|_| renames.is_empty()) {
                        steps = task.steps(&self.modules, &ledger.rows)?;
                    }
                    work.incomplete = incomplete;
                    work.ahead.clone_from(&ahead);
                    work.strangers = strangers;
                    // What was taken over has its rows elsewhere: behind that, it is planned anew.
                    if !corrections.is_empty() && renames.is_empty() {
                        self.accept(database, context, &corrections, work).await;
                    }
                    if steps.is_empty() && renames.is_empty() {
                        return Ok(match (work.applied.is_empty(), ahead.is_empty()) {
                            (false, _) => Outcome::Migrated,
                            (true, true) => Outcome::UpToDate,
                            (true, false) => Outcome::Ahead(ahead),
                        });
                    }
                    if let Some(because) = work.run.halt.reason().filter(|_| is_untouched(work, &steps)) {
                        let because = because.clone();
                        return Err(Refusal::NotAttempted { because, pending: steps.len() });
                    }
                    let (table, is_renaming) = (ledger.table, !renames.is_empty());
                    let settled = work.run.settle_index(database, &self.telemetry).await;
                    let progress = match settled {
                        Ok(()) if !renames.is_empty() => self.rename(database, context, table, &renames, work).await?,
                        Ok(()) => self.send_all(database, context, table, &steps, work).await?,
                        Err(why) => Progress::Unanswered(why),
                    };
                    work.in_vain += u32::from(matches!(progress, Progress::Again(_) | Progress::Held { .. }));
                    match progress {
                        Progress::Done if is_renaming => None,
                        Progress::Done => return Ok(Outcome::Migrated),
                        Progress::Again(why) | Progress::Unanswered(why) => Some(why),
                        // Without the index from now on: no tenant suffers from it.
                        Progress::Unindexed(why) => {
                            work.run.give_up_index(&why, &self.telemetry);
                            None
                        }
                        // Without a snapshot: no tenant suffers from it either.
                        Progress::NoSnapshot(reason) => {
                            work.snapshots = Snapshots::OnRequest;
                            self.telemetry.emit(Event::SnapshotSkipped { context, reason: &reason });
                            None
                        }
                        Progress::Held { module, migration, by } => {
                            // Whoever has the lease renews it while it works, and it lapses when that process is gone.
                            if work.waiting.on(module, migration, &by, self.wait)? {
                                let migration = Applied::of(module, migration);
                                self.telemetry.emit(Event::WaitingForHolder { context, migration, by: &by });
                            }
                            work.backoff.extend();
                            Some(format!("{by} has the lease"))
                        }
                    }
                }
            };
            if let Some(why) = why {
                self.pause(context, &mut work.backoff, &why).await?;
            }
            probed = match probe(database, std::slice::from_ref(context)).await {
                Ok(mut answers) => {
                    self.telemetry.emit(Event::ContextProbed { context });
                    answers.pop().unwrap_or_else(|| Probe::Again("no answer".to_owned()))
                }
                Err(error) => unanswered(&error),
            };
        }
    }

    /// What is to be done, without the starts of phased migrations whose rollout is paused.
    async fn planned(
        &self,
        database: &impl Database,
        rows: &[Row],
        task: Option<Task>,
        work: &Work<'_>,
    ) -> Result<Plan, Refusal> {
        let planned = plan(&self.modules, rows)?;
        let is_start = |step: &&Step| step.phases == [Phase::Start];
        let starts: Vec<_> = planned.steps.iter().filter(is_start).map(Applied::from).collect();
        let Some(registry) = work.run.pauses.as_ref().filter(|_| task.is_none() && !starts.is_empty()) else {
            return Ok(planned);
        };
        let seen = registry.look(database).await.map_err(|error| Refusal::Unavailable {
            reason: format!("whether the start of a phased migration is paused cannot be told: {error}"),
        })?;
        let is_paused = |start: &&Applied| seen.pause(start.module, start.version).is_some();
        let paused: Vec<_> = starts.iter().filter(is_paused).map(|start| (start.module, start.version)).collect();
        if paused.is_empty() { Ok(planned) } else { plan(&self.modules.leaving(paused), rows) }
    }

    async fn pause(&self, context: &Context, backoff: &mut Backoff, why: &str) -> Result<(), Refusal> {
        backoff.again().map_err(|given_up| Refusal::Unavailable {
            reason: format!("{context} was given up {given_up}; the last try met: {why}"),
        })?;
        let contexts = std::slice::from_ref(context);
        self.telemetry.emit(Event::Waiting { contexts, reason: why, tries: backoff.tries() });
        backoff.pause().await;
        Ok(())
    }

    /// Puts on record which corrections were accepted. A tenant is served all the same where that cannot be written; the
    /// next run tries again.
    async fn accept(&self, database: &impl Database, context: &Context, corrections: &[Corrected], work: &Work<'_>) {
        let (replica, telemetry) = (&self.replica, &self.telemetry);
        if let Err(why) = work.run.settle_index(database, telemetry).await {
            debug!(%context, "the corrections are recorded later: {why}");
            return;
        }
        let attempt = Attempt { replica, telemetry, database, context, table: LedgerTable::Exists };
        loop {
            let script = Script::accept(context, corrections, replica, work.run.ready_index());
            match attempt.alone(&script).await {
                Ok(Progress::Done) => {}
                // Without the index from now on.
                Ok(Progress::Unindexed(why)) => {
                    work.run.give_up_index(&why, telemetry);
                    continue;
                }
                Ok(_) => debug!(%context, "somebody else may have recorded the corrections"),
                Err(why) => warn!(%context, "the corrections that were accepted could not be recorded: {why}"),
            }
            return;
        }
    }

    /// Takes over what was recorded under names that modules had before. Then the ledger is read again.
    async fn rename(
        &self,
        database: &impl Database,
        context: &Context,
        table: LedgerTable,
        renames: &[Rename],
        work: &Work<'_>,
    ) -> Result<Progress, Refusal> {
        let (replica, telemetry) = (&self.replica, &self.telemetry);
        let attempt = Attempt { replica, telemetry, database, context, table };
        let script = Script::rename(context, table, renames, replica, work.run.ready_index());
        attempt.alone(&script).await.map_err(|cause| Refusal::Unavailable {
            reason: format!("what was recorded under the former name of a module could not be taken over: {cause}"),
        })
    }

    /// Sends the steps, in one text where they fit.
    async fn send_all(
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

/// Whether nothing was done in a context yet, by this run or by one that it would go on with.
fn is_untouched(work: &Work<'_>, steps: &[Step]) -> bool {
    work.applied.is_empty() && steps.iter().all(|step| step.earlier != Earlier::Begun)
}
