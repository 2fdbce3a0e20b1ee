//! Bringing one context up to date.

use std::ops::Range;
use std::time::{Duration, Instant};

use migrate_core::{Migration, Migrations, Mode, Version};
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::context::Context;
use crate::failure::{failed, failure_json, torn, unrecorded};
use crate::outcome::{Applied, ContextReport, Outcome};
use crate::plan::{Plan, Step, plan};
use crate::probe::{Probe, probe};
use crate::refusal::Refusal;
use crate::replica::Replica;
use crate::script::{History, LedgerTable, Script};
use crate::stepwise::{End, Stepwise};
use crate::verdict::Verdict;
use crate::{Database, QueryError};

/// What is applied, by whom, and for how long it is tried.
#[derive(Debug)]
pub(crate) struct Applier {
    /// In the order in which they are applied.
    pub(crate) modules: Vec<&'static Migrations>,
    pub(crate) replica: Replica,
    /// How long one context is tried again after conflicts and lost connections.
    pub(crate) deadline: Duration,
    /// How long somebody else's stepwise migration is waited for.
    pub(crate) wait: Duration,
    /// How long the lease of a stepwise migration lasts unless it is renewed.
    pub(crate) lease: Duration,
}

/// What came of sending one script.
struct Sent {
    /// Which of its steps are committed, and were by us.
    committed: Vec<usize>,
    progress: Result<Progress, Refusal>,
    /// The first of its steps that is not committed, or their number.
    stopped_at: usize,
}

/// How far the steps of a plan came.
enum Progress {
    /// All of them are committed.
    Done,
    /// The ledger has to be read again, for this reason.
    Again(String),
    /// Somebody else is at this stepwise migration.
    Held { module: &'static str, migration: &'static Migration, by: String },
}

/// One context that is brought up to date.
#[derive(Debug)]
struct Run<'a, D> {
    database: &'a D,
    context: &'a Context,
    /// Under what name it takes the lease.
    owner: &'a str,
}

impl<D> Clone for Run<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Run<'_, D> {}

/// How long somebody else has been waited for.
#[derive(Debug, Default)]
struct Waiting(Option<(Version, Instant)>);

impl Waiting {
    /// Notes that somebody is at a migration still, or refuses to wait any longer.
    fn on(
        &mut self,
        context: &Context,
        module: &'static str,
        migration: &'static Migration,
        by: String,
        at_most: Duration,
    ) -> Result<(), Refusal> {
        let version = migration.version();
        match self.0 {
            Some((on, since)) if on == version => {
                let waited = since.elapsed();
                if waited < at_most {
                    return Ok(());
                }
                let file = migration.file().to_owned();
                Err(Refusal::Busy { module: module.to_owned(), version, file, by, waited })
            }
            _ => {
                info!(%context, module, %version, by, "waiting for somebody else, who is at this migration");
                self.0 = Some((version, Instant::now()));
                Ok(())
            }
        }
    }
}

impl Sent {
    fn nothing(progress: Result<Progress, Refusal>) -> Self {
        Self { committed: Vec::new(), progress, stopped_at: 0 }
    }
}

impl Applier {
    /// Brings a context up to date that was probed already. Whatever happens is in the report.
    pub(crate) async fn bring_up_to_date(
        &self,
        database: &impl Database,
        context: Context,
        probed: Probe,
    ) -> ContextReport {
        let start = Instant::now();
        let mut applied = Vec::new();
        let outcome = self.run(database, &context, probed, start, &mut applied).await;
        let outcome = outcome.unwrap_or_else(Outcome::Refused);
        match &outcome {
            Outcome::Refused(refusal) => warn!(%context, kind = refusal.kind(), "refused: {refusal}"),
            Outcome::Migrated => info!(%context, migrations = applied.len(), "migrated"),
            Outcome::UpToDate | Outcome::Ahead(_) => debug!(%context, "nothing to do"),
        }
        ContextReport { context, outcome, applied, elapsed: start.elapsed() }
    }

    async fn run(
        &self,
        database: &impl Database,
        context: &Context,
        mut probed: Probe,
        start: Instant,
        applied: &mut Vec<Applied>,
    ) -> Result<Outcome, Refusal> {
        let mut backoff = Backoff::until(start + self.deadline);
        let owner = format!("{:032x}", fastrand::u128(..));
        let mut waiting = Waiting::default();
        loop {
            let why = match probed {
                Probe::Refused(refusal) => return Err(refusal),
                Probe::Again(why) => why,
                Probe::Ledger(ledger) => {
                    let Plan { steps, ahead } = plan(&self.modules, &ledger.rows)?;
                    if steps.is_empty() {
                        return Ok(match (applied.is_empty(), ahead.is_empty()) {
                            (false, _) => Outcome::Migrated,
                            (true, true) => Outcome::UpToDate,
                            (true, false) => Outcome::Ahead(ahead),
                        });
                    }
                    let table = ledger.table;
                    let run = Run { database, context, owner: &owner };
                    match self.send_all(run, table, &steps, &mut backoff, applied).await? {
                        Progress::Done => return Ok(Outcome::Migrated),
                        Progress::Again(why) => why,
                        Progress::Held { module, migration, by } => {
                            // Whoever has the lease renews it while it works, and it lapses when that process is gone.
                            waiting.on(context, module, migration, by, self.wait)?;
                            backoff.restart();
                            "somebody else has the lease".to_owned()
                        }
                    }
                }
            };
            debug!(%context, "reading the ledger again: {why}");
            self.pause(context, &mut backoff, &why).await?;
            probed = match probe(database, std::slice::from_ref(context)).await {
                Ok(mut answers) => answers.pop().unwrap_or_else(|| Probe::Again("no answer".to_owned())),
                Err(error) => unanswered(&error),
            };
        }
    }

    async fn pause(&self, context: &Context, backoff: &mut Backoff, why: &str) -> Result<(), Refusal> {
        backoff.pause().await.map_err(|_| Refusal::Unavailable {
            reason: format!("{context} was given up after {:?}; the last try met: {why}", self.deadline),
        })
    }

    /// Sends the steps, in one text where they fit.
    async fn send_all(
        &self,
        run: Run<'_, impl Database>,
        mut table: LedgerTable,
        mut steps: &[Step],
        backoff: &mut Backoff,
        applied: &mut Vec<Applied>,
    ) -> Result<Progress, Refusal> {
        let mut at_once = steps.len();
        let mut history = History::Skipped;
        let Run { database, context, .. } = run;
        while let Some(first) = steps.first() {
            if first.migration.mode() == Mode::Stepwise && !is_skipped(Some(first), history) {
                match self.stepwise(run, table, first, backoff).await? {
                    Progress::Done => applied.push(Applied::from(first)),
                    other => return Ok(other),
                }
                table = LedgerTable::Exists;
                steps = &steps[1..];
                continue;
            }
            let batch = &steps[..at_once.min(steps.len())];
            let script = Script::apply(context, table, batch, history, &self.replica);
            let batch = &batch[..script.steps()];
            let Sent { committed, progress, stopped_at } = self.send(database, context, &script, batch).await;
            applied.extend(committed.iter().map(|&at| Applied::from(&batch[at])));
            if !committed.is_empty() {
                table = LedgerTable::Exists;
            }
            match progress {
                Ok(Progress::Done) => steps = &steps[batch.len()..],
                Ok(other) => return Ok(other),
                // Something is there already, or else the migrations themselves say what is wrong.
                Err(Refusal::Failed { cause, .. }) if is_skipped(batch.get(stopped_at), history) => {
                    debug!(%context, "replaying the history: {cause}");
                    steps = &steps[stopped_at..];
                    history = History::Replayed;
                }
                // A text that is refused whole does not say which of its migrations is at fault: ask one by one.
                Err(Refusal::Failed { line: None, .. }) if committed.is_empty() && batch.len() > 1 => at_once = 1,
                Err(refusal) => {
                    return self.record(database, context, table, batch.get(stopped_at), refusal, backoff).await;
                }
            }
        }
        Ok(Progress::Done)
    }

    async fn stepwise(
        &self,
        run: Run<'_, impl Database>,
        table: LedgerTable,
        step: &Step,
        backoff: &mut Backoff,
    ) -> Result<Progress, Refusal> {
        let Run { database, context, owner } = run;
        let stepwise = Stepwise { database, context, table, step, replica: &self.replica, owner, lease: self.lease };
        // On the heap: it is rare and large, and every context that has none would carry it.
        Ok(match Box::pin(stepwise.run(backoff)).await? {
            End::Done => Progress::Done,
            End::Again(why) => Progress::Again(why),
            End::Held(by) => Progress::Held { module: step.module, migration: step.migration, by },
        })
    }

    async fn send(&self, database: &impl Database, context: &Context, script: &Script, steps: &[Step]) -> Sent {
        let reply = match database.query(script.text.clone(), script.variables.clone()).await {
            Ok(reply) => reply,
            // A text that takes too long as a whole may not do so migration by migration; and what of it was committed is
            // found when the failure is to be recorded.
            Err(QueryError::Refused(cause) | QueryError::TimedOut(cause)) => {
                return Sent::nothing(Err(failed(&steps[0], None, 0, cause)));
            }
            Err(QueryError::NotAllowed(reason)) => return Sent::nothing(Err(Refusal::Unavailable { reason })),
            // Whether it ran is unknown: only the ledger can tell.
            Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => {
                return Sent::nothing(Ok(Progress::Again(error.to_string())));
            }
        };
        let verdicts = match script.verdicts(&reply) {
            Ok(verdicts) => verdicts,
            Err(misshapen) => return Sent::nothing(Ok(Progress::Again(misshapen.to_string()))),
        };
        let is_applied = |verdict: &Verdict| *verdict == Verdict::Applied;
        let blocks = verdicts.iter().zip(&script.blocks);
        let committed =
            blocks.filter(|(verdict, _)| is_applied(verdict)).flat_map(|(_, block)| block.clone()).collect();
        let stopped_block = verdicts.iter().take_while(|verdict| is_applied(verdict)).count();
        let stopped_at = script.blocks.get(stopped_block).map_or(steps.len(), |block| block.start);
        let of_block = |block: &Range<usize>| steps.get(block.start);
        let progress = match verdicts.into_iter().zip(script.blocks.iter().filter_map(of_block)).nth(stopped_block) {
            None | Some((Verdict::Applied, _)) => Ok(Progress::Done),
            Some((Verdict::Again(why), _)) => Ok(Progress::Again(why)),
            Some((Verdict::Overtaken | Verdict::Held, _)) => {
                Ok(Progress::Again("somebody else got further".to_owned()))
            }
            Some((Verdict::Torn(_), step)) => Err(torn(step)),
            Some((Verdict::NotEntered(why), _)) => {
                Err(Refusal::Unavailable { reason: format!("{context} cannot be entered: {why}") })
            }
            Some((Verdict::Failed { statement, cause }, step)) => Err(failed(step, statement, 0, cause)),
        };
        Sent { committed, progress, stopped_at }
    }

    /// Records a failed migration in the ledger and returns the refusal, with a word more if that failed too; or finds
    /// that somebody else has applied it meanwhile.
    async fn record(
        &self,
        database: &impl Database,
        context: &Context,
        table: LedgerTable,
        step: Option<&Step>,
        refusal: Refusal,
        backoff: &mut Backoff,
    ) -> Result<Progress, Refusal> {
        let Some(step) = step else { return Err(refusal) };
        let script = match (&refusal, failure_json(&refusal)) {
            (_, Some(error)) => Script::record_failure(context, table, step, &error, &self.replica),
            (Refusal::Stuck { .. }, None) => Script::record_torn(context, step, &self.replica),
            _ => return Err(refusal),
        };
        let missed = loop {
            let reply = database.query(script.text.clone(), script.variables.clone()).await;
            let verdicts = reply.map_err(|error| error.to_string()).map(|reply| script.verdicts(&reply));
            let why = match verdicts {
                Ok(Ok(verdicts)) => match verdicts.into_iter().next() {
                    None | Some(Verdict::Applied) => break None,
                    Some(Verdict::Overtaken | Verdict::Held) => {
                        return Ok(Progress::Again("somebody else got further".to_owned()));
                    }
                    Some(Verdict::Failed { cause, .. } | Verdict::NotEntered(cause) | Verdict::Torn(cause)) => {
                        break Some(cause);
                    }
                    Some(Verdict::Again(why)) => why,
                },
                Ok(Err(misshapen)) => break Some(misshapen.to_string()),
                Err(why) => why,
            };
            if backoff.pause().await.is_err() {
                break Some(why);
            }
        };
        Err(match missed {
            None => refusal,
            Some(why) => {
                warn!(%context, "the failure could not be recorded: {why}");
                unrecorded(refusal, &why)
            }
        })
    }
}

/// Whether a step is applied together with those behind it, by the definitions that are left of them.
fn is_skipped(step: Option<&Step>, history: History) -> bool {
    history == History::Skipped && step.is_some_and(|step| step.fresh.is_some())
}

impl From<&Step> for Applied {
    fn from(step: &Step) -> Self {
        Self { module: step.module, version: step.migration.version(), name: step.migration.name() }
    }
}

/// A probe of a context whose database did not answer at all.
pub(crate) fn unanswered(error: &QueryError) -> Probe {
    match error {
        QueryError::Refused(reason) | QueryError::NotAllowed(reason) => {
            Probe::Refused(Refusal::Unavailable { reason: reason.clone() })
        }
        QueryError::Conflict(_) | QueryError::TimedOut(_) | QueryError::Lost(_) => Probe::Again(error.to_string()),
    }
}
