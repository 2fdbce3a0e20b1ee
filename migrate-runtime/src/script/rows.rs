use serde_json::{Value, json};

use super::{Role, Script};

/// What only the database knows of an entry that is added to the log.
pub(crate) const LOGGED_NOW: &str = "rand::ulid() AS id, time::now() AS at";

/// What the log says of a migration with this ledger row, but for what only the database knows.
pub(crate) fn log_entry(row: &Value, event: &str) -> Value {
    json!({
        "event": event, "module": row["module"], "version": row["version"], "name": row["name"], "checksum": row["checksum"],
        "by": row["applied_by"],
    })
}

/// The same with one more field.
pub(crate) fn with(mut row: Value, field: &str, value: impl Into<Value>) -> Value {
    row[field] = value.into();
    row
}

impl Script {
    /// Adds rows to a table, each with the columns that only the database can tell (`expression AS column`, comma-separated).
    ///
    /// A query of its own puts them together: as a part of the `INSERT` it takes two and a half times as long, and a closure for each
    /// row longer still.
    pub(crate) fn insert(&mut self, at: usize, role: Role, table: &str, rows: Vec<Value>, computed: &str) {
        let bound = format!("_migrate_rows_{}", self.variables.len());
        self.push(at, role, &format!("LET ${bound}_whole = (SELECT *, {computed} FROM ${bound});\n"));
        self.push(at, role, &format!("INSERT INTO {table} ${bound}_whole RETURN NONE;\n"));
        self.variables.insert(bound, rows.into());
    }
}
