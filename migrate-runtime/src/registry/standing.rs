use migrate_core::Version;
use serde::Serialize;

use super::replica_info::ReplicaInfo;

/// Whether every live replica has a module at a version or a later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum AtLeast {
    /// All that are alive, at least one, are that far.
    Everyone {
        /// How many they are.
        replicas: usize,
    },
    /// Some are not, or do not have the module.
    Behind {
        /// Which they are; never empty.
        behind: Vec<ReplicaInfo>,
    },
    /// No replica is alive, so that nobody can say anything about those that never joined.
    Nobody,
}

impl AtLeast {
    /// What these live replicas answer.
    pub(crate) fn of(live: Vec<ReplicaInfo>, module: &str, version: Version) -> Self {
        let replicas = live.len();
        let is_behind = |one: &ReplicaInfo| one.modules.get(module).is_none_or(|head| head.version < version);
        let behind: Vec<_> = live.into_iter().filter(is_behind).collect();
        match (replicas, behind.is_empty()) {
            (0, _) => Self::Nobody,
            (_, true) => Self::Everyone { replicas },
            (_, false) => Self::Behind { behind },
        }
    }

    /// Whether there is somebody, and nobody is behind.
    pub fn is_everyone(&self) -> bool {
        matches!(self, Self::Everyone { .. })
    }
}
