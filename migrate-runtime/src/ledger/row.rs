use std::fmt;

use migrate_core::{Checksum, Compatibility, Phase, Version};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::phased::{PhasedState, phase, state};

/// What the planner needs of one ledger row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) module: String,
    pub(crate) version: Version,
    pub(crate) name: String,
    pub(crate) checksum: Checksum,
    pub(crate) chain: Checksum,
    pub(crate) status: Status,
    pub(crate) compatibility: Compatibility,
    /// What a stepwise migration that is not done has left.
    pub(crate) kept: Kept,
    /// The checksum of the text that was accepted as a correction of what was applied, if that is on record.
    pub(crate) accepted: Option<Checksum>,
    /// The phase that a phased migration is in, or was in last.
    pub(crate) phase: Option<Phase>,
    /// Whether a phased migration is applied in all phases, as the database had nothing of its module.
    pub(crate) at_once: bool,
    /// Why the last attempt to undo it failed, if it did. Of one whose status is `started`, nobody knows what is left.
    pub(crate) undo_failed: Option<String>,
}

/// What a migration that is not done has left in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Nothing,
    /// Some statements of a stepwise one, or some batches of its first.
    Something,
}

/// What a ledger row says of its migration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It is applied.
    Applied,
    /// It failed. Nothing of it was kept, or of a stepwise one the statements before the one that failed.
    Failed,
    /// It is stepwise and some of its statements are still to come: somebody is at it, or was until a crash.
    Running,
    /// It is phased, and its start is not done: somebody is at it, or was until a crash.
    RunningStart,
    /// It is phased, and its start is done.
    ReadyToComplete,
    /// It is phased, and its completion is not done: somebody is at it, or was until a crash.
    RunningComplete,
    /// It is phased, and its start is being taken back: somebody is at it, or was until a crash.
    RunningRollback,
    /// It was applied and then undone.
    RolledBack,
    /// Its transaction ended before its end: nobody knows which of its statements ran.
    Started,
    /// A status that this version of the runtime does not know.
    Other(String),
}

impl From<&str> for Status {
    fn from(word: &str) -> Self {
        match word {
            "applied" => Self::Applied,
            "failed" => Self::Failed,
            "rolled_back" => Self::RolledBack,
            "running" => Self::Running,
            "running_start" => Self::RunningStart,
            "ready_to_complete" => Self::ReadyToComplete,
            "running_complete" => Self::RunningComplete,
            "running_rollback" => Self::RunningRollback,
            "started" => Self::Started,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
            Self::Running => "running",
            Self::RunningStart => "running_start",
            Self::ReadyToComplete => "ready_to_complete",
            Self::RunningComplete => "running_complete",
            Self::RunningRollback => "running_rollback",
            Self::Started => "started",
            Self::Other(word) => word,
        })
    }
}

/// Why a ledger row cannot be read: somebody else's table of that name, or one that was tampered with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table `_migrations` holds a row that is not of a ledger: {0}")]
pub(crate) struct RowError(String);

/// The columns as they are stored. One that is NONE is not there.
#[derive(Deserialize)]
struct Raw<'a> {
    module: &'a str,
    version: u64,
    name: &'a str,
    checksum: &'a str,
    chain: &'a str,
    status: &'a str,
    breaking: bool,
    accepted: Option<&'a str>,
    phase: Option<&'a str>,
    at_once: Option<bool>,
    cursor: Option<u64>,
    progress: Option<IgnoredAny>,
    #[serde(borrow)]
    undo: Option<RawUndo<'a>>,
}

/// What is read of the last attempt to undo a migration.
#[derive(Deserialize)]
struct RawUndo<'a> {
    #[serde(borrow)]
    error: Option<RawUndoError<'a>>,
}

#[derive(Deserialize)]
struct RawUndoError<'a> {
    message: Option<&'a str>,
}

impl Raw<'_> {
    /// Whether statements before the cursor are there, or batches of the one at it.
    const fn kept(&self) -> Kept {
        match (self.cursor, &self.progress) {
            (None | Some(0), None) => Kept::Nothing,
            _ => Kept::Something,
        }
    }

    /// Why the last attempt to undo it failed, if it did.
    fn undo_failed(&self) -> Option<String> {
        let unknown = "it ended before its end, and nobody recorded why";
        match self.undo.as_ref()?.error.as_ref().map(|error| error.message) {
            Some(message) => Some(message.unwrap_or(unknown).to_owned()),
            None => (self.status == "started").then(|| unknown.to_owned()),
        }
    }
}

impl Row {
    /// Reads the result of [`SELECT_ROWS`](super::SELECT_ROWS).
    pub(crate) fn read_all(rows: Value) -> Result<Vec<Self>, RowError> {
        match rows {
            Value::Array(rows) => rows.iter().map(Self::read).collect(),
            other => Err(RowError(format!("{other} instead of rows"))),
        }
    }

    fn read(row: &Value) -> Result<Self, RowError> {
        let raw = Raw::deserialize(row).map_err(|error| RowError(format!("{error} in {row}")))?;
        let checksum = |text: &str| text.parse().map_err(|error| RowError(format!("{error}, not {text:?}")));
        let version = Version::new(raw.version).ok_or_else(|| RowError(format!("version {}", raw.version)))?;
        let (kept, undo_failed) = (raw.kept(), raw.undo_failed());
        Ok(Self {
            version,
            checksum: checksum(raw.checksum)?,
            chain: checksum(raw.chain)?,
            status: Status::from(raw.status),
            compatibility: if raw.breaking { Compatibility::Breaking } else { Compatibility::Compatible },
            kept,
            accepted: raw.accepted.map(checksum).transpose()?,
            phase: raw.phase.and_then(phase),
            at_once: raw.at_once == Some(true),
            undo_failed,
            module: raw.module.to_owned(),
            name: raw.name.to_owned(),
        })
    }
}

/// The name of the row that seals a migration which was moved to another module begins so, and ends in the name of that
/// module.
const MOVED_TO: &str = "moved_to_";

/// The name of the row that a module leaves behind under its former name begins so, and ends in its new name.
const RENAMED_TO: &str = "renamed_to_";

impl Row {
    /// The checksum of the rows that stand for no text: none has it.
    pub(crate) const MARKER: Checksum = Checksum::from_bytes([0; 32]);

    /// The name of the row that is left behind by what is now this module.
    pub(crate) fn marker_name(module: &str) -> String {
        format!("{RENAMED_TO}{module}")
    }

    /// What the row's module is called now, if it is the one that a renamed module left behind.
    pub(crate) fn renamed_to(&self) -> Option<&str> {
        self.name.strip_prefix(RENAMED_TO).filter(|_| self.checksum == Self::MARKER)
    }

    /// Whether its migration was begun under a name that its module had before, and is gone on with under the new one.
    pub(crate) fn is_under_another_name(&self) -> bool {
        matches!(&self.status, Status::Other(word) if word == "moved")
    }

    /// The name of the row that seals a migration of what is now this module.
    pub(crate) fn seal_name(module: &str) -> String {
        format!("{MOVED_TO}{module}")
    }

    /// Which module its migration was moved to, if it is a row that seals it.
    pub(crate) fn moved_to(&self) -> Option<&str> {
        self.name.strip_prefix(MOVED_TO).filter(|_| self.checksum == Self::MARKER)
    }

    /// Whether it only keeps others from applying its migration under this module, of which nothing may be there.
    pub(crate) fn is_placeholder(&self) -> bool {
        self.moved_to().is_some() && self.chain == Self::MARKER
    }

    /// Whether its migration is in the database, or some of it.
    pub(crate) fn is_in_place(&self) -> bool {
        self.status == Status::Applied || self.is_begun()
    }

    /// Where its migration stands, if it is a phased one.
    pub(crate) fn phased_state(&self) -> PhasedState {
        state(&self.status, self.phase)
    }

    /// Whether only the row of a phased migration can say this.
    pub(crate) const fn is_in_phases(&self) -> bool {
        matches!(
            self.status,
            Status::RunningStart | Status::ReadyToComplete | Status::RunningComplete | Status::RunningRollback
        )
    }

    /// Whether some of its migration is in the database, or may be before long, and some is not.
    pub(crate) fn is_begun(&self) -> bool {
        match self.status {
            Status::Running
            | Status::RunningStart
            | Status::ReadyToComplete
            | Status::RunningComplete
            | Status::RunningRollback => true,
            Status::Failed => self.kept == Kept::Something,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row() -> Value {
        let sum = Checksum::from_bytes([7; 32]).to_string();
        json!({"module": "app", "version": 1, "name": "init", "checksum": sum, "chain": sum,
               "status": "applied", "breaking": true})
    }

    #[test]
    fn a_row_is_read_whole() {
        let [row] = &Row::read_all(json!([row()])).unwrap()[..] else { panic!("one row") };
        assert_eq!((row.module.as_str(), row.version, &row.status), ("app", Version::FIRST, &Status::Applied));
        assert_eq!(row.compatibility, Compatibility::Breaking);
    }

    #[test]
    fn something_is_kept_behind_a_cursor_or_a_batch() {
        for (cursor, progress, kept) in [
            (json!(null), json!(null), Kept::Nothing),
            (json!(0), json!(null), Kept::Nothing),
            (json!(1), json!(null), Kept::Something),
            (json!(0), json!({ "state": "batches", "rows": 1 }), Kept::Something),
        ] {
            let mut one = row();
            (one["cursor"], one["progress"]) = (cursor, progress);
            assert_eq!(Row::read_all(json!([one])).unwrap()[0].kept, kept, "{one}");
        }
    }

    #[test]
    fn an_undo_failed_where_it_says_why_or_where_it_ended_in_the_middle() {
        let unknown = Some("it ended before its end, and nobody recorded why");
        for (status, undo, why) in [
            ("applied", json!(null), None),
            ("rolled_back", json!({ "at": "x", "token": "y" }), None),
            ("applied", json!({ "error": { "message": "no", "statement": 2 } }), Some("no")),
            ("started", json!({ "token": "y" }), unknown),
            ("started", json!(null), None),
            ("applied", json!({ "error": {} }), unknown),
        ] {
            let mut one = row();
            (one["status"], one["undo"]) = (json!(status), undo);
            assert_eq!(Row::read_all(json!([one])).unwrap()[0].undo_failed.as_deref(), why, "{one}");
        }
    }

    #[test]
    fn a_row_of_somebody_else_is_refused_with_its_text() {
        for (field, value) in
            [("version", json!(0)), ("version", json!("x")), ("chain", json!("md5")), ("module", json!(3))]
        {
            let mut bad = row();
            bad[field] = value;
            assert!(Row::read_all(json!([bad])).is_err(), "{field}");
        }
        assert!(Row::read_all(json!("app")).is_err());
        assert!(Row::read_all(json!([{"id": "x"}])).unwrap_err().to_string().contains(r#""id":"x""#));
    }

    #[test]
    fn a_status_of_a_later_version_is_kept() {
        assert_eq!(Status::from("paused").to_string(), "paused");
    }
}
