use migrate_core::Version;
use serde::Serialize;

use super::number;

/// A migration that the database has and this binary does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unknown {
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name, as recorded.
    pub name: String,
}

impl Unknown {
    pub(super) fn list(unknown: &[Self]) -> String {
        let names: Vec<_> = unknown.iter().map(|Self { version, name }| format!("V{version}__{name}")).collect();
        format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
    }
}
