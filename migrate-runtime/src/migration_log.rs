use migrate_core::Version;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Database;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::migrator::Migrator;
use crate::reading::Reading;

/// Which entries of the log are wanted: unless told otherwise, the last 20 of each context.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct LogFilter {
    last: usize,
    module: Option<String>,
    version: Option<Version>,
}

/// One event of a context's log, `_migration_log`. As JSON it is the record as it stands there, but for its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LogEntry(Map<String, Value>);

impl Default for LogFilter {
    fn default() -> Self {
        Self { last: 20, module: None, version: None }
    }
}

impl LogFilter {
    /// The last so many.
    pub fn last(self, entries: usize) -> Self {
        Self { last: entries, ..self }
    }

    /// Only those of this module.
    pub fn module(self, name: impl Into<String>) -> Self {
        Self { module: Some(name.into()), ..self }
    }

    /// Only those of this version.
    pub fn version(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }

    fn statement(&self) -> (String, Map<String, Value>) {
        let mut variables = Map::new();
        variables.insert("_migrate_last".to_owned(), self.last.into());
        let mut conditions = Vec::new();
        if let Some(module) = &self.module {
            variables.insert("_migrate_module".to_owned(), module.as_str().into());
            conditions.push("module = $_migrate_module");
        }
        if let Some(version) = self.version {
            variables.insert("_migrate_version".to_owned(), version.get().into());
            conditions.push("version = $_migrate_version");
        }
        let mut text = "SELECT * FROM _migration_log".to_owned();
        if !conditions.is_empty() {
            text = format!("{text} WHERE {}", conditions.join(" AND "));
        }
        (format!("{text} ORDER BY at DESC, version DESC, id DESC LIMIT $_migrate_last"), variables)
    }
}

impl LogEntry {
    /// When it happened, by the server's clock, as the database writes it.
    pub fn at(&self) -> &str {
        self.text("at").unwrap_or_default()
    }

    /// What happened, in one word, such as `applied` or `failed`.
    pub fn event(&self) -> &str {
        self.text("event").unwrap_or_default()
    }

    /// The module that it happened to.
    pub fn module(&self) -> Option<&str> {
        self.text("module")
    }

    /// The version that it happened to.
    pub fn version(&self) -> Option<Version> {
        self.0.get("version").and_then(Value::as_u64).and_then(Version::new)
    }

    /// The name of the migration.
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The name of the binary that did it.
    pub fn binary(&self) -> Option<&str> {
        self.0.get("by")?.get("binary")?.as_str()
    }

    /// What the database said, where it went wrong.
    pub fn error(&self) -> Option<&str> {
        let error = self.0.get("error")?;
        error.as_str().or_else(|| error.get("message")?.as_str())
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    fn read(row: Value) -> Result<Self, String> {
        let Value::Object(mut row) = row else { return Err(format!("an entry of the log is {row}")) };
        row.remove("id");
        let entry = Self(row);
        match (entry.text("at"), entry.text("event")) {
            (Some(_), Some(_)) => Ok(entry),
            _ => Err(format!("an entry of the log says neither when nor what: {}", Value::Object(entry.0))),
        }
    }
}

impl Migrator {
    /// The last entries of the log of each context of a fleet, the oldest of them first. A context without a log has
    /// none. Nothing is written and nothing created.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are. Why one of them could not be read is in its [`Reading`].
    pub async fn log<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        filter: &LogFilter,
    ) -> Result<Vec<Reading<Vec<LogEntry>>>, FleetError> {
        let (statement, variables) = filter.statement();
        let readings = self.read_each(database, fleet, &statement, &variables).await?;
        Ok(readings.into_iter().map(|reading| reading.understood(entries)).collect())
    }
}

fn entries(rows: Option<Value>) -> Result<Vec<LogEntry>, String> {
    match rows {
        None => Ok(Vec::new()),
        Some(Value::Array(rows)) => rows.into_iter().rev().map(LogEntry::read).collect(),
        Some(other) => Err(format!("the log is {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_are_the_oldest_first_and_keep_what_is_not_known() {
        let rows = json!([
            { "id": "b", "at": "2", "event": "failed", "version": 2, "error": { "message": "no" }, "new": 1 },
            { "id": "a", "at": "1", "event": "applied", "module": "app", "version": 1, "by": { "binary": "x" } },
        ]);
        let [first, last] = &entries(Some(rows)).unwrap()[..] else { panic!("two entries") };
        assert_eq!((first.event(), first.binary(), first.version()), ("applied", Some("x"), Version::new(1)));
        assert_eq!((last.error(), last.module()), (Some("no"), None));
        assert_eq!(serde_json::to_value(last).unwrap()["new"], 1);
    }

    #[test]
    fn what_is_no_entry_is_an_error_and_not_left_out() {
        assert!(entries(Some(json!([{ "at": "1" }]))).is_err());
        assert!(entries(Some(json!(7))).is_err());
        assert_eq!(entries(None), Ok(Vec::new()));
    }

    #[test]
    fn names_are_bound_and_never_part_of_the_text() {
        let (text, variables) = LogFilter::default().module("a'; REMOVE TABLE x").last(3).statement();
        assert!(!text.contains("REMOVE"), "{text}");
        assert_eq!(variables["_migrate_last"], 3);
    }
}
