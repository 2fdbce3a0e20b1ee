use super::Execution;
use crate::undo::plan::UndoStep;
use crate::verdict::Verdict;
use crate::{Database, QueryError};

/// What came of sending one step.
pub(super) enum Sent {
    Done,
    /// Only the ledger can tell, for this reason.
    Look(String),
    /// Nothing was done, and it is to be tried at once without the fleet index.
    Unindexed(String),
    Failed {
        statement: Option<usize>,
        cause: String,
    },
    Torn(String),
    Unavailable(String),
}

impl<D: Database> Execution<'_, D> {
    /// Sends one step.
    pub(super) async fn send(&self, step: &UndoStep) -> Sent {
        if let Err(why) = self.run.settle_index(self.database, &self.migrator.applier.telemetry).await {
            return Sent::Look(why);
        }
        if self.migrator.index.is_some() && self.run.ready_index().is_none() {
            return Sent::Unindexed("it is not there, or the user has no right to it".to_owned());
        }
        let mut undoing = self.scripts(step).undo(&self.stand, self.options.leftovers);
        let (text, variables) = (undoing.script.text.clone(), undoing.script.variables.clone());
        let reply = match self.database.query(text, variables).await {
            Ok(reply) => reply,
            Err(QueryError::Refused(cause) | QueryError::TooLarge(cause) | QueryError::TimedOut(cause)) => {
                return Sent::Failed { statement: None, cause };
            }
            Err(QueryError::NotAllowed(reason)) => return Sent::Unavailable(reason),
            Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => return Sent::Look(error.to_string()),
        };
        undoing.fit(&reply);
        let verdict = match undoing.script.verdicts(&reply) {
            Ok(verdicts) => verdicts.into_iter().next().unwrap_or(Verdict::Applied),
            Err(misshapen) => return Sent::Look(misshapen.to_string()),
        };
        match verdict {
            Verdict::Applied => match reply.0.last() {
                Some(Ok(row)) if row["token"] == *self.token => match row["status"].as_str() {
                    Some("rolled_back") => Sent::Done,
                    Some("started") => Sent::Torn("something ended its transaction early".to_owned()),
                    _ => Sent::Look("somebody else was there behind it".to_owned()),
                },
                _ => Sent::Look("what became of it was not told".to_owned()),
            },
            Verdict::Again(why) | Verdict::NoSnapshot(why) => Sent::Look(why),
            Verdict::Overtaken | Verdict::Held => Sent::Look("somebody else was first".to_owned()),
            Verdict::Unindexed(why) => Sent::Unindexed(why),
            Verdict::NotEntered(why) => Sent::Unavailable(format!("{} cannot be entered: {why}", self.plan.context)),
            Verdict::Torn(cause) => Sent::Torn(cause),
            Verdict::Failed { statement, cause } => Sent::Failed { statement: statement.map(|at| at + 1), cause },
        }
    }
}
