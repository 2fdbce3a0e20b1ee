use migrate_core::{Checksum, Migration, Migrations, Mode, Phase, Version};

use super::moved::Action;
use crate::handover::Origin;

/// One migration to apply.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) module: &'static str,
    /// The names that the module had before.
    pub(crate) formerly: &'static [&'static str],
    pub(crate) migration: &'static Migration,
    /// The chain value to record: that of this migration behind what is recorded before it.
    pub(crate) chain: Checksum,
    /// The version before it in the chain, and its chain value: what must be recorded for the step to be right.
    pub(crate) predecessor: Option<(Version, Checksum)>,
    /// What has to be recorded of other modules.
    pub(crate) needs: Vec<Need>,
    pub(crate) earlier: Earlier,
    pub(crate) action: Action,
    /// The rows, under other modules, that have to keep older binaries out from now on.
    pub(crate) seals: Vec<Origin>,
    /// The module, where this is its first migration, the context has nothing of it, and nothing of another module comes
    /// between the migrations that its definitions stand for.
    pub(crate) fresh: Option<&'static Migrations>,
    /// Which phases of a phased migration are run; none of any other.
    pub(crate) phases: &'static [Phase],
    /// Whether a phased migration is applied in all phases, as the context has nothing of its module.
    pub(crate) at_once: bool,
}

/// A migration of another module that has to be recorded, with its chain value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) module: &'static str,
    pub(crate) version: Version,
    pub(crate) chain: Checksum,
}

/// What an earlier attempt left in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// Nothing.
    NoRow,
    /// A row that says that nothing was kept, which the new attempt replaces.
    Row,
    /// A row that only keeps others from applying the migration under a module that it was moved away from.
    Placeholder,
    /// The row of a stepwise migration, some of whose statements are committed: it is gone on with.
    Begun,
}

impl Step {
    /// Whether it runs its migration statement by statement.
    pub(crate) fn is_stepwise(&self) -> bool {
        matches!(self.action, Action::Run { .. }) && self.migration.mode() != Mode::Transaction
    }

    /// Whether its migration is phased, and not completed when the step is done.
    pub(super) fn leaves_incomplete(&self) -> bool {
        self.migration.mode() == Mode::Phased && self.phases.last() != Some(&Phase::Complete)
    }

    /// Whether there is anything to be done: of a phased migration, no phase may be due.
    pub(super) fn is_due(&self) -> bool {
        self.migration.mode() != Mode::Phased || !self.phases.is_empty()
    }
}
