//! Bringing one context up to date.

mod send;
mod upkeep;
mod work;

use std::time::{Duration, Instant};

use migrate_core::Phase;

use self::work::Work;
use crate::Database;
use crate::attempt::Progress;
use crate::backoff::Backoff;
use crate::context::Context;
use crate::ledger::Row;
use crate::observer::Event;
use crate::order::Modules;
use crate::outcome::{Applied, ContextReport, Evidence, Outcome};
use crate::phased::Task;
use crate::plan::{Plan, Step, plan};
use crate::probe::{Probe, probe, unanswered};
use crate::refusal::Refusal;
use crate::replica::Replica;
use crate::run::Run;
use crate::snapshot::Snapshots;
use crate::telemetry::Telemetry;

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
        let mut work = Work::new(run, backoff, self.snapshots);
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
                    if let Some(because) = work.run.halt.reason().filter(|_| work.is_untouched(&steps)) {
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
}
