use migrate_core::Version;

use crate::context::Context;
use crate::live::{LiveSchemaError, SchemaDifference};
use crate::modules_error::Place;
use crate::refusal::list;

/// Why a database was not taken over. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum BaselineError {
    /// Its schema could not be read.
    #[error(transparent)]
    Schema(#[from] LiveSchemaError),
    /// The migrator has no such module.
    #[error("the migrator has no module `{0}`")]
    NoSuchModule(String),
    /// The module has no such version.
    #[error("the module `{module}` has no V{version}")]
    NoSuchVersion { module: &'static str, version: Version },
    /// Migrations of the module are recorded there, and not by taking it over.
    #[error("{context} has a ledger of the module `{module}` already, up to V{version}")]
    LedgerExists { context: Context, module: &'static str, version: Version },
    /// The table `_migrations` is not a ledger that this runtime can read.
    #[error("the ledger of {context} cannot be read: {reason}")]
    LedgerUnreadable { context: Context, reason: String },
    /// The schema is another one than that of these versions, which come closest where none was named.
    #[error("the schema of {context} is not that of {}{}", versions(.at), list(.differences))]
    Different { context: Context, at: Vec<(&'static str, Version)>, differences: Vec<SchemaDifference> },
    /// A module is taken over, and what it requires of another one is not there.
    #[error(
        "{by} requires {needs}, which is not recorded in {context} and not taken over with it: take `{}` over as well, at that \
         version or later", .needs.module
    )]
    Unrequired { context: Context, by: Place, needs: Box<Place> },
    /// The rows could not be written.
    #[error("{context} could not be taken over: {reason}")]
    Unavailable { context: Context, reason: String },
}

impl BaselineError {
    /// One word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Schema(LiveSchemaError::Absent(_)) => "absent",
            Self::Schema(LiveSchemaError::Unavailable { .. }) | Self::Unavailable { .. } => "unavailable",
            Self::Schema(LiveSchemaError::Unreadable { .. }) => "schema_unreadable",
            Self::NoSuchModule(_) => "no_such_module",
            Self::NoSuchVersion { .. } => "no_such_version",
            Self::LedgerExists { .. } => "ledger_exists",
            Self::LedgerUnreadable { .. } => "ledger_unreadable",
            Self::Different { .. } => "different",
            Self::Unrequired { .. } => "unrequired",
        }
    }

    /// How the schema differs, where that is the reason.
    pub fn differences(&self) -> &[SchemaDifference] {
        match self {
            Self::Different { differences, .. } => differences,
            _ => &[],
        }
    }
}

fn versions(at: &[(&'static str, Version)]) -> String {
    let versions: Vec<_> = at.iter().map(|(module, version)| format!("{module} V{version}")).collect();
    if versions.is_empty() { "a database without these modules".to_owned() } else { versions.join(" with ") }
}
