//! Saving what goes: rows and values in files, and from files back into a database.

mod error;
mod file;
mod page;
mod restore;
mod save;
mod wanted;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

pub use error::{ExportError, RestoreError};
pub use restore::{Restored, RestoredTable};
pub(super) use save::save;

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exported {
    /// Where the files are.
    pub directory: PathBuf,
    /// One for each table.
    pub tables: Vec<ExportedTable>,
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportedTable {
    /// The table.
    pub table: String,
    /// The fields of which the values were exported; none where whole records were.
    pub fields: Vec<String>,
    /// The file, within the directory.
    pub file: String,
    /// How many records it speaks of.
    pub rows: u64,
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exported to {}", self.directory.display())?;
        for ExportedTable { table, fields, file, rows } in &self.tables {
            write!(f, "\n  {file}: {rows} rows of {}", table.escape_debug())?;
            if !fields.is_empty() {
                write!(f, ", {} only", fields.join(", "))?;
            }
        }
        Ok(())
    }
}
