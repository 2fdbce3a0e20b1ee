//! Where every context of a fleet stands, read without writing or creating anything.

mod look;

use std::fmt;
use std::time::Duration;

use migrate_core::Version;
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::context::Context;
use crate::outcome::{Applied, Evidence};
use crate::plan::Ahead;
use crate::refusal::{Refusal, number};
use crate::verification::IndexFinding;

/// Where the contexts of a fleet stand, in the fleet's order.
///
/// As JSON it is one object: the counts `contexts`, `up_to_date`, `pending`, `ahead`, `refused` and `absent`, of which the
/// last five add up to the first; `index_usable`, which is null where no index was asked; `statuses`, an object per
/// context; `elapsed_ms` and `round_trips`.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a status says which contexts are not as they should be"]
pub struct FleetStatus {
    /// Every context, in the fleet's order.
    pub contexts: Vec<ContextStatus>,
    /// Whether the fleet index could be asked, or `None` where there was no need.
    pub index_is_usable: Option<bool>,
    /// How long it took.
    pub elapsed: Duration,
    /// How many queries were sent.
    pub round_trips: u64,
}

/// Where one context stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContextStatus {
    /// The context.
    pub context: Context,
    /// What would become of it.
    pub state: ContextState,
    /// The modules of this binary in their order, and behind them those that only the database knows.
    pub modules: Vec<ModuleStatus>,
    /// How it is known.
    pub evidence: Evidence,
    /// The undos that failed, where its ledger was read: of a migration that is applied as before, or of one of which nobody
    /// knows what is left, so that the context is refused.
    pub failed_undos: Vec<FailedUndo>,
    /// What the fleet index says of it, where both the index and the ledger were asked. Nothing of it was put right.
    pub index: IndexFinding,
}

/// What would become of a context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContextState {
    /// Nothing: it has everything that this binary knows.
    UpToDate,
    /// Migrations would be applied.
    Pending {
        /// Which, in order.
        migrations: Vec<Applied>,
    },
    /// Nothing: it knows later versions, none of which break this binary.
    Ahead {
        /// The modules, each with its latest version.
        modules: Vec<Ahead>,
    },
    /// It would not be served.
    Refused(Refusal),
    /// It does not exist.
    Absent,
}

/// A migration that somebody failed to undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FailedUndo {
    /// Its module.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub left: UndoLeft,
    /// Why the undo failed.
    pub message: String,
}

/// What a failed undo left of its migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoLeft {
    /// The undo was taken back: the migration is applied as before.
    Applied,
    /// The undo is torn: nobody knows which of its statements ran.
    Unknown,
}

impl fmt::Display for FailedUndo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, version, name, left, message } = self;
        write!(f, "the undo of {module} V{version}__{name} failed: {message}; ")?;
        f.write_str(match left {
            UndoLeft::Applied => "it was taken back",
            UndoLeft::Unknown => "nobody knows which of its statements ran",
        })
    }
}

/// The versions of one module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModuleStatus {
    /// The module.
    pub module: String,
    /// The latest version that the database has; `None` where it has nothing of the module or could not be read.
    #[serde(serialize_with = "version")]
    pub recorded: Option<Version>,
    /// The latest version that the migrator goes to; `None` where it does not know the module.
    #[serde(serialize_with = "version")]
    pub known: Option<Version>,
}

impl ContextState {
    /// In one word, as the `state` of its JSON form.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::UpToDate => "up_to_date",
            Self::Pending { .. } => "pending",
            Self::Ahead { .. } => "ahead",
            Self::Refused(_) => "refused",
            Self::Absent => "absent",
        }
    }
}

impl fmt::Display for ContextState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpToDate => f.write_str("up to date"),
            Self::Pending { migrations } => write!(f, "{} pending", migrations.len()),
            Self::Ahead { .. } => f.write_str("ahead"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::Absent => f.write_str("does not exist"),
        }
    }
}

impl FleetStatus {
    /// How many contexts are in a state of this [word](ContextState::word).
    pub fn count(&self, word: &str) -> usize {
        self.contexts.iter().filter(|status| status.state.word() == word).count()
    }

    /// Of how many contexts the fleet index says something else than their ledgers.
    pub fn wrong_in_index(&self) -> usize {
        self.contexts.iter().filter(|status| status.index.is_wrong()).count()
    }
}

impl Serialize for FleetStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("contexts", &self.contexts.len())?;
        for word in ["up_to_date", "pending", "ahead", "refused", "absent"] {
            map.serialize_entry(word, &self.count(word))?;
        }
        map.serialize_entry("index_usable", &self.index_is_usable)?;
        map.serialize_entry("statuses", &self.contexts)?;
        map.serialize_entry("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        map.serialize_entry("round_trips", &self.round_trips)?;
        map.end()
    }
}

impl Serialize for ContextStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        let Value::Object(mut state) = serde_json::to_value(&self.state).map_err(S::Error::custom)? else {
            return Err(S::Error::custom("a state is no object"));
        };
        match &self.state {
            // Its modules are told below, with all others.
            ContextState::Ahead { .. } => drop(state.remove("modules")),
            ContextState::Refused(refusal) => drop(state.insert("reason".to_owned(), refusal.to_string().into())),
            _ => {}
        }
        state.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
        map.serialize_entry("modules", &self.modules)?;
        let evidence = match self.evidence {
            Evidence::Ledger => "ledger",
            Evidence::Index => "index",
        };
        map.serialize_entry("failed_undos", &self.failed_undos)?;
        map.serialize_entry("evidence", evidence)?;
        map.serialize_entry("index", &self.index)?;
        map.end()
    }
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn version<S: Serializer>(version: &Option<Version>, serializer: S) -> Result<S::Ok, S::Error> {
    match version {
        Some(version) => serializer.serialize_u64(version.get()),
        None => serializer.serialize_none(),
    }
}
