use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// A check before a phased migration is moved on over a fleet, which an operator may override.
///
/// What was overridden is in the report, and in the log of each context that a completion was begun in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RolloutOverride {
    /// Completes although replicas are alive that are older than the migration. They refuse each context from then on, if the
    /// migration is breaking; a tenant that one of them has let in already is written to by a binary which does not know its schema.
    OlderReplicas,
    /// Completes although the registry cannot tell whether older replicas are alive: there is none, it cannot be read, or nobody
    /// has joined. Where it cannot be read, it takes [`Paused`](Self::Paused) as well: nobody knows whether it is.
    UnknownReplicas,
    /// Completes where it is possible, and leaves the contexts out that are not ready.
    NotReady,
    /// Goes on although the rollout is paused. The pause stays for all others.
    Paused,
}

impl RolloutOverride {
    /// In one word, as reports, logs and JSON have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OlderReplicas => "older_replicas",
            Self::UnknownReplicas => "unknown_replicas",
            Self::NotReady => "not_ready",
            Self::Paused => "paused",
        }
    }
}

impl fmt::Display for RolloutOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How a phased migration is moved on over a fleet: with every check, unless told otherwise.
///
/// ```
/// use migrate_runtime::{RolloutOptions, RolloutOverride};
///
/// let options = RolloutOptions::new().overriding(RolloutOverride::UnknownReplicas);
/// assert!(options.overrides(RolloutOverride::UnknownReplicas));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct RolloutOptions {
    overridden: BTreeSet<RolloutOverride>,
}

impl RolloutOptions {
    /// Every check.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every check but this one too.
    pub fn overriding(mut self, check: RolloutOverride) -> Self {
        self.overridden.insert(check);
        self
    }

    /// Whether a check is overridden.
    pub fn overrides(&self, check: RolloutOverride) -> bool {
        self.overridden.contains(&check)
    }

    /// What is overridden, in order.
    pub(crate) fn overridden(&self) -> Vec<RolloutOverride> {
        self.overridden.iter().copied().collect()
    }
}
