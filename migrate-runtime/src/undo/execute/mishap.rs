//! What went wrong, in the ledger.

use serde_json::{Value, json};
use tracing::warn;

use super::Execution;
use crate::observer::Event;
use crate::undo::error::UndoError;
use crate::undo::plan::UndoStep;
use crate::undo::script::Mishap;
use crate::verdict::Verdict;
use crate::{Database, QueryError};

/// What came of recording a failure.
enum Recorded {
    Yes,
    /// The row is not what it was.
    Changed,
    No(String),
}

impl<D: Database> Execution<'_, D> {
    /// Records a failure. `Ok` where somebody else has undone the migration meanwhile, or the ledger has changed otherwise.
    pub(super) async fn failed(
        &mut self,
        step: &UndoStep,
        statement: Option<usize>,
        mut cause: String,
    ) -> Result<String, UndoError> {
        let mut error = json!({ "message": cause });
        if let Some(statement) = statement {
            error["statement"] = statement.into();
        }
        match self.record(Mishap::Failed, step, error).await {
            Recorded::Yes => {}
            Recorded::Changed => return Ok(cause),
            Recorded::No(why) => {
                warn!(context = %self.plan.context, "the failed undo could not be recorded: {why}");
                cause = format!("{cause} (and this could not be recorded in the ledger: {why})");
            }
        }
        let (module, version, file) = (step.module.clone(), step.version, step.file.clone());
        let error = UndoError::Failed { module, version, file, statement, cause, undone: self.undone.clone() };
        self.migrator.emit(Event::UndoFailed { context: &self.plan.context, step, error: &error });
        Err(error)
    }

    pub(super) async fn torn(&mut self, step: &UndoStep, mut cause: String) -> UndoError {
        let error = json!({ "message": cause });
        match self.record(Mishap::Torn, step, error).await {
            Recorded::Yes => {}
            Recorded::Changed => "the ledger has changed since".clone_into(&mut cause),
            Recorded::No(why) => cause = format!("{cause}, and this could not be recorded in the ledger: {why}"),
        }
        let (module, version, file) = (step.module.clone(), step.version, step.file.clone());
        let error = UndoError::Torn { module, version, file, cause, undone: self.undone.clone() };
        self.migrator.emit(Event::UndoFailed { context: &self.plan.context, step, error: &error });
        error
    }

    /// Writes what went wrong into the row of its migration, until there is an answer.
    async fn record(&mut self, mishap: Mishap, step: &UndoStep, error: Value) -> Recorded {
        loop {
            let script = self.scripts(step).record(mishap, error.clone());
            let reply = self.database.query(script.text.clone(), script.variables.clone()).await;
            let why = match reply {
                Ok(reply) => match script.verdicts(&reply).map(|verdicts| verdicts.into_iter().next()) {
                    Ok(None | Some(Verdict::Applied)) => return Recorded::Yes,
                    Ok(Some(Verdict::Overtaken | Verdict::Held)) => return Recorded::Changed,
                    Ok(Some(Verdict::Failed { cause, .. } | Verdict::NotEntered(cause) | Verdict::Torn(cause))) => {
                        return Recorded::No(cause);
                    }
                    Ok(Some(Verdict::Unindexed(why))) => {
                        self.run.give_up_index(&why, &self.migrator.applier.telemetry);
                        why
                    }
                    Ok(Some(Verdict::Again(why) | Verdict::NoSnapshot(why))) => why,
                    Err(misshapen) => return Recorded::No(misshapen.to_string()),
                },
                Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => error.to_string(),
                Err(error) => return Recorded::No(error.to_string()),
            };
            if self.backoff.again().is_err() {
                return Recorded::No(why);
            }
            self.backoff.pause().await;
        }
    }
}
