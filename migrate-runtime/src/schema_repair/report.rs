use std::fmt;
use std::time::Duration;

use migrate_core::{Checksum, Version};
use serde::{Serialize, Serializer};

use super::plan::Versions;
use crate::context::Context;

/// What a repair did to a context: its schema is what its ledger says.
///
/// `Display` is for a person; the JSON form is in `FORMATS.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "it says what was repaired"]
pub struct SchemaRepairReport {
    /// The context.
    #[serde(flatten)]
    pub context: Context,
    /// Every module of which anything is recorded, with its version.
    #[serde(serialize_with = "versions")]
    pub versions: Vec<(&'static str, Version)>,
    /// How many statements were run: none where there was nothing to do.
    pub statements: usize,
    /// Their checksum, as the log has it.
    #[serde(serialize_with = "text")]
    pub checksum: Checksum,
    /// How many ledger rows were written.
    pub ledger_rows: usize,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// How many queries were sent.
    pub round_trips: u64,
}

fn versions<S: Serializer>(versions: &[(&'static str, Version)], serializer: S) -> Result<S::Ok, S::Error> {
    Versions(versions).serialize(serializer)
}

fn text<S: Serializer>(checksum: &Checksum, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(checksum)
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

impl SchemaRepairReport {
    /// Whether there was nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.statements == 0 && self.ledger_rows == 0
    }
}

impl fmt::Display for SchemaRepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "{}: the schema is what it should be", self.context);
        }
        let s = |count: usize| if count == 1 { "" } else { "s" };
        let Self { statements, ledger_rows, .. } = self;
        write!(f, "{}: the schema is repaired by {statements} statement{}", self.context, s(*statements))?;
        if *ledger_rows > 0 {
            write!(f, ", and {ledger_rows} ledger row{} written", s(*ledger_rows))?;
        }
        Ok(())
    }
}
