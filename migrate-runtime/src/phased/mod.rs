//! Phased migrations: their start, their completion and their rollback, in each context.
//!
//! `state` says which move is legal where (pure), `stretch` which steps it runs and by which words the ledger tells of them;
//! the steps themselves are run as those of a stepwise migration. `repair` finds what the recorded steps prove (pure). `fleet` does it
//! in many contexts.

mod error;
mod fleet;
mod mend;
mod operate;
mod repair;
mod state;
mod status;
mod stretch;
mod task;

pub use self::error::PhasedError;
pub use self::fleet::{
    Awaited, AwaitedEnd, NotReady, ParseWaveError, PhasedCompletions, RolloutContext, RolloutCounts, RolloutError,
    RolloutOptions, RolloutOutcome, RolloutOverride, RolloutReport, RolloutStatus, StateCount, WaitingFor, Wave,
    WaveCounts, WhenReady,
};
pub(crate) use self::fleet::{Completion, Fence, withheld};
pub use self::repair::{Concluded, Repair};
pub use self::state::{Move, PhasedState};
pub use self::status::{PhasedStatus, StepRecord};
pub(crate) use self::status::{phase, state};
pub(crate) use self::stretch::Stretch;
pub(crate) use self::task::Task;
