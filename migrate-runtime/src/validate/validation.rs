use std::fmt;
use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::finding::{FindingSeverity, ValidationFinding};
use crate::context::Context;
use crate::listing::Presence;
use crate::live::LiveSchemaError;
use crate::outcome::Applied;
use crate::refusal::Refusal;

/// What is to be expected of the pending migrations of one context.
///
/// `Display` is for a person. As JSON it is one object: `namespace`, `database`, `presence`, `verdict`, `pending`, `findings`,
/// `skipped`, `elapsed_ms` and `round_trips`.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a validation says whether the migrations can be applied"]
pub struct Validation {
    /// The context.
    pub context: Context,
    /// Whether it exists. One that does not was taken for an empty one.
    pub presence: Presence,
    /// The migrations that would be applied, in order.
    pub pending: Vec<Applied>,
    /// What was found, in the order of the phases, and in each in that of the migrations.
    pub findings: Vec<ValidationFinding>,
    /// What could not be looked at, and why.
    pub skipped: Vec<Skipped>,
    /// How long it took.
    pub elapsed: Duration,
    /// How many queries were sent.
    pub round_trips: u64,
}

/// What a validation did not look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// The migration, where one is meant.
    #[serde(flatten)]
    pub migration: Option<Applied>,
    /// What was not done with it, and why.
    pub reason: String,
}

/// What a validation comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ValidationVerdict {
    /// Nothing was found.
    Pass,
    /// A person should know something.
    PassWithWarnings,
    /// A migration would fail, or breaks a policy.
    Fail,
}

/// Why a context could not be validated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// Its schema and its ledger could not be read.
    #[error(transparent)]
    Schema(#[from] LiveSchemaError),
    /// The migrator would refuse it before it applies anything, or it could not be asked.
    #[error("{0}")]
    Refused(Refusal),
}

impl Validation {
    /// What it comes to.
    pub fn verdict(&self) -> ValidationVerdict {
        match self.findings.iter().map(|finding| finding.severity).max() {
            None => ValidationVerdict::Pass,
            Some(FindingSeverity::Warning) => ValidationVerdict::PassWithWarnings,
            Some(FindingSeverity::Error) => ValidationVerdict::Fail,
        }
    }

    /// Whether the migrations can be applied, with nothing that a person should think over first.
    pub fn can_apply(&self) -> bool {
        self.verdict() == ValidationVerdict::Pass
    }

    /// Whether they can be applied by somebody who knows the warnings.
    pub fn can_apply_with_force(&self) -> bool {
        self.verdict() != ValidationVerdict::Fail
    }
}

impl fmt::Display for ValidationVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "PASS",
            Self::PassWithWarnings => "PASS_WITH_WARNINGS",
            Self::Fail => "FAIL",
        })
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}   {}   {} pending", self.verdict(), self.context, self.pending.len())?;
        if self.presence == Presence::Absent {
            f.write_str(", does not exist and was taken for empty")?;
        }
        write!(f, "    {:.1?}, {} round trips", self.elapsed, self.round_trips)?;
        for finding in &self.findings {
            write!(f, "\n{finding}\n    = help: {}", finding.remedy)?;
        }
        for Skipped { migration, reason } in &self.skipped {
            match migration {
                Some(Applied { module, version, name }) => {
                    write!(f, "\nskipped   {module} V{version}__{name}: {reason}")?;
                }
                None => write!(f, "\nskipped   {reason}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Validation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        map.serialize_entry("presence", &self.presence)?;
        map.serialize_entry("verdict", &self.verdict())?;
        map.serialize_entry("pending", &self.pending)?;
        map.serialize_entry("findings", &self.findings)?;
        map.serialize_entry("skipped", &self.skipped)?;
        map.serialize_entry("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        map.serialize_entry("round_trips", &self.round_trips)?;
        map.end()
    }
}
