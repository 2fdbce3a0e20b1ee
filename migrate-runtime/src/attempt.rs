//! Sending one script in one context, and recording how it failed.

use std::ops::Range;

use migrate_core::Migration;
use tracing::warn;

use crate::backoff::Backoff;
use crate::context::Context;
use crate::failure::{failed, failure_json, torn, unrecorded};
use crate::index::Index;
use crate::observer::Event;
use crate::outcome::Applied;
use crate::plan::Step;
use crate::refusal::Refusal;
use crate::replica::Replica;
use crate::script::{LedgerTable, Script};
use crate::telemetry::Telemetry;
use crate::verdict::Verdict;
use crate::{Database, QueryError};

/// Where a script is sent.
pub(crate) struct Attempt<'a, D> {
    pub(crate) replica: &'a Replica,
    pub(crate) telemetry: &'a Telemetry,
    pub(crate) database: &'a D,
    pub(crate) context: &'a Context,
    pub(crate) table: LedgerTable,
}

/// What came of sending one script.
pub(crate) struct Sent {
    /// Which of its steps are committed, and were by us.
    pub(crate) committed: Vec<usize>,
    pub(crate) progress: Result<Progress, Refusal>,
    /// The first of its steps that is not committed, or their number.
    pub(crate) stopped_at: usize,
}

/// How far the steps of a plan came.
pub(crate) enum Progress {
    /// All of them are committed.
    Done,
    /// The ledger has to be read again, for this reason: somebody else was there, or in the way.
    Again(String),
    /// The ledger has to be read again, as nobody knows what became of it.
    Unanswered(String),
    /// Nothing was applied because the fleet index could not be written, for this reason.
    Unindexed(String),
    /// Nothing was applied because the snapshot behind it could not be stored, for this reason.
    NoSnapshot(String),
    /// Somebody else is at this stepwise migration.
    Held { module: &'static str, migration: &'static Migration, by: String },
}

impl Sent {
    const fn nothing(progress: Result<Progress, Refusal>) -> Self {
        Self { committed: Vec::new(), progress, stopped_at: 0 }
    }
}

impl<D: Database> Attempt<'_, D> {
    pub(crate) async fn send(&self, script: &Script, steps: &[Step]) -> Sent {
        let reply = match self.database.query(script.text.clone(), script.variables.clone()).await {
            Ok(reply) => reply,
            // A text that takes too long as a whole may not do so migration by migration; and what of it was committed is
            // found when the failure is to be recorded.
            Err(QueryError::Refused(cause) | QueryError::TooLarge(cause) | QueryError::TimedOut(cause)) => {
                return Sent::nothing(Err(failed(&steps[0], None, 0, cause)));
            }
            Err(QueryError::NotAllowed(reason)) => return Sent::nothing(Err(Refusal::Unavailable { reason })),
            // Whether it ran is unknown: only the ledger can tell.
            Err(error @ QueryError::Lost(_)) => return Sent::nothing(Ok(Progress::Unanswered(error.to_string()))),
            Err(error @ QueryError::Conflict(_)) => return Sent::nothing(Ok(Progress::Again(error.to_string()))),
        };
        let verdicts = match script.verdicts(&reply) {
            Ok(verdicts) => verdicts,
            Err(misshapen) => return Sent::nothing(Ok(Progress::Unanswered(misshapen.to_string()))),
        };
        let is_applied = |verdict: &Verdict| *verdict == Verdict::Applied;
        let blocks = verdicts.iter().zip(&script.blocks);
        let committed =
            blocks.filter(|(verdict, _)| is_applied(verdict)).flat_map(|(_, block)| block.clone()).collect();
        let stopped_block = verdicts.iter().take_while(|verdict| is_applied(verdict)).count();
        let stopped_at = script.blocks.get(stopped_block).map_or(steps.len(), |block| block.start);
        let first_of = |block: &Range<usize>| steps.get(block.start);
        let progress = match verdicts.into_iter().zip(script.blocks.iter().filter_map(first_of)).nth(stopped_block) {
            None | Some((Verdict::Applied, _)) => Ok(Progress::Done),
            Some((Verdict::Again(why), _)) => Ok(Progress::Again(why)),
            Some((Verdict::Overtaken | Verdict::Held, _)) => Ok(overtaken()),
            Some((Verdict::Unindexed(why), _)) => Ok(Progress::Unindexed(why)),
            Some((Verdict::NoSnapshot(why), _)) => Ok(Progress::NoSnapshot(why)),
            Some((Verdict::Torn(_), step)) => Err(torn(step)),
            Some((Verdict::NotEntered(why), _)) => {
                Err(Refusal::Unavailable { reason: format!("{} cannot be entered: {why}", self.context) })
            }
            Some((Verdict::Failed { statement, cause }, step)) => Err(failed(step, statement, 0, cause)),
        };
        Sent { committed, progress, stopped_at }
    }

    /// Sends a script that applies no migration, or says why it failed.
    pub(crate) async fn alone(&self, script: &Script) -> Result<Progress, String> {
        let reply = match self.database.query(script.text.clone(), script.variables.clone()).await {
            Ok(reply) => reply,
            Err(error @ QueryError::Lost(_)) => return Ok(Progress::Unanswered(error.to_string())),
            Err(error @ QueryError::Conflict(_)) => return Ok(Progress::Again(error.to_string())),
            Err(error) => return Err(error.to_string()),
        };
        let verdicts = match script.verdicts(&reply) {
            Ok(verdicts) => verdicts,
            Err(misshapen) => return Ok(Progress::Unanswered(misshapen.to_string())),
        };
        match verdicts.into_iter().next() {
            None | Some(Verdict::Applied) => Ok(Progress::Done),
            Some(Verdict::Again(why)) => Ok(Progress::Again(why)),
            Some(Verdict::Unindexed(why)) => Ok(Progress::Unindexed(why)),
            Some(Verdict::NoSnapshot(why)) => Ok(Progress::NoSnapshot(why)),
            Some(Verdict::Overtaken | Verdict::Held) => Ok(overtaken()),
            Some(Verdict::Failed { cause, .. } | Verdict::NotEntered(cause) | Verdict::Torn(cause)) => Err(cause),
        }
    }

    /// Records a failed migration in the ledger and returns the refusal, with a word more if that failed too; or finds
    /// that somebody else has applied it meanwhile.
    pub(crate) async fn record(
        &self,
        step: Option<&Step>,
        refusal: Refusal,
        index: Option<&Index>,
        backoff: &mut Backoff,
    ) -> Result<Progress, Refusal> {
        let Some(step) = step else { return Err(refusal) };
        let (context, replica) = (self.context, self.replica);
        let mut script = match (&refusal, failure_json(&refusal)) {
            (_, Some(error)) => Script::record_failure(context, self.table, step, &error, replica),
            (Refusal::Stuck { .. }, None) => Script::record_torn(context, step, replica, index),
            _ => return Err(refusal),
        };
        let missed = loop {
            let reply = self.database.query(script.text.clone(), script.variables.clone()).await;
            let verdicts = reply.map_err(|error| error.to_string()).map(|reply| script.verdicts(&reply));
            let why = match verdicts {
                Ok(Ok(verdicts)) => match verdicts.into_iter().next() {
                    None | Some(Verdict::Applied) => break None,
                    Some(Verdict::Overtaken | Verdict::Held) => return Ok(overtaken()),
                    Some(Verdict::Failed { cause, .. } | Verdict::NotEntered(cause) | Verdict::Torn(cause)) => {
                        break Some(cause);
                    }
                    Some(Verdict::Unindexed(why)) => {
                        script = Script::record_torn(context, step, replica, None);
                        why
                    }
                    Some(Verdict::Again(why) | Verdict::NoSnapshot(why)) => why,
                },
                Ok(Err(misshapen)) => break Some(misshapen.to_string()),
                Err(why) => why,
            };
            if backoff.again().is_err() {
                break Some(why);
            }
            backoff.pause().await;
        };
        let refusal = match missed {
            None => refusal,
            Some(why) => {
                warn!(%context, "the failure could not be recorded: {why}");
                unrecorded(refusal, &why)
            }
        };
        if let Refusal::Failed { .. } = &refusal {
            self.telemetry.emit(Event::MigrationFailed { context, refusal: &refusal });
        }
        Err(refusal)
    }
}

fn overtaken() -> Progress {
    Progress::Again("somebody else got further".to_owned())
}

impl Applied {
    pub(crate) const fn of(module: &'static str, migration: &'static Migration) -> Self {
        Self { module, version: migration.version(), name: migration.name() }
    }
}

impl From<&Step> for Applied {
    fn from(step: &Step) -> Self {
        Self::of(step.module, step.migration)
    }
}
