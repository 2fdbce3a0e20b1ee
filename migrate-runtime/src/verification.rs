use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::context::Context;
use crate::plan::{Ahead, Incomplete};
use crate::refusal::Refusal;

/// What the ledgers of a fleet hold, and what the fleet index said of them.
///
/// `Display` is for a person. As JSON it is one object: the counts `contexts`, `up_to_date` and `repaired`; `index_usable`,
/// which is null without an index; `findings`, an object per context that is not up to date or of which the index was not
/// right; `elapsed_ms` and `round_trips`.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
#[must_use = "a verification says which contexts are not as they should be"]
pub struct Verification {
    /// How many contexts there are.
    pub contexts: usize,
    /// How many of them are up to date, by their own ledgers.
    pub up_to_date: usize,
    /// How many rows of the index were not right and are now.
    pub repaired: usize,
    /// Whether the fleet index could be used, or `None` without one.
    #[serde(rename = "index_usable")]
    pub index_is_usable: Option<bool>,
    /// Every context that is not up to date, or of which the index was not right.
    pub findings: Vec<Finding>,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "millis")]
    pub elapsed: Duration,
    /// How many queries were sent.
    pub round_trips: u64,
}

/// What was found of one context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The context.
    #[serde(flatten)]
    pub context: Context,
    /// What its own ledger holds.
    pub ledger: LedgerFinding,
    /// What the fleet index said of it.
    pub index: IndexFinding,
}

/// What a context's own ledger holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LedgerFinding {
    /// Everything that this binary knows, and nothing else.
    UpToDate,
    /// Less than that.
    Pending {
        /// How many migrations would be applied.
        migrations: usize,
    },
    /// Later versions, none of which break this binary.
    Ahead {
        /// The modules, each with its latest version.
        modules: Vec<Ahead>,
    },
    /// All that can be applied, behind a phased migration that is not completed.
    Incomplete {
        /// The phased migrations.
        migrations: Vec<Incomplete>,
    },
    /// What keeps the context from being served.
    Refused(Refusal),
    /// The context does not exist.
    Absent,
}

/// What the fleet index said of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IndexFinding {
    /// There is no index, or it could not be asked.
    NotAsked,
    /// The truth.
    Right,
    /// That the context is up to date, which it is not: it was restored from a backup, or migrated without the index.
    Wrong {
        /// Whether its row was written anew.
        repaired: bool,
    },
    /// That the context is not up to date, which it is.
    Behind {
        /// Whether its row was written anew.
        repaired: bool,
    },
    /// Nothing.
    Missing {
        /// Whether its row was written.
        repaired: bool,
    },
}

impl LedgerFinding {
    /// Whether there is a ledger from which the row can be written.
    pub(crate) const fn is_readable(&self) -> bool {
        !matches!(self, Self::Absent | Self::Refused(Refusal::Unavailable { .. } | Refusal::Unreadable { .. }))
    }
}

impl IndexFinding {
    /// Whether the index said something else than the ledger.
    pub const fn is_wrong(&self) -> bool {
        self.repaired().is_some()
    }

    /// Whether its row was written anew, or `None` where there was no need.
    pub const fn repaired(&self) -> Option<bool> {
        match self {
            Self::NotAsked | Self::Right => None,
            Self::Wrong { repaired } | Self::Behind { repaired } | Self::Missing { repaired } => Some(*repaired),
        }
    }

    pub(crate) const fn not_repaired(&mut self) {
        match self {
            Self::NotAsked | Self::Right => {}
            Self::Wrong { repaired } | Self::Behind { repaired } | Self::Missing { repaired } => *repaired = false,
        }
    }
}

impl Verification {
    /// Whether every context is up to date and the index, where there is one, said so.
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.contexts += 1;
        self.up_to_date += usize::from(finding.ledger == LedgerFinding::UpToDate);
        self.repaired += usize::from(finding.index.repaired() == Some(true));
        if finding.ledger != LedgerFinding::UpToDate || finding.index.is_wrong() {
            self.findings.push(finding);
        }
    }

    pub(crate) fn sort(&mut self) {
        self.findings.sort_by(|one, other| one.context.cmp(&other.context));
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} contexts are up to date", self.up_to_date, self.contexts)?;
        match self.index_is_usable {
            None => {}
            Some(true) => write!(f, ", {} rows of the index were put right", self.repaired)?,
            Some(false) => f.write_str(", the index could not be used")?,
        }
        write!(f, "    {:.1?}, {} round trips", self.elapsed, self.round_trips)?;
        for Finding { context, ledger, index } in &self.findings {
            write!(f, "\n{context}   ")?;
            match ledger {
                LedgerFinding::UpToDate => f.write_str("up to date")?,
                LedgerFinding::Pending { migrations } => write!(f, "{migrations} pending")?,
                LedgerFinding::Ahead { .. } => f.write_str("ahead")?,
                LedgerFinding::Incomplete { migrations } => {
                    for Incomplete { module, version, state, .. } in migrations {
                        write!(f, "{module} V{version} {state} ")?;
                    }
                }
                LedgerFinding::Refused(refusal) => write!(f, "{refusal}")?,
                LedgerFinding::Absent => f.write_str("does not exist")?,
            }
            f.write_str(match index {
                IndexFinding::NotAsked | IndexFinding::Right => "",
                IndexFinding::Wrong { .. } => "   (the index said: up to date)",
                IndexFinding::Behind { .. } => "   (the index said: not up to date)",
                IndexFinding::Missing { .. } => "   (the index knew nothing of it)",
            })?;
        }
        Ok(())
    }
}

fn millis<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
