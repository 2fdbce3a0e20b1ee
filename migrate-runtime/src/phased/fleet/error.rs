use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::context::Context;
use crate::fleet_error::FleetError;
use crate::phased::{PhasedError, PhasedState};
use crate::reading::ReadError;
use crate::registry::{Pause, RegistryError, ReplicaInfo};

/// Why a phased migration was not moved on anywhere in a fleet. Nothing was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RolloutError {
    /// There is no such phased migration.
    #[error(transparent)]
    Phased(#[from] PhasedError),
    /// It could not be told which contexts there are.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The registry could not be read or written.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The migrator was not told where the replica registry is.
    #[error("there is no replica registry to keep that in: tell the migrator which one its replicas join")]
    NoRegistry,
    /// The rollout is paused.
    #[error("the rollout is {0}")]
    Paused(Box<Pause>),
    /// Replicas are alive that are older than the migration.
    #[error("older replicas are alive, which would have to refuse every context: {}. Replace them first", list(.behind))]
    OlderReplicas {
        /// Which they are; never empty.
        behind: Vec<ReplicaInfo>,
    },
    /// Nobody can say whether older replicas are alive, or whether the rollout is paused.
    #[error("the replica registry cannot tell whether this may go on: {reason}")]
    ReplicasUnknown {
        /// Why not.
        reason: String,
    },
    /// Contexts are not ready to complete.
    #[error("{} not ready to complete: {}", are(.contexts.len()), list(.contexts))]
    NotReady {
        /// Which they are, and why; never empty.
        contexts: Vec<NotReady>,
    },
}

/// A context in which a phased migration cannot be completed now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotReady {
    /// The context.
    pub context: Context,
    /// Where the migration stands there, or why that could not be read.
    pub found: Result<PhasedState, ReadError>,
}

impl RolloutError {
    /// One word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Phased(error) => error.kind(),
            Self::Fleet(_) => "fleet",
            Self::Registry(_) => "registry",
            Self::NoRegistry => "no_registry",
            Self::Paused(_) => "paused",
            Self::OlderReplicas { .. } => "older_replicas",
            Self::ReplicasUnknown { .. } => "unknown_replicas",
            Self::NotReady { .. } => "not_ready",
        }
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Ok(state) => write!(f, "{} ({state})", self.context),
            Err(error) => write!(f, "{error}"),
        }
    }
}

impl Serialize for NotReady {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        match &self.found {
            Ok(state) => map.serialize_entry("state", state)?,
            Err(error) => {
                map.serialize_entry("kind", error.kind())?;
                map.serialize_entry("reason", &error.to_string())?;
            }
        }
        map.end()
    }
}

/// So many are named; the rest is counted.
const NAMED: usize = 10;

fn list<T: fmt::Display>(all: &[T]) -> String {
    let named: Vec<_> = all.iter().take(NAMED).map(ToString::to_string).collect();
    let more = all.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    named.join(", ") + &more
}

fn are(count: usize) -> String {
    if count == 1 { "a context is".to_owned() } else { format!("{count} contexts are") }
}
