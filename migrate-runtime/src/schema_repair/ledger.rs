//! What a repair needs to know of a ledger and of the lease.

use serde_json::Value;

use crate::ledger::{Row, row_columns};
use crate::live::Rows;

/// The rows of the ledger, with their files.
pub(super) const LEDGER: Rows =
    Rows { table: "_migrations", select: concat!("SELECT ", row_columns!(), ", file FROM _migrations") };

/// The lease, and whether somebody has it at this moment.
pub(super) const LEASE: Rows = Rows {
    table: "_migration_lease",
    select: "SELECT owner, token, by.binary ?? 'somebody' AS by, \
             ((SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now()) AS held \
             FROM _migration_lease:holder",
};

/// A row of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) row: Row,
    pub(super) file: String,
}

impl Recorded {
    /// Reads what [`LEDGER`] gives: null where there is no ledger.
    pub(super) fn read_all(rows: &Value) -> Result<Vec<Self>, String> {
        if rows.is_null() {
            return Ok(Vec::new());
        }
        let read = Row::read_all(rows.clone()).map_err(|error| error.to_string())?;
        let with_file = |(at, row): (usize, Row)| {
            let file = rows[at]["file"].as_str().unwrap_or_default().to_owned();
            Self { row, file }
        };
        Ok(read.into_iter().enumerate().map(with_file).collect())
    }
}

/// Who has the lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) owner: String,
    pub(super) token: u64,
    by: String,
    is_held: bool,
}

impl Holder {
    /// Reads what [`LEASE`] gives: null, or no row, where nobody ever had it.
    pub(super) fn read(rows: &Value) -> Self {
        let row = &rows[0];
        let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
        Self {
            owner: text("owner"),
            token: row["token"].as_u64().unwrap_or_default(),
            by: text("by"),
            is_held: row["held"] == true,
        }
    }

    /// Somebody else than this owner, who has it now.
    pub(super) fn other_than(&self, owner: &str) -> Option<&str> {
        (self.is_held && self.owner != owner).then_some(&self.by)
    }
}
