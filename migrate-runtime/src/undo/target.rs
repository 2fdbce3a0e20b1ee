use std::fmt;
use std::num::NonZeroUsize;

use migrate_core::Version;
use serde::Serialize;

use crate::refusal::number;

/// How far to go back.
///
/// Whatever of other modules requires something that goes is undone too, before it.
///
/// ```
/// # use migrate_runtime::{UndoTarget, Version};
/// let to = UndoTarget::version("app", Version::FIRST);
/// assert_eq!(to.to_string(), "app to V1");
/// assert_eq!(UndoTarget::module("app").to_string(), "all of app");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "target", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndoTarget {
    /// This version of a module stays, and everything later in that module is undone.
    #[non_exhaustive]
    Version {
        /// The module, as the ledger calls it.
        module: String,
        /// The version that stays. It has to be applied.
        #[serde(serialize_with = "number")]
        version: Version,
    },
    /// Everything of a module is undone.
    #[non_exhaustive]
    Module {
        /// The module, as the ledger calls it.
        module: String,
    },
    /// The last migrations of all modules are undone, or all where there are fewer.
    #[non_exhaustive]
    Last {
        /// How many.
        migrations: NonZeroUsize,
    },
}

impl UndoTarget {
    /// Keeps this version of a module.
    pub fn version(module: impl Into<String>, version: Version) -> Self {
        Self::Version { module: module.into(), version }
    }

    /// Keeps nothing of a module.
    pub fn module(module: impl Into<String>) -> Self {
        Self::Module { module: module.into() }
    }

    /// Undoes so many migrations.
    pub const fn last(migrations: NonZeroUsize) -> Self {
        Self::Last { migrations }
    }
}

impl fmt::Display for UndoTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { module, version } => write!(f, "{module} to V{version}"),
            Self::Module { module } => write!(f, "all of {module}"),
            Self::Last { migrations } => write!(f, "the last {migrations}"),
        }
    }
}
