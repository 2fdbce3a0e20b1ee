use crate::backoff::Backoff;
use crate::outcome::Applied;
use crate::plan::{Ahead, Earlier, Incomplete, Step, Stranger};
use crate::run::Run;
use crate::snapshot::Snapshots;
use crate::waiting::Waiting;

/// The work on one context: the run that it belongs to, its patience, and what was done and seen so far.
pub(super) struct Work<'a> {
    pub(super) run: &'a Run,
    pub(super) backoff: Backoff,
    /// Whether snapshots are stored, as long as they can be.
    pub(super) snapshots: Snapshots,
    /// Under what name it takes the lease.
    pub(super) owner: String,
    pub(super) waiting: Waiting,
    pub(super) in_vain: u32,
    pub(super) applied: Vec<Applied>,
    pub(super) ahead: Vec<Ahead>,
    pub(super) strangers: Vec<Stranger>,
    pub(super) incomplete: Vec<Incomplete>,
}

impl<'a> Work<'a> {
    pub(super) fn new(run: &'a Run, backoff: Backoff, snapshots: Snapshots) -> Self {
        Self {
            run,
            backoff,
            snapshots,
            owner: format!("{:032x}", fastrand::u128(..)),
            waiting: Waiting::default(),
            in_vain: 0,
            applied: Vec::new(),
            ahead: Vec::new(),
            strangers: Vec::new(),
            incomplete: Vec::new(),
        }
    }

    /// Whether nothing was done in the context yet, by this run or by one that it would go on with.
    pub(super) fn is_untouched(&self, steps: &[Step]) -> bool {
        self.applied.is_empty() && steps.iter().all(|step| step.earlier != Earlier::Begun)
    }
}
