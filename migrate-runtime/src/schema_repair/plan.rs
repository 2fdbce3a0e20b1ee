use std::fmt;

use migrate_core::{Checksum, DifferenceClass, Object, UndoSafety, Version};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::history::{LedgerRepair, LedgerRepaired};
use super::risk::SchemaRepairLoss;
use super::statement::SchemaRepairStatement;
use super::way::Way;
use crate::context::Context;
use crate::live::SchemaDifference;

/// What a repair of one context's schema would do, in the very statements, and what that costs.
///
/// It is good for the schema and the ledger that it was made from: [`Migrator::repair_schema`](crate::Migrator::repair_schema)
/// refuses it once they have changed. `Display` is for a person; the JSON form is in `FORMATS.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a plan repairs nothing by itself"]
pub struct SchemaRepairPlan {
    pub(super) context: Context,
    /// What was asked for.
    pub(super) to: Option<(String, Version)>,
    pub(super) unmanaged: crate::live::Unmanaged,
    /// Every module of which anything is recorded afterwards, with its version then.
    pub(super) versions: Vec<(&'static str, Version)>,
    pub(super) differences: Vec<SchemaDifference>,
    pub(super) way: Way,
    pub(super) clearing: Vec<SchemaRepairStatement>,
    pub(super) losses: Vec<SchemaRepairLoss>,
    pub(super) ledger: Vec<LedgerRepair>,
    pub(super) strangers: Vec<Object>,
}

impl SchemaRepairPlan {
    /// The context.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Every module of which anything is recorded afterwards, with the version that it is at then.
    pub fn versions(&self) -> &[(&'static str, Version)] {
        &self.versions
    }

    /// How the live schema differs from what it should be, as far as that means something.
    pub fn differences(&self) -> impl Iterator<Item = &SchemaDifference> {
        self.differences.iter().filter(|one| one.class() == DifferenceClass::Real)
    }

    /// The statements, in order: those that are run in one transaction, and behind them the ones of which each builds an index
    /// over rows while the database goes on.
    pub fn statements(&self) -> impl Iterator<Item = &SchemaRepairStatement> {
        self.at_once().chain(&self.way.builds)
    }

    pub(super) fn at_once(&self) -> impl Iterator<Item = &SchemaRepairStatement> {
        self.way.at_once.iter().chain(&self.clearing)
    }

    /// What becomes of ledger rows.
    pub fn ledger(&self) -> &[LedgerRepair] {
        &self.ledger
    }

    /// What is lost.
    pub fn losses(&self) -> &[SchemaRepairLoss] {
        &self.losses
    }

    /// What is there, no module of the ledger defines and nobody declared unmanaged. It is left as it is, and
    /// [`drift`](crate::Migrator::drift) goes on naming it.
    pub fn strangers(&self) -> &[Object] {
        &self.strangers
    }

    /// The worst of what is lost: safe, where nothing is.
    pub fn safety(&self) -> UndoSafety {
        self.losses.iter().map(|loss| loss.safety).max().unwrap_or(UndoSafety::Safe)
    }

    /// Whether somebody has to agree to it beforehand.
    pub fn requires_approval(&self) -> bool {
        self.safety() > UndoSafety::Safe
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.statements().next().is_none() && self.ledger.is_empty()
    }

    /// Whether it does the same as another one, whatever rows there are by now.
    pub(super) fn does_what(&self, other: &Self) -> bool {
        let what = |plan: &Self| (plan.way.clone(), plan.clearing.clone(), plan.ledger.clone(), plan.versions.clone());
        what(self) == what(other) && self.differences == other.differences
    }

    /// The SHA-256 of the statements as they are shown, each ended by `;` and a line feed: what the log records.
    pub fn checksum(&self) -> Checksum {
        checksum(self.statements())
    }
}

/// The checksum of statements as they are shown.
pub(super) fn checksum<'a>(statements: impl Iterator<Item = &'a SchemaRepairStatement>) -> Checksum {
    let mut hash = Sha256::new();
    for one in statements {
        hash.update(&one.statement);
        hash.update(";\n");
    }
    Checksum::from_bytes(hash.finalize().into())
}

impl fmt::Display for LedgerRepair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, version, name, becomes, was, .. } = self;
        let becomes = match becomes {
            LedgerRepaired::Applied => "applied",
            LedgerRepaired::RolledBack => "rolled_back",
        };
        write!(f, "{module} V{version}__{name}: {} → {becomes}", was.as_deref().unwrap_or("no row"))
    }
}

impl fmt::Display for SchemaRepairPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions: Vec<_> = self.versions.iter().map(|(module, version)| format!("{module} V{version}")).collect();
        write!(f, "repair of the schema of {} to {}: ", self.context, versions.join(", "))?;
        match (self.is_empty(), self.statements().count()) {
            (true, _) => f.write_str("nothing to do")?,
            (false, 1) => f.write_str("1 statement")?,
            (false, count) => write!(f, "{count} statements")?,
        }
        if self.requires_approval() {
            write!(f, ", to be approved as {}", self.safety())?;
        }
        for (at, one) in self.at_once().enumerate() {
            write!(f, "\n{}. {};", at + 1, one.statement)?;
        }
        let done = self.at_once().count();
        if !self.way.builds.is_empty() {
            f.write_str("\nthen, each while the database goes on, as there are rows:")?;
        }
        for (at, one) in self.way.builds.iter().enumerate() {
            write!(f, "\n{}. {};", done + at + 1, one.statement)?;
        }
        self.ledger.iter().try_for_each(|one| write!(f, "\nledger   {one}"))?;
        self.losses.iter().try_for_each(|one| write!(f, "\nloses    {} ({})", one.reason, one.safety))?;
        self.strangers
            .iter()
            .try_for_each(|object| write!(f, "\nleft     {object}, which no module that is recorded defines"))
    }
}

impl Serialize for SchemaRepairPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        map.serialize_entry("versions", &Versions(&self.versions))?;
        map.serialize_entry("differences", &self.differences().collect::<Vec<_>>())?;
        map.serialize_entry("statements", &self.statements().collect::<Vec<_>>())?;
        map.serialize_entry("checksum", &self.checksum().to_string())?;
        map.serialize_entry("ledger", &self.ledger)?;
        map.serialize_entry("safety", self.safety().word())?;
        map.serialize_entry("requires_approval", &self.requires_approval())?;
        map.serialize_entry("losses", &self.losses)?;
        map.serialize_entry("strangers", &self.strangers.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        map.end()
    }
}

/// Modules with their versions.
pub(super) struct Versions<'a>(pub(super) &'a [(&'static str, Version)]);

impl Serialize for Versions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Of {
            module: &'static str,
            version: u64,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for &(module, version) in self.0 {
            list.serialize_element(&Of { module, version: version.get() })?;
        }
        list.end()
    }
}
