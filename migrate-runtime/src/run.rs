use crate::Database;
use crate::halt::Halt;
use crate::index::{Index, IndexUse};
use crate::phased::Completion;
use crate::registry::Registry;
use crate::telemetry::Telemetry;

/// What all contexts of one run share.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Whether migrations are still applied.
    pub(crate) halt: Halt,
    /// The fleet index, where there is to be one.
    pub(crate) index: Option<IndexUse>,
    /// Where it stands which starts are paused, if they are to heed that.
    pub(crate) pauses: Option<Registry>,
    /// How phased migrations are completed.
    pub(crate) completion: Completion,
}

impl Run {
    /// The index, if transactions are to write to it.
    pub(crate) fn ready_index(&self) -> Option<&Index> {
        self.index.as_ref().and_then(IndexUse::ready)
    }

    /// Finds out whether the index can be used, or says why nobody knows.
    pub(crate) async fn settle_index(&self, database: &impl Database, telemetry: &Telemetry) -> Result<(), String> {
        match &self.index {
            Some(index) => index.settle(database, telemetry).await,
            None => Ok(()),
        }
    }

    /// Goes on without the index.
    pub(crate) fn give_up_index(&self, reason: &str, telemetry: &Telemetry) {
        if let Some(index) = &self.index {
            index.give_up(reason, telemetry);
        }
    }
}
