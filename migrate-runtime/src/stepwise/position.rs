use serde::Deserialize;
use serde_json::Value;

/// Where a stepwise migration stands, as the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The fencing token of the lease under which it was read.
    pub(super) token: u64,
    /// How many of its statements are done.
    pub(super) cursor: usize,
    /// What is known of the statement at the cursor.
    pub(super) progress: StatementProgress,
}

/// How far the statement at the cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatementProgress {
    /// It has not run.
    None,
    /// It has run, and the index that it builds is waited for.
    Building,
    /// Some batches of it have run, and have written this many rows.
    Rows(u64),
}

#[derive(Deserialize)]
struct Raw {
    token: u64,
    cursor: usize,
    progress: Option<RawProgress>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
enum RawProgress {
    Building,
    Batches { rows: u64 },
}

impl Position {
    /// Reads what a script's [`READ`](super::script) statement gave; `None` when it is no position.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let Raw { token, cursor, progress } = Raw::deserialize(value).ok()?;
        let progress = match progress {
            None => StatementProgress::None,
            Some(RawProgress::Building) => StatementProgress::Building,
            Some(RawProgress::Batches { rows }) => StatementProgress::Rows(rows),
        };
        Some(Self { token, cursor, progress })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_position_is_read_with_its_progress() {
        let read = |progress: Value| Position::read(&json!({ "token": 7, "cursor": 2, "progress": progress }));
        let position = |progress| Some(Position { token: 7, cursor: 2, progress });
        assert_eq!(read(Value::Null), position(StatementProgress::None));
        assert_eq!(read(json!({ "state": "building" })), position(StatementProgress::Building));
        assert_eq!(read(json!({ "state": "batches", "rows": 9, "last": "x" })), position(StatementProgress::Rows(9)));
        assert_eq!(read(json!({ "state": "of a later version" })), None);
        assert_eq!(Position::read(&json!({ "cursor": null })), None);
    }
}
