use std::fmt;
use std::time::Duration;

use migrate_core::Version;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::error::NotReady;
use super::report::RolloutReport;
use crate::halt::Halted;
use crate::registry::{Pause, ReplicaInfo};

/// What came of waiting for the completion of a phased migration.
///
/// As JSON it is an object with `module`, `version`, `end` (`nothing_to_do`, `completed`, `failed`, `timed_out`, `stopped`), `waiting_for`, which is what it
/// waited for in the end or null, `report`, the last rollout of its own or null, and `elapsed_ms`.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "it says whether the migration is completed"]
pub struct Awaited {
    /// The module.
    pub module: String,
    /// The version of the migration.
    pub version: Version,
    /// How it ended.
    pub end: AwaitedEnd,
    /// What it waited for last.
    pub waiting_for: Option<WaitingFor>,
    /// What the last rollout of its own came to; `None` where somebody else completed it.
    pub report: Option<RolloutReport>,
    /// How long it took.
    pub elapsed: Duration,
}

/// How waiting for a completion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AwaitedEnd {
    /// It was completed everywhere already.
    NothingToDo,
    /// It is completed everywhere, by this replica or another one.
    Completed,
    /// A step failed in a context, or a canary was refused: somebody has to look.
    Failed,
    /// There was no more time.
    TimedOut,
    /// It was told to stop.
    Stopped,
}

/// Why a phased migration is not completed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// Replicas are alive that are older than it.
    OlderReplicas(Vec<ReplicaInfo>),
    /// The registry cannot tell.
    ReplicasUnknown {
        /// Why not.
        reason: String,
    },
    /// Contexts are not ready.
    NotReady(Vec<NotReady>),
    /// The rollout is paused.
    Paused(Box<Pause>),
    /// Somebody else is at it.
    Elsewhere {
        /// Who it is.
        by: String,
    },
    /// The database does not answer, or contexts cannot be reached.
    Unreachable {
        /// What was met.
        reason: String,
    },
}

impl From<Halted> for WaitingFor {
    fn from(halted: Halted) -> Self {
        match halted {
            Halted::Paused(pause) => Self::Paused(pause),
            Halted::OlderReplicas(behind) => Self::OlderReplicas(behind),
            Halted::ReplicasUnknown { reason } => Self::ReplicasUnknown { reason },
            other @ (Halted::Canary(_) | Halted::FailureBudget { .. } | Halted::Wave { .. } | Halted::Stopped) => {
                Self::Unreachable { reason: other.to_string() }
            }
        }
    }
}

impl WaitingFor {
    /// In one word, as the `kind` of its JSON form.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OlderReplicas(_) => "older_replicas",
            Self::ReplicasUnknown { .. } => "unknown_replicas",
            Self::NotReady(_) => "not_ready",
            Self::Paused(_) => "paused",
            Self::Elsewhere { .. } => "elsewhere",
            Self::Unreachable { .. } => "unreachable",
        }
    }
}

impl fmt::Display for WaitingFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OlderReplicas(behind) => match &behind[..] {
                [one] => write!(f, "an older replica is alive: {one}"),
                several => write!(f, "{} older replicas are alive", several.len()),
            },
            Self::ReplicasUnknown { reason } => write!(f, "the replica registry cannot tell: {reason}"),
            Self::NotReady(contexts) => match &contexts[..] {
                [one] => write!(f, "a context is not ready: {one}"),
                several => write!(f, "{} contexts are not ready", several.len()),
            },
            Self::Paused(pause) => write!(f, "the rollout is {pause}"),
            Self::Elsewhere { by } => write!(f, "{by} completes it"),
            Self::Unreachable { reason } => write!(f, "the database cannot be reached: {reason}"),
        }
    }
}

impl Serialize for WaitingFor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("reason", &self.to_string())?;
        match self {
            Self::OlderReplicas(behind) => map.serialize_entry("replicas", behind)?,
            Self::NotReady(contexts) => map.serialize_entry("contexts", contexts)?,
            _ => {}
        }
        map.end()
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, version, end, waiting_for, report, elapsed } = self;
        let end = match end {
            AwaitedEnd::NothingToDo => "was completed already",
            AwaitedEnd::Completed => "is completed",
            AwaitedEnd::Failed => "could not be completed",
            AwaitedEnd::TimedOut => "is not completed: there was no more time",
            AwaitedEnd::Stopped => "is not completed: it was told to stop",
        };
        write!(f, "{module} V{version} {end}, after {elapsed:.1?}")?;
        if let Some(waiting_for) = waiting_for {
            write!(f, "\nwaiting    {waiting_for}")?;
        }
        match report {
            Some(report) => write!(f, "\n{report}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Awaited {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("module", &self.module)?;
        map.serialize_entry("version", &self.version.get())?;
        map.serialize_entry("end", &self.end)?;
        map.serialize_entry("waiting_for", &self.waiting_for)?;
        map.serialize_entry("report", &self.report)?;
        map.serialize_entry("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        map.end()
    }
}
