//! Recording what a stepwise migration came to when it did not come to its end.

use migrate_core::Object;
use tracing::warn;

use super::position::{Position, StatementProgress};
use super::script::Scripts;
use super::{Stepwise, Tried, taken_over};
use crate::Database;
use crate::attempt::Progress;
use crate::backoff::Backoff;
use crate::failure::{failed, failed_in, failure_json, torn, unrecorded};
use crate::refusal::Refusal;
use crate::script::Script;

impl<D: Database> Stepwise<'_, D> {
    /// Records that the statement at the cursor failed; or finds that somebody else has the lease, and goes on.
    pub(super) async fn record(
        &self,
        scripts: &Scripts<'_>,
        position: &Position,
        broken: Option<&Object>,
        (statement, cause): (Option<usize>, String),
        backoff: &mut Backoff,
    ) -> Result<Progress, Refusal> {
        let batches = usize::from(matches!(position.progress, StatementProgress::Rows(_)));
        let kept = position.cursor + batches;
        let unit = scripts.unit(position.cursor);
        let refusal = match unit.and_then(|unit| unit.part) {
            Some(part) => failed_in(self.step, part, statement, kept, &cause),
            None => failed(self.step, unit.map(|_| position.cursor), kept, cause),
        };
        let error = failure_json(&refusal).unwrap_or_default();
        let mut script = scripts.fail(position, broken, error.clone());
        loop {
            let why = match self.finish(&script).await {
                Tried::Moved(_) => return Err(refusal),
                Tried::Overtaken | Tried::Held(_) | Tried::Torn => return Ok(taken_over()),
                Tried::Refused(other) => return Err(unrecorded(refusal, &other.to_string())),
                Tried::Failed { cause, .. } => return Err(unrecorded(refusal, &cause)),
                // The index says that it is running, which confirms nothing.
                Tried::Unindexed(why) => {
                    script = Scripts { index: None, ..*scripts }.fail(position, broken, error.clone());
                    why
                }
                Tried::Again(why) | Tried::NoSnapshot(why) => why,
            };
            if backoff.again().is_err() {
                warn!(context = %self.attempt.context, "the failure could not be recorded: {why}");
                return Err(unrecorded(refusal, &why));
            }
            backoff.pause().await;
        }
    }

    /// Records that a completion which was begun is held back before its first step. Where that cannot be written it counts as
    /// begun, which the next completion goes on from.
    pub(super) async fn withhold(&self, scripts: &Scripts<'_>, position: &Position) {
        let Some(mut script) = scripts.withhold(position) else { return };
        for _ in 0..3 {
            match self.finish(&script).await {
                Tried::Moved(_) | Tried::Overtaken | Tried::Held(_) | Tried::Torn => return,
                Tried::Unindexed(_) => match (Scripts { index: None, ..*scripts }).withhold(position) {
                    Some(unindexed) => script = unindexed,
                    None => return,
                },
                Tried::Refused(_) | Tried::Failed { .. } | Tried::Again(_) | Tried::NoSnapshot(_) => {}
            }
        }
        warn!(context = %self.attempt.context, "the completion that was held back stays recorded as begun");
    }

    /// Records that nobody knows what of a statement is committed.
    pub(super) async fn record_torn(&self, backoff: &mut Backoff) -> Refusal {
        let (context, replica) = (self.attempt.context, self.attempt.replica);
        let mut script = Script::record_torn(context, self.step, replica, self.index);
        loop {
            let why = match self.finish(&script).await {
                Tried::Moved(_) | Tried::Overtaken | Tried::Held(_) | Tried::Torn => break,
                Tried::Unindexed(why) => {
                    script = Script::record_torn(context, self.step, replica, None);
                    why
                }
                Tried::Refused(refusal) => refusal.to_string(),
                Tried::Failed { cause: why, .. } | Tried::Again(why) | Tried::NoSnapshot(why) => why,
            };
            if backoff.again().is_err() {
                warn!(%context, "what ended half way could not be recorded: {why}");
                break;
            }
            backoff.pause().await;
        }
        torn(self.step)
    }
}
