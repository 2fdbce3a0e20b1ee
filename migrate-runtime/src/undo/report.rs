use std::fmt;
use std::time::Duration;

use migrate_core::Version;
use serde::{Serialize, Serializer};

use super::export::Exported;
use crate::context::Context;
use crate::refusal::number;

/// What was undone in a context: everything that the plan says.
///
/// `Display` is for a person; the JSON form is in `FORMATS.md`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
#[must_use = "it says what was undone"]
pub struct UndoReport {
    /// The context.
    #[serde(flatten)]
    pub context: Context,
    /// The migrations, in the order in which they were undone.
    pub undone: Vec<Undone>,
    /// What was exported before, where that was wanted.
    pub exported: Option<Exported>,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// How many queries were sent.
    pub round_trips: u64,
}

/// A migration that was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Undone {
    /// Its module.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Who did it.
    pub by: UndoneBy,
}

/// Who undid a migration of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoneBy {
    /// This very call.
    Us,
    /// Somebody else, or an earlier call with the same plan.
    Others,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, version, name, by } = self;
        write!(f, "{module} V{version}__{name}{}", if *by == UndoneBy::Others { " (by somebody else)" } else { "" })
    }
}

impl fmt::Display for UndoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.undone.len();
        write!(f, "{}: {count} migration{} undone", self.context, if count == 1 { "" } else { "s" })?;
        self.undone.iter().try_for_each(|undone| write!(f, "\n  {undone}"))?;
        self.exported.iter().try_for_each(|exported| write!(f, "\n{exported}"))
    }
}
