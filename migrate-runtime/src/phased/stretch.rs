use std::ops::Range;

use migrate_core::{Migration, Phase, Phased};

/// What of a migration is run at a stretch, under one lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// All statements of a stepwise migration.
    Statements,
    /// One phase of a phased one.
    Phase(Phase),
}

impl Stretch {
    /// Which of the migration's units it runs: its statements, or the steps of all its phases.
    pub(crate) fn range(self, migration: &Migration) -> Range<usize> {
        match self {
            Self::Statements => 0..migration.statements().len(),
            Self::Phase(phase) => migration.phased().map_or(0..0, |phased| Phased::range(phased, phase)),
        }
    }

    /// The status while it is not done.
    pub(crate) const fn running(self) -> &'static str {
        match self {
            Self::Statements => "running",
            Self::Phase(Phase::Start) => "running_start",
            Self::Phase(Phase::Complete) => "running_complete",
            Self::Phase(Phase::Rollback) => "running_rollback",
        }
    }

    /// The status when it is done, which is the word of the log as well.
    pub(crate) const fn done(self) -> &'static str {
        match self {
            Self::Statements | Self::Phase(Phase::Complete) => "applied",
            Self::Phase(Phase::Start) => "ready_to_complete",
            Self::Phase(Phase::Rollback) => "rolled_back",
        }
    }

    /// The condition of a ledger row that it can go on from.
    pub(crate) const fn entered_from(self) -> &'static str {
        match self {
            Self::Statements => "status IN ['running', 'failed']",
            Self::Phase(Phase::Start) => "(status = 'running_start' OR (status = 'failed' AND phase = 'start'))",
            Self::Phase(Phase::Complete) => {
                "(status IN ['ready_to_complete', 'running_complete'] OR (status = 'failed' AND phase = 'complete'))"
            }
            Self::Phase(Phase::Rollback) => {
                "(status IN ['running_start', 'ready_to_complete', 'running_rollback'] \
                 OR (status = 'failed' AND phase IN ['start', 'rollback']))"
            }
        }
    }

    pub(crate) const fn phase(self) -> Option<Phase> {
        match self {
            Self::Statements => None,
            Self::Phase(phase) => Some(phase),
        }
    }
}
