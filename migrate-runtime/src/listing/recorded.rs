//! The whole rows of one ledger, for those who show them.

use std::collections::BTreeMap;
use std::time::Duration;

use migrate_core::{UndoSafety, Version};
use serde::Deserialize;
use serde_json::Value;

use super::entry::{AppliedBy, RecordedError, RecordedUndoError};
use crate::ledger::{Row, row_columns};

/// Reads every row with all that is shown of it.
pub(super) const SELECT_ALL: &str = concat!(
    "SELECT ",
    row_columns!(),
    ", file, statements, <string> applied_at AS applied_at, IF duration { duration::nanos(duration) } AS nanos, ",
    "applied_by, down.safety AS safety, error, undo.error AS undo_error FROM _migrations;"
);

/// Reads when the log first speaks of each migration.
pub(super) const SELECT_FIRST_SEEN: &str =
    "SELECT module, version, <string> time::min(at) AS at FROM _migration_log GROUP BY module, version;";

/// One row with all that is shown of it.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) row: Row,
    pub(super) file: String,
    pub(super) statements: usize,
    pub(super) applied_at: Option<String>,
    pub(super) duration: Option<Duration>,
    pub(super) applied_by: Option<AppliedBy>,
    pub(super) safety: Option<UndoSafety>,
    pub(super) error: Option<RecordedError>,
    pub(super) undo_error: Option<RecordedUndoError>,
}

/// When the log first speaks of a migration, by module and version.
pub(super) type FirstSeen = BTreeMap<(String, u64), String>;

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    file: String,
    #[serde(default)]
    statements: usize,
    applied_at: Option<String>,
    nanos: Option<u64>,
    /// Free-form: what is not as expected is not shown.
    #[serde(default)]
    applied_by: Value,
    safety: Option<String>,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    undo_error: Value,
}

/// Reads the result of [`SELECT_ALL`].
pub(super) fn read_all(rows: &Value) -> Result<Vec<Recorded>, String> {
    let read = Row::read_all(rows.clone()).map_err(|error| error.to_string())?;
    let raw = Vec::<Raw>::deserialize(rows).map_err(|error| format!("a row of `_migrations`: {error}"))?;
    Ok(read.into_iter().zip(raw).map(|(row, raw)| recorded(row, raw)).collect())
}

fn recorded(row: Row, raw: Raw) -> Recorded {
    let safety = raw.safety.map(|word| match word.as_str() {
        "safe" => UndoSafety::Safe,
        "data_loss" => UndoSafety::DataLoss,
        _ => UndoSafety::Unsafe,
    });
    Recorded {
        row,
        file: raw.file,
        statements: raw.statements,
        applied_at: raw.applied_at,
        duration: raw.nanos.map(Duration::from_nanos),
        applied_by: AppliedBy::deserialize(raw.applied_by).ok(),
        safety,
        error: RecordedError::deserialize(raw.error).ok(),
        undo_error: RecordedUndoError::deserialize(raw.undo_error).ok(),
    }
}

/// Reads the result of [`SELECT_FIRST_SEEN`]. What is not as expected is not shown: the log is nothing that anything
/// depends on.
pub(super) fn read_first_seen(rows: &Value) -> FirstSeen {
    let rows = rows.as_array().into_iter().flatten();
    let one = |row: &Value| {
        Some(((row["module"].as_str()?.to_owned(), row["version"].as_u64()?), row["at"].as_str()?.to_owned()))
    };
    rows.filter_map(one).collect()
}

impl Recorded {
    pub(super) fn version(&self) -> Version {
        self.row.version
    }
}
