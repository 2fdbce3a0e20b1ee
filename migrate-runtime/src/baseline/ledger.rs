//! What a ledger says of who wrote its rows.

use serde_json::Value;

use crate::ledger::{Row, row_columns};
use crate::live::Rows;

/// The rows of the ledger, with who wrote them and why.
pub(crate) const LEDGER: Rows = Rows {
    table: "_migrations",
    select: concat!(
        "SELECT ",
        row_columns!(),
        ", applied_by.via AS via, applied_by.replica AS replica FROM _migrations"
    ),
};

/// A row of the ledger, and how it came to be there.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) row: Row,
    /// Whether it was written by taking the database over.
    pub(crate) is_taken_over: bool,
    /// The replica that wrote it.
    pub(crate) replica: Option<String>,
}

impl Recorded {
    /// Reads what [`LEDGER`] gives: null where there is no ledger.
    pub(crate) fn read_all(rows: &Value) -> Result<Vec<Self>, String> {
        if rows.is_null() {
            return Ok(Vec::new());
        }
        let read = Row::read_all(rows.clone()).map_err(|error| error.to_string())?;
        let recorded = |(at, row)| Self {
            row,
            is_taken_over: rows[at]["via"].is_string(),
            replica: rows[at]["replica"].as_str().map(ToOwned::to_owned),
        };
        Ok(read.into_iter().enumerate().map(recorded).collect())
    }
}
