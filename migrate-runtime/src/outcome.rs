use std::time::Duration;

use migrate_core::Version;
use serde::Serialize;

use crate::context::Context;
use crate::plan::{Ahead, Incomplete, Stranger};
use crate::refusal::{Refusal, number};

/// What became of one context.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContextReport {
    /// The context.
    pub context: Context,
    /// How it ended.
    pub outcome: Outcome,
    /// The migrations that were applied, in order. A refused context may have some, from before the one that failed.
    pub applied: Vec<Applied>,
    /// The modules of which the database has later versions than this migrator goes to, none of which break it. A context
    /// may have some although other modules of it were migrated.
    pub ahead: Vec<Ahead>,
    /// The modules that the database knows and this binary does not have.
    pub strangers: Vec<Stranger>,
    /// The phased migrations that are not completed here. Not known where the context is refused.
    pub incomplete: Vec<Incomplete>,
    /// How long it took.
    pub elapsed: Duration,
    /// How it is known.
    pub evidence: Evidence,
    /// How many transactions came to nothing, since somebody else was faster or in the way.
    pub(crate) in_vain: u32,
}

/// How it is known what a context is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Its own ledger was asked.
    Ledger,
    /// The fleet index says so, which does not know of a tenant that was restored in place from a backup.
    Index,
}

/// How bringing a context up to date ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There was nothing to do.
    UpToDate,
    /// Migrations were applied, and it is up to date now, or [`ahead`](ContextReport::ahead) in other modules.
    Migrated,
    /// Nothing to do: the database has later versions, none of which break this binary.
    Ahead(Vec<Ahead>),
    /// It must not be served.
    Refused(Refusal),
}

/// A migration that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Applied {
    /// Its module.
    pub module: &'static str,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name.
    pub name: &'static str,
}

impl ContextReport {
    /// A context that the fleet index confirmed.
    pub(crate) const fn confirmed(context: Context, strangers: Vec<Stranger>, elapsed: Duration) -> Self {
        Self {
            context,
            outcome: Outcome::UpToDate,
            applied: Vec::new(),
            ahead: Vec::new(),
            strangers,
            incomplete: Vec::new(),
            elapsed,
            evidence: Evidence::Index,
            in_vain: 0,
        }
    }

    /// Whether somebody else had done all of it, which was found out by trying.
    pub(crate) const fn is_overtaken(&self) -> bool {
        self.in_vain > 0 && self.applied.is_empty() && matches!(self.outcome, Outcome::UpToDate | Outcome::Ahead(_))
    }

    /// Whether the context can be served.
    pub const fn is_served(&self) -> bool {
        self.refusal().is_none()
    }

    /// Why the context is refused, or `None` when it can be served.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match &self.outcome {
            Outcome::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}
