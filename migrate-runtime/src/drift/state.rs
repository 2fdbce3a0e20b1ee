use std::fmt;
use std::sync::Arc;

use migrate_core::{DifferenceClass, Object, Version};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::context::Context;
use crate::live::SchemaDifference;
use crate::plan::{Ahead, Stranger};
use crate::refusal::Refusal;
use crate::snapshot::SnapshotFormatError;

/// What was found in one context.
///
/// As JSON it is one object: `namespace`, `database`, `state` (`in_sync`, `drifted` with `differences`, `unknown` with `kind`
/// and `reason`), `pending`, `ahead` and `strangers`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContextDrift {
    /// The context.
    pub context: Context,
    /// Whether its schema is what it should be.
    pub state: DriftState,
    /// How many migrations it lacks: that is no drift.
    pub pending: usize,
    /// The modules of which it knows later versions than this binary.
    pub ahead: Vec<Ahead>,
    /// The modules that it knows and this binary does not have.
    pub strangers: Vec<Stranger>,
}

/// Whether a schema is what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriftState {
    /// It is, text for text.
    InSync,
    /// It is not: these objects differ, in the order of objects, really or in formatting. Contexts that differ in the same way
    /// share one list.
    Drifted(Arc<[SchemaDifference]>),
    /// Nobody can tell.
    Unknown(DriftUnknown),
}

/// Why it is not known whether a schema is what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum DriftUnknown {
    /// There is no such database. It was not created.
    #[error("it does not exist")]
    Absent,
    /// It could not be entered, or the database could not be reached until the deadline.
    #[error("it could not be read: {reason}")]
    Unavailable { reason: String },
    /// What the database reported is not what a database of a known version reports.
    #[error("its schema could not be understood: {reason}")]
    Unreadable { reason: String },
    /// Nothing is recorded there, and there is a schema: a baseline would take it over.
    #[error("it has {objects} objects and no ledger: take it over with a baseline")]
    Unrecorded { objects: usize },
    /// Its ledger does not say which versions it is at.
    #[error("its ledger does not say where it is: {0}")]
    Ledger(Refusal),
    /// Some statements of a migration are applied, and some are not.
    #[error("it is in the middle of {module} V{version}")]
    MidMigration { module: String, version: Version },
    /// It knows versions or modules that this binary does not have, and no snapshot of those versions explains these objects.
    #[error("it cannot be compared in full: {} may be the work of {by}, and no stored snapshot tells", objects_of(.objects))]
    Unexplained { by: String, objects: Vec<Object> },
    /// It has no stored snapshot to be held against.
    #[error("it has no stored snapshot")]
    NoSnapshot,
    /// Its newest snapshot is of other versions than its ledger.
    #[error("its newest snapshot, of {taken_at}, is of other versions than its ledger")]
    OutdatedSnapshot { taken_at: String },
    /// Its newest snapshot cannot be read.
    #[error("its newest snapshot cannot be read: {0}")]
    Snapshot(SnapshotFormatError),
}

fn objects_of(objects: &[Object]) -> String {
    match objects {
        [object] => object.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => "nothing".to_owned(),
    }
}

impl DriftState {
    /// The differences, where there are any.
    pub fn differences(&self) -> &[SchemaDifference] {
        match self {
            Self::Drifted(differences) => differences,
            Self::InSync | Self::Unknown(_) => &[],
        }
    }

    /// How much the differences mean, where there are any: the most harmful of them counts.
    pub fn class(&self) -> Option<DifferenceClass> {
        self.differences().iter().map(SchemaDifference::class).max()
    }

    /// Whether it is known, and nothing differs but in formatting.
    pub fn is_same(&self) -> bool {
        !matches!(self, Self::Unknown(_)) && self.class() != Some(DifferenceClass::Real)
    }
}

impl DriftUnknown {
    /// One word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unavailable { .. } => "unavailable",
            Self::Unreadable { .. } => "schema_unreadable",
            Self::Unrecorded { .. } => "unrecorded",
            Self::Ledger(refusal) => refusal.kind(),
            Self::MidMigration { .. } => "mid_migration",
            Self::Unexplained { .. } => "unexplained",
            Self::NoSnapshot => "no_snapshot",
            Self::OutdatedSnapshot { .. } => "outdated_snapshot",
            Self::Snapshot(_) => "snapshot_unreadable",
        }
    }
}

/// A difference with how much it means.
#[derive(Serialize)]
pub(super) struct Classed<'a> {
    #[serde(flatten)]
    difference: &'a SchemaDifference,
    class: &'static str,
}

impl<'a> Classed<'a> {
    pub(super) fn new(difference: &'a SchemaDifference) -> Self {
        Self { difference, class: difference.class().word() }
    }
}

impl Serialize for ContextDrift {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        match &self.state {
            DriftState::InSync => map.serialize_entry("state", "in_sync")?,
            DriftState::Drifted(differences) => {
                map.serialize_entry("state", "drifted")?;
                map.serialize_entry("differences", &differences.iter().map(Classed::new).collect::<Vec<_>>())?;
            }
            DriftState::Unknown(why) => {
                map.serialize_entry("state", "unknown")?;
                map.serialize_entry("kind", why.kind())?;
                map.serialize_entry("reason", &why.to_string())?;
            }
        }
        map.serialize_entry("pending", &self.pending)?;
        map.serialize_entry("ahead", &self.ahead)?;
        map.serialize_entry("strangers", &self.strangers)?;
        map.end()
    }
}

impl fmt::Display for ContextDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            DriftState::InSync => write!(f, "in sync    {}", self.context)?,
            DriftState::Drifted(differences) => {
                write!(f, "drifted    {}", self.context)?;
                differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))?;
            }
            DriftState::Unknown(why) => write!(f, "unknown    {}   {why}", self.context)?,
        }
        if self.pending > 0 {
            write!(f, "\n  {} migrations are pending, which is no drift", self.pending)?;
        }
        for Ahead { module, version, .. } in &self.ahead {
            write!(f, "\n  {module} is at V{version}, which this binary does not know")?;
        }
        for Stranger { module, version } in &self.strangers {
            write!(f, "\n  {module} is at V{version}, a module that this binary does not have")?;
        }
        Ok(())
    }
}
