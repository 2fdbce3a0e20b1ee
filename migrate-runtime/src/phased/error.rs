use migrate_core::Version;

use crate::context::Context;
use crate::refusal::Refusal;

/// Why a phased migration was not moved, or could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the messages say the rest")]
pub enum PhasedError {
    /// The migrator has no such module.
    #[error("there is no module `{module}` in this binary")]
    UnknownModule { module: String },
    /// The module has no such migration.
    #[error("the module `{module}` has no V{version} in this binary")]
    UnknownVersion { module: String, version: Version },
    /// The migration has no phases.
    #[error("{file} of `{module}` is not a phased migration: it is applied as a whole when a binary starts")]
    NotPhased { module: String, file: &'static str },
    /// The context does not exist.
    #[error("{context} does not exist")]
    Absent { context: Context },
    /// It was never begun, so that there is nothing to repair.
    #[error("V{version} of `{module}` was never begun")]
    NotBegun { module: String, version: Version },
    /// Somebody is at it.
    #[error("somebody is at V{version} of `{module}`: wait until they are done")]
    Busy { module: String, version: Version },
    /// It is not possible where the migration stands, it failed, or the context is refused for another reason.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl PhasedError {
    /// One word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UnknownModule { .. } => "no_such_module",
            Self::UnknownVersion { .. } => "no_such_version",
            Self::NotPhased { .. } => "not_phased",
            Self::Absent { .. } => "absent",
            Self::NotBegun { .. } => "not_begun",
            Self::Busy { .. } => "busy",
            Self::Refused(refusal) => refusal.kind(),
        }
    }
}
