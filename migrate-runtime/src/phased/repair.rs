//! Reconciling the ledger row of a phased migration with the steps that it records.

use std::fmt;

use migrate_core::{Phase, Phased};
use serde::Serialize;

use super::state::PhasedState;
use super::status::RawStatus;

/// What a repair came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Repair {
    /// Where the migration stood.
    pub before: PhasedState,
    /// What was concluded from the recorded steps.
    pub concluded: Concluded,
}

/// What the recorded steps of a phased migration prove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "concluded", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Concluded {
    /// The row says what they prove.
    NothingToDo,
    /// All steps of its phase are on record as done, and so the phase is.
    Done {
        /// Where it stands now.
        state: PhasedState,
    },
    /// Its completion was begun, and no step of it was run: it is as if it had not been. It can be taken back, and older binaries go on
    /// there, unless all phases were to be run at once in a new context.
    NotBegun {
        /// Where it stands now.
        state: PhasedState,
    },
    /// A step is not on record as done. It counts as not run, and the phase goes on with it when it is asked to.
    NotRun {
        /// Where it stands now.
        state: PhasedState,
        /// The first step that is not on record.
        step: String,
    },
}

/// What is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mended {
    /// Where it stands.
    Stands { status: &'static str, phase: Phase, cursor: usize },
    /// That its completion was not begun.
    NotBegun,
}

/// Whether a completion that was begun can be put back by the migration's own row alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is all that says so.
    ByItsRow,
    /// Older binaries are told by rows under other names as well.
    ElsewhereToo,
}

/// Finds what the recorded steps prove. Nothing is concluded of a migration that is done or was never begun: its row may
/// have come to be without steps.
pub(super) fn conclude(phased: &Phased, row: &RawStatus, told: Told) -> (Repair, Option<Mended>) {
    let before = row.state();
    let nothing = Repair { before, concluded: Concluded::NothingToDo };
    if matches!(before, PhasedState::Applied | PhasedState::RolledBack | PhasedState::Pending) {
        return (nothing, None);
    }
    let phase = match before {
        PhasedState::RollingBack | PhasedState::RollbackFailed => Phase::Rollback,
        PhasedState::Completing | PhasedState::CompleteFailed => Phase::Complete,
        PhasedState::Torn => row.phase.as_deref().and_then(super::status::phase).unwrap_or(Phase::Start),
        _ => Phase::Start,
    };
    // A completion stands on the whole start.
    let first = if phase == Phase::Complete { 0 } else { phased.range(phase).start };
    let end = phased.range(phase).end;
    let steps = phased.steps().get(first..end).unwrap_or_default();
    let unproven = steps.iter().position(|step| !row.has_done(step.phase(), step.id()));
    let Some(unproven) = unproven else {
        let (status, state) = match phase {
            Phase::Start => ("ready_to_complete", PhasedState::ReadyToComplete),
            Phase::Complete => ("applied", PhasedState::Applied),
            Phase::Rollback => ("rolled_back", PhasedState::RolledBack),
        };
        if state == before && row.cursor == Some(end) {
            return (nothing, None);
        }
        let mended = Mended::Stands { status, phase, cursor: end };
        return (Repair { before, concluded: Concluded::Done { state } }, Some(mended));
    };
    let cursor = first + unproven;
    let begin = phased.range(Phase::Complete).start;
    let is_begun = matches!(before, PhasedState::Completing | PhasedState::CompleteFailed) && cursor == begin;
    if is_begun && told == Told::ByItsRow && row.is_at_begin_of(Phase::Complete, begin) {
        let concluded = Concluded::NotBegun { state: PhasedState::ReadyToComplete };
        return (Repair { before, concluded }, Some(Mended::NotBegun));
    }
    let is_open = !matches!(before, PhasedState::Torn | PhasedState::ReadyToComplete);
    let step = &steps[unproven];
    if is_open && row.cursor == Some(cursor) {
        return (nothing, None);
    }
    // Once its completion began it can only go on, even where a step of its start turns out to be missing.
    let state = match phase {
        Phase::Start => PhasedState::StartFailed,
        Phase::Complete => PhasedState::CompleteFailed,
        Phase::Rollback => PhasedState::RollbackFailed,
    };
    let concluded = Concluded::NotRun { state, step: step.id().to_owned() };
    (Repair { before, concluded }, Some(Mended::Stands { status: "failed", phase, cursor }))
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, concluded } = self;
        match concluded {
            Concluded::NothingToDo => write!(f, "it is {before}, as its recorded steps say"),
            Concluded::Done { state } => write!(f, "it was {before}; all steps are on record, so it is {state}"),
            Concluded::NotBegun { state } => {
                write!(f, "it was {before}; no step of its completion is on record, so it is {state} again")
            }
            Concluded::NotRun { state, step } => {
                write!(f, "it was {before}; `{step}` is not on record and counts as not run, so it is {state}")
            }
        }
    }
}
