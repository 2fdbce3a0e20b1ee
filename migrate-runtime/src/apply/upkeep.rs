//! What is put in order in a ledger before anything is applied.

use tracing::{debug, warn};

use super::{Applier, Work};
use crate::Database;
use crate::attempt::{Attempt, Progress};
use crate::context::Context;
use crate::refusal::Refusal;
use crate::script::{LedgerTable, Script};
use crate::upkeep::{Corrected, Rename};

impl Applier {
    /// Puts on record which corrections were accepted. A tenant is served all the same where that cannot be written; the
    /// next run tries again.
    pub(super) async fn accept(
        &self,
        database: &impl Database,
        context: &Context,
        corrections: &[Corrected],
        work: &Work<'_>,
    ) {
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
    pub(super) async fn rename(
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
}
