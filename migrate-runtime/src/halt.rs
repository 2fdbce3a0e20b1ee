use std::fmt;
use std::sync::OnceLock;

use crate::context::Context;
use crate::registry::{Pause, ReplicaInfo};
use crate::stop::Stop;

/// Why a run goes on reading and applies nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Halted {
    /// A context that goes first was refused.
    Canary(Context),
    /// As many contexts were refused as there may be.
    FailureBudget {
        /// How many that are.
        refused: usize,
    },
    /// A context was refused in a wave of a rollout.
    Wave {
        /// Which one, counted from 1.
        wave: usize,
        /// How many of its contexts were refused.
        refused: usize,
    },
    /// It was told to, by a [`Stop`].
    Stopped,
    /// Somebody has paused the rollout.
    Paused(Box<Pause>),
    /// A replica is alive that is older than what is to be completed.
    OlderReplicas(Vec<ReplicaInfo>),
    /// Whether an older replica is alive, or the rollout is paused, cannot be told.
    ReplicasUnknown {
        /// Why not.
        reason: String,
    },
}

impl fmt::Display for Halted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary(context) => write!(f, "the canary {context} was refused"),
            Self::FailureBudget { refused: 1 } => f.write_str("a context was refused"),
            Self::FailureBudget { refused } => write!(f, "{refused} contexts were refused"),
            Self::Wave { wave, refused: 1 } => write!(f, "a context of wave {wave} was refused"),
            Self::Wave { wave, refused } => write!(f, "{refused} contexts of wave {wave} were refused"),
            Self::Stopped => f.write_str("the run was told to stop"),
            Self::Paused(pause) => write!(f, "the rollout is {pause}"),
            Self::OlderReplicas(behind) => {
                let names: Vec<_> = behind.iter().map(ToString::to_string).collect();
                write!(f, "older replicas are alive: {}", names.join(", "))
            }
            Self::ReplicasUnknown { reason } => write!(f, "the replica registry cannot tell: {reason}"),
        }
    }
}

/// Whether a run still applies migrations. Once it does not, it never does again.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    reason: OnceLock<Halted>,
    stop: Stop,
}

impl Halt {
    /// A run that goes on until it has a reason not to, or is told.
    pub(crate) fn by(stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..Self::default() }
    }

    /// Nothing is applied from now on. `true` if this is the first reason.
    pub(crate) fn set(&self, why: Halted) -> bool {
        self.reason.set(why).is_ok()
    }

    pub(crate) fn reason(&self) -> Option<&Halted> {
        if self.stop.is_told() {
            self.set(Halted::Stopped);
        }
        self.reason.get()
    }
}
