//! What an undo needs to know of a ledger.

use std::collections::BTreeMap;

use migrate_core::{Checksum, UndoSafety, Version};
use serde_json::{Value, json};

use crate::ledger::{Row, row_columns};
use crate::live::Rows;

/// The rows of the ledger, with how to undo them and who has.
pub(super) const LEDGER: Rows = Rows {
    table: "_migrations",
    select: concat!(
        "SELECT ",
        row_columns!(),
        ", file, down, time::nano(applied_at) AS applied, undo.token AS token FROM _migrations"
    ),
};

/// Who holds the lease of stepwise migrations now, or null.
pub(super) const LEASE: Rows = Rows {
    table: "_migration_lease",
    select: "SELECT VALUE by.binary ?? 'somebody' FROM ONLY _migration_lease:holder \
             WHERE (SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now()",
};

/// A row of the ledger, with how to undo its migration.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) row: Row,
    pub(super) file: String,
    /// The text that was recorded with it, and what running it loses.
    pub(super) down: Option<(String, UndoSafety)>,
    /// When it was applied, in nanoseconds.
    pub(super) applied: i64,
    /// Which attempt undid it, or tried to.
    pub(super) token: Option<String>,
}

impl Recorded {
    /// Reads what [`LEDGER`] gives: null where there is no ledger.
    pub(super) fn read_all(rows: &Value) -> Result<Vec<Self>, String> {
        if rows.is_null() {
            return Ok(Vec::new());
        }
        let read = Row::read_all(rows.clone()).map_err(|error| error.to_string())?;
        read.into_iter().enumerate().map(|(at, row)| Self::read(row, &rows[at])).collect()
    }

    fn read(row: Row, value: &Value) -> Result<Self, String> {
        let down = match (value["down"]["text"].as_str(), value["down"]["safety"].as_str()) {
            (None, _) => None,
            (Some(text), Some("safe")) => Some((text.to_owned(), UndoSafety::Safe)),
            (Some(text), Some("data_loss")) => Some((text.to_owned(), UndoSafety::DataLoss)),
            // A word of a later version is no reason to take less care.
            (Some(text), _) => Some((text.to_owned(), UndoSafety::Unsafe)),
        };
        Ok(Self {
            file: value["file"].as_str().unwrap_or_default().to_owned(),
            applied: value["applied"].as_i64().ok_or_else(|| format!("a row has no `applied_at`: {value}"))?,
            token: value["token"].as_str().map(ToOwned::to_owned),
            down,
            row,
        })
    }

    pub(super) fn key(&self) -> Key {
        (self.row.module.clone(), self.row.version)
    }
}

/// A module and a version.
pub(super) type Key = (String, Version);

/// Where a ledger stands: the chain value and the status of every row. It is what a plan was made from, and what every
/// transaction of an undo finds again before it does anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stand(BTreeMap<Key, (Checksum, String)>);

/// The lines of a ledger, as the database computes them.
pub(super) const LINES: &str =
    "(SELECT VALUE string::concat(module, ' ', <string> version, ' ', chain, ' ', status) FROM _migrations)";

const ROLLED_BACK: &str = "rolled_back";

impl Stand {
    pub(super) fn of(ledger: &[Recorded]) -> Self {
        Self(ledger.iter().map(|one| (one.key(), (one.row.chain, one.row.status.to_string()))).collect())
    }

    /// What it is once this migration is undone.
    pub(super) fn undo(&mut self, key: &Key) {
        if let Some((_, status)) = self.0.get_mut(key) {
            ROLLED_BACK.clone_into(status);
        }
    }

    /// How many of these steps, the first ones, have to be undone to get from here to what was found; or in which row that
    /// differs from all of it.
    pub(super) fn advanced(&self, found: &Self, steps: impl IntoIterator<Item = Key>) -> Result<usize, Key> {
        let mut stand = self.clone();
        let mut steps = steps.into_iter();
        let mut undone = 0;
        loop {
            let Some(differs) = stand.differs(found) else { return Ok(undone) };
            let Some(step) = steps.next() else { return Err(differs) };
            let is_undone = found.0.get(&step).is_some_and(|(_, status)| status == ROLLED_BACK);
            if !is_undone {
                return Err(differs);
            }
            stand.undo(&step);
            undone += 1;
        }
    }

    fn differs(&self, other: &Self) -> Option<Key> {
        let mut keys = self.0.keys().chain(other.0.keys());
        keys.find(|key| self.0.get(key) != other.0.get(key)).cloned()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let line = |((module, version), (chain, status)): (&Key, &(Checksum, String))| {
            format!("{module} {version} {chain} {status}")
        };
        self.0.iter().map(line).collect()
    }

    pub(super) fn as_json(&self) -> Value {
        json!(self.lines())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand(rows: &[(u64, &str)]) -> Stand {
        let key = |version| ("app".to_owned(), Version::new(version).unwrap());
        let rows = rows.iter().map(|&(version, status)| {
            (key(version), (Checksum::from_bytes([u8::try_from(version).unwrap(); 32]), status.to_owned()))
        });
        Stand(rows.collect())
    }

    fn steps(versions: &[u64]) -> Vec<Key> {
        versions.iter().map(|&version| ("app".to_owned(), Version::new(version).unwrap())).collect()
    }

    #[test]
    fn a_ledger_in_which_the_first_steps_are_done_has_only_advanced() {
        let planned = stand(&[(1, "applied"), (2, "applied"), (3, "applied")]);
        let found = stand(&[(1, "applied"), (2, "applied"), (3, "rolled_back")]);
        assert_eq!(planned.advanced(&planned, steps(&[3, 2])), Ok(0));
        assert_eq!(planned.advanced(&found, steps(&[3, 2])), Ok(1));
        let all = stand(&[(1, "applied"), (2, "rolled_back"), (3, "rolled_back")]);
        assert_eq!(planned.advanced(&all, steps(&[3, 2])), Ok(2));
    }

    #[test]
    fn any_other_ledger_has_changed() {
        let planned = stand(&[(1, "applied"), (2, "applied")]);
        for found in [
            stand(&[(1, "applied"), (2, "applied"), (3, "applied")]),
            stand(&[(1, "rolled_back"), (2, "applied")]),
            stand(&[(1, "applied"), (2, "started")]),
            stand(&[(1, "applied")]),
            stand(&[(1, "rolled_back"), (2, "rolled_back")]),
        ] {
            assert!(planned.advanced(&found, steps(&[2])).is_err(), "{found:?}");
        }
    }

    #[test]
    fn a_recorded_safety_that_nobody_knows_counts_as_the_worst() {
        let sum = Checksum::from_bytes([7; 32]).to_string();
        let row = json!([{"module": "app", "version": 1, "name": "init", "checksum": sum, "chain": sum, "file": "f",
            "status": "applied", "breaking": true, "applied": 5, "down": {"text": "x", "safety": "new"}}]);
        let [one] = &Recorded::read_all(&row).unwrap()[..] else { panic!("one row") };
        assert_eq!(one.down, Some(("x".to_owned(), UndoSafety::Unsafe)));
    }
}
