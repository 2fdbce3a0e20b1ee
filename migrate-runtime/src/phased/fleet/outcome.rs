use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::context::Context;
use crate::halt::Halted;
use crate::phased::{PhasedError, PhasedState};

/// What became of one context of a rollout.
///
/// As JSON it is an object with `namespace`, `database`, `outcome` (`moved`, `already_there`, `not_ready`, `refused`, `not_reached`), `before` and
/// `state`, where they are known, and of what was not moved `kind` and `reason`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RolloutContext {
    /// The context.
    pub context: Context,
    /// What became of it.
    pub outcome: RolloutOutcome,
}

/// How a rollout ended in one context.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RolloutOutcome {
    /// It was moved on.
    Moved {
        /// Where the migration stood.
        before: PhasedState,
        /// Where it stands now.
        state: PhasedState,
    },
    /// It was where it shall be.
    AlreadyThere {
        /// Where that is.
        state: PhasedState,
    },
    /// It is not ready, and was left out as it was asked for.
    NotReady {
        /// Where the migration stands.
        state: PhasedState,
    },
    /// It could not be moved on.
    Refused(PhasedError),
    /// It was not tried.
    NotReached {
        /// Where the migration stood when the rollout began.
        state: PhasedState,
        /// Why not.
        because: Halted,
    },
}

impl RolloutOutcome {
    /// In one word, as the `outcome` of its JSON form.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Moved { .. } => "moved",
            Self::AlreadyThere { .. } => "already_there",
            Self::NotReady { .. } => "not_ready",
            Self::Refused(_) => "refused",
            Self::NotReached { .. } => "not_reached",
        }
    }

    /// Whether the context is where it shall be.
    pub const fn is_there(&self) -> bool {
        matches!(self, Self::Moved { .. } | Self::AlreadyThere { .. })
    }
}

impl fmt::Display for RolloutOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { before, state } => write!(f, "was {before}, is {state}"),
            Self::AlreadyThere { state } => write!(f, "is {state}"),
            Self::NotReady { state } => write!(f, "is {state}, and was left out"),
            Self::Refused(error) => write!(f, "{error}"),
            Self::NotReached { state, because } => write!(f, "is {state}, and was not tried, because {because}"),
        }
    }
}

impl Serialize for RolloutContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        map.serialize_entry("outcome", self.outcome.word())?;
        match &self.outcome {
            RolloutOutcome::Moved { before, state } => {
                map.serialize_entry("before", before)?;
                map.serialize_entry("state", state)?;
            }
            RolloutOutcome::AlreadyThere { state } | RolloutOutcome::NotReady { state } => {
                map.serialize_entry("state", state)?;
            }
            RolloutOutcome::Refused(error) => {
                map.serialize_entry("kind", error.kind())?;
                map.serialize_entry("reason", &error.to_string())?;
            }
            RolloutOutcome::NotReached { state, because } => {
                map.serialize_entry("state", state)?;
                map.serialize_entry("reason", &because.to_string())?;
            }
        }
        map.end()
    }
}
