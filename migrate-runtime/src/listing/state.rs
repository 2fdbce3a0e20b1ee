use migrate_core::Version;
use serde::{Serialize, Serializer};

use crate::ledger::Status;

/// Where one module stands in a context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModuleState {
    /// The module.
    pub module: String,
    /// Its latest version that is applied there.
    #[serde(serialize_with = "optional_number")]
    pub current: Option<Version>,
    /// The version that this migrator goes to, or `None` for a module that it does not have or that is empty.
    #[serde(serialize_with = "optional_number")]
    pub target: Option<Version>,
    /// How many of the migrations up to there the ledger holds no row for.
    pub pending: usize,
}

/// How many migrations of a context stand where. What is behind a [target](crate::Migrator::until) is not pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for the statuses that they count")]
pub struct StatusCounts {
    pub pending: usize,
    pub applied: usize,
    pub failed: usize,
    pub rolled_back: usize,
    pub running: usize,
    pub ready_to_complete: usize,
    pub started: usize,
    pub other: usize,
}

impl StatusCounts {
    pub(super) const fn add(&mut self, status: &Status) {
        *match status {
            Status::Applied => &mut self.applied,
            Status::Failed => &mut self.failed,
            Status::RolledBack => &mut self.rolled_back,
            Status::Running | Status::RunningStart | Status::RunningComplete | Status::RunningRollback => {
                &mut self.running
            }
            Status::ReadyToComplete => &mut self.ready_to_complete,
            Status::Started => &mut self.started,
            Status::Other(_) => &mut self.other,
        } += 1;
    }
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn optional_number<S: Serializer>(version: &Option<Version>, serializer: S) -> Result<S::Ok, S::Error> {
    version.map(Version::get).serialize(serializer)
}
