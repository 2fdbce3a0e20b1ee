//! Bringing one context up to date.

use std::time::{Duration, Instant};

use migrate_core::Migrations;
use serde_json::{Value, json};
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::context::Context;
use crate::ledger::Status;
use crate::outcome::{Applied, ContextReport, Outcome};
use crate::plan::{Plan, Step, plan};
use crate::probe::{Probe, probe};
use crate::refusal::Refusal;
use crate::replica::Replica;
use crate::script::{LedgerTable, Script};
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
                    match self.send_all(database, context, table, &steps, &mut backoff, applied).await? {
                        Progress::Done => return Ok(Outcome::Migrated),
                        Progress::Again(why) => why,
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
        database: &impl Database,
        context: &Context,
        mut table: LedgerTable,
        mut steps: &[Step],
        backoff: &mut Backoff,
        applied: &mut Vec<Applied>,
    ) -> Result<Progress, Refusal> {
        let mut at_once = steps.len();
        while !steps.is_empty() {
            let batch = &steps[..at_once.min(steps.len())];
            let script = Script::apply(context, table, batch, &self.replica);
            let batch = &batch[..script.steps()];
            let Sent { committed, progress, stopped_at } = self.send(database, context, &script, batch).await;
            applied.extend(committed.iter().map(|&at| Applied::from(&batch[at])));
            if !committed.is_empty() {
                table = LedgerTable::Exists;
            }
            match progress {
                Ok(Progress::Done) => steps = &steps[batch.len()..],
                Ok(again @ Progress::Again(_)) => return Ok(again),
                // A text that is refused whole does not say which of its migrations is at fault: ask one by one.
                Err(Refusal::Failed { line: None, .. }) if committed.is_empty() && batch.len() > 1 => at_once = 1,
                Err(refusal) => {
                    return self.record(database, context, table, batch.get(stopped_at), refusal, backoff).await;
                }
            }
        }
        Ok(Progress::Done)
    }

    async fn send(&self, database: &impl Database, context: &Context, script: &Script, steps: &[Step]) -> Sent {
        let reply = match database.query(script.text.clone(), script.variables.clone()).await {
            Ok(reply) => reply,
            Err(QueryError::Refused(cause)) => return Sent::nothing(Err(failed(&steps[0], None, cause))),
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
        let numbered = verdicts.iter().enumerate();
        let committed = numbered.filter(|(_, verdict)| **verdict == Verdict::Applied).map(|(at, _)| at).collect();
        let stopped_at = verdicts.iter().take_while(|verdict| **verdict == Verdict::Applied).count();
        let progress = match verdicts.into_iter().zip(steps).nth(stopped_at) {
            None | Some((Verdict::Applied, _)) => Ok(Progress::Done),
            Some((Verdict::Again(why), _)) => Ok(Progress::Again(why)),
            Some((Verdict::Overtaken, _)) => Ok(Progress::Again("somebody else got further".to_owned())),
            Some((Verdict::Torn(_), step)) => Err(torn(step)),
            Some((Verdict::NotEntered(why), _)) => {
                Err(Refusal::Unavailable { reason: format!("{context} cannot be entered: {why}") })
            }
            Some((Verdict::Failed { statement, cause }, step)) => Err(failed(step, statement, cause)),
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
        mut refusal: Refusal,
        backoff: &mut Backoff,
    ) -> Result<Progress, Refusal> {
        let Some(step) = step else { return Err(refusal) };
        let script = match &refusal {
            Refusal::Failed { line, statement, cause, .. } => {
                let error = failure_json(*line, statement.as_deref(), cause);
                Script::record_failure(context, table, step, &error, &self.replica)
            }
            Refusal::Stuck { .. } => Script::record_torn(context, step, &self.replica),
            _ => return Err(refusal),
        };
        let unrecorded = loop {
            let reply = database.query(script.text.clone(), script.variables.clone()).await;
            let verdicts = reply.map_err(|error| error.to_string()).map(|reply| script.verdicts(&reply));
            let why = match verdicts {
                Ok(Ok(verdicts)) => match verdicts.into_iter().next() {
                    None | Some(Verdict::Applied) => break None,
                    Some(Verdict::Overtaken) => return Ok(Progress::Again("somebody else got further".to_owned())),
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
        if let Some(why) = unrecorded {
            warn!(%context, "the failure could not be recorded: {why}");
            if let Refusal::Failed { cause, .. } = &mut refusal {
                cause.push_str(" (and this failure could not be recorded in the ledger: ");
                cause.push_str(&why);
                cause.push(')');
            }
        }
        Err(refusal)
    }
}

fn torn(step: &Step) -> Refusal {
    Refusal::Stuck { module: step.module.to_owned(), version: step.migration.version(), status: Status::Started }
}

fn failed(step: &Step, statement: Option<usize>, cause: String) -> Refusal {
    let migration = step.migration;
    let at = statement.and_then(|at| migration.statements().get(at));
    let text = at.and_then(|at| migration.text().get(at.range()));
    Refusal::Failed {
        module: step.module.to_owned(),
        version: migration.version(),
        file: migration.file().to_owned(),
        line: at.map(migrate_core::Statement::line),
        statement: text.map(shorten),
        cause,
    }
}

fn failure_json(line: Option<u32>, statement: Option<&str>, cause: &str) -> Value {
    let mut error = json!({ "message": cause });
    if let Some(line) = line {
        error["line"] = line.into();
    }
    if let Some(statement) = statement {
        error["statement"] = statement.into();
    }
    error
}

/// The beginning of a statement, on one line.
fn shorten(statement: &str) -> String {
    const LONGEST: usize = 120;
    let mut words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(end);
        words.push('…');
    }
    words
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
        QueryError::Conflict(_) | QueryError::Lost(_) => Probe::Again(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_is_shortened_between_characters() {
        assert_eq!(shorten("DEFINE\n  TABLE t"), "DEFINE TABLE t");
        let long = shorten(&"é".repeat(500));
        assert_eq!(long.chars().count(), 121);
    }
}
