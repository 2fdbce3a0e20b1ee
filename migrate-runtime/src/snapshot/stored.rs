use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use migrate_core::{Checksum, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::value::{Author, RawHead, read_heads};
use crate::registry::ModuleHead;

/// The id of a stored snapshot within its context.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SnapshotId(String);

/// Why a text is not a [`SnapshotId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of a snapshot is up to 64 letters and digits, not {0:?}")]
pub struct ParseSnapshotIdError(String);

impl SnapshotId {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SnapshotId {
    type Err = ParseSnapshotIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_id = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id { Ok(Self::new(text)) } else { Err(ParseSnapshotIdError(text.to_owned())) }
    }
}

/// What is known of a stored snapshot without loading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoredSnapshot {
    /// Its id.
    pub id: SnapshotId,
    /// When it was taken, by the server's clock, as the database writes it.
    pub taken_at: String,
    /// Who took it.
    pub taken_by: Author,
    /// The migration that stored it, as module and version; `None` where somebody asked for it.
    #[serde(serialize_with = "migration")]
    pub after: Option<(String, Version)>,
    /// The last applied version of each module, with its chain value.
    pub modules: BTreeMap<String, ModuleHead>,
    /// Of its objects and their definitions: equal ones mean an equal schema.
    #[serde(serialize_with = "text")]
    pub checksum: Checksum,
    /// How many objects it has.
    pub objects: usize,
}

/// What came of pruning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pruned {
    /// How many snapshots were removed, not counting those of a try whose answer was lost.
    pub removed: usize,
    /// How many are left.
    pub left: usize,
}

impl fmt::Display for StoredSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {} objects", self.id, self.taken_at, self.objects)?;
        self.modules.iter().try_for_each(|(module, head)| write!(f, "  {module} V{}", head.version))?;
        match &self.after {
            Some((module, version)) => write!(f, "  after {module} V{version}"),
            None => f.write_str("  on request"),
        }
    }
}

impl fmt::Display for Pruned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} snapshots removed, {} left", self.removed, self.left)
    }
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    taken_at: String,
    taken_by: Author,
    after: Option<RawAfter>,
    modules: BTreeMap<String, RawHead>,
    checksum: String,
    objects: usize,
}

#[derive(Deserialize)]
struct RawAfter {
    module: String,
    version: u64,
}

impl StoredSnapshot {
    pub(super) fn read_all(rows: &Value) -> Result<Vec<Self>, String> {
        let rows = rows.as_array().ok_or_else(|| format!("the snapshots are {rows}"))?;
        rows.iter().map(Self::read).collect()
    }

    pub(super) fn read(row: &Value) -> Result<Self, String> {
        let unreadable = |why: &dyn fmt::Display| format!("{why} in {row}");
        let raw = Raw::deserialize(row).map_err(|error| unreadable(&error))?;
        let version = |number| Version::new(number).ok_or_else(|| unreadable(&"a version that cannot be"));
        let after = raw.after.map(|after| Ok::<_, String>((after.module, version(after.version)?))).transpose()?;
        Ok(Self {
            id: raw.id.parse().map_err(|error| unreadable(&error))?,
            taken_at: raw.taken_at,
            taken_by: raw.taken_by,
            after,
            modules: read_heads(raw.modules).map_err(|why| unreadable(&why))?,
            checksum: raw.checksum.parse().map_err(|error| unreadable(&error))?,
            objects: raw.objects,
        })
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference")]
fn migration<S: serde::Serializer>(after: &Option<(String, Version)>, serializer: S) -> Result<S::Ok, S::Error> {
    let after =
        after.as_ref().map(|(module, version)| serde_json::json!({ "module": module, "version": version.get() }));
    after.serialize(serializer)
}

fn text<S: serde::Serializer>(checksum: &Checksum, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(checksum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_nothing_but_letters_and_digits() {
        assert_eq!("01M80H4T4XRW1PY4KTS05T9BBA".parse::<SnapshotId>().unwrap().as_str(), "01M80H4T4XRW1PY4KTS05T9BBA");
        for text in ["", "a b", "a:1", "⟨", &"a".repeat(65)] {
            assert!(text.parse::<SnapshotId>().is_err(), "{text:?}");
        }
    }
}
