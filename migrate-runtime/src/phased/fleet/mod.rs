//! Phased migrations over a whole fleet: started, completed and rolled back in every context, canaries first.
//!
//! `clearance` decides what may be begun and `wave` in which order (both pure), `rollout` is the loop over the contexts, `advance` what an operator
//! calls, `fence` is what a completion asserts in its own transactions, `when_ready` waits until it may. What is there already is passed over, so that a run which was stopped or killed is gone on with
//! by another one.

mod advance;
mod automatic;
mod awaited;
mod clearance;
mod error;
mod fence;
mod outcome;
mod pause;
mod policy;
mod report;
mod rollout;
mod standing;
mod wave;
mod when_ready;

pub use self::automatic::PhasedCompletions;
pub use self::awaited::{Awaited, AwaitedEnd, WaitingFor};
pub(super) use self::clearance::objection;
pub use self::error::{NotReady, RolloutError};
pub(crate) use self::fence::{Completion, Fence, withheld};
pub use self::outcome::{RolloutContext, RolloutOutcome};
pub use self::policy::{RolloutOptions, RolloutOverride};
pub use self::report::{RolloutCounts, RolloutReport};
pub use self::standing::{RolloutStatus, StateCount};
pub use self::wave::{ParseWaveError, Wave, WaveCounts};
pub use self::when_ready::WhenReady;
