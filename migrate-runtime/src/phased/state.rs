use std::fmt;

use migrate_core::Phase;
use serde::Serialize;

/// Where a phased migration stands in a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PhasedState {
    /// Nothing of it is there.
    Pending,
    /// Its start is not done: somebody is at it, or was until a crash.
    Starting,
    /// Its start failed.
    StartFailed,
    /// Its start is done. Binaries of before and behind it go on side by side.
    ReadyToComplete,
    /// Its completion is not done: somebody is at it, or was until a crash.
    Completing,
    /// Its completion failed.
    CompleteFailed,
    /// It is done.
    Applied,
    /// Its rollback is not done: somebody is at it, or was until a crash.
    RollingBack,
    /// Its rollback failed.
    RollbackFailed,
    /// Its start was taken back.
    RolledBack,
    /// A step ended before its end, so that nobody knows what of it ran.
    Torn,
}

/// What can be done with a phased migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Run its start, or go on with it.
    Start,
    /// Run its completion, or go on with it.
    Complete,
    /// Take its start back, or go on with that.
    Rollback,
}

/// What a move comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The steps of this phase are run, as far as they were not.
    Run(Phase),
    /// It was done already.
    Done,
}

/// A move that is not possible where a migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IllegalMove {
    pub(crate) state: PhasedState,
    pub(crate) wanted: Move,
    /// What is possible there.
    pub(crate) legal: &'static [Move],
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 3] = [Self::Start, Self::Complete, Self::Rollback];

    const fn phase(self) -> Phase {
        match self {
            Self::Start => Phase::Start,
            Self::Complete => Phase::Complete,
            Self::Rollback => Phase::Rollback,
        }
    }
}

impl PhasedState {
    /// The moves that are possible here.
    pub const fn legal(self) -> &'static [Move] {
        match self {
            Self::Pending | Self::RolledBack => &[Move::Start],
            Self::Starting | Self::StartFailed => &[Move::Start, Move::Rollback],
            Self::ReadyToComplete => &[Move::Complete, Move::Rollback],
            Self::Completing | Self::CompleteFailed => &[Move::Complete],
            Self::RollingBack | Self::RollbackFailed => &[Move::Rollback],
            Self::Applied | Self::Torn => &[],
        }
    }

    /// Decides what a move comes to.
    pub(crate) fn decide(self, wanted: Move) -> Result<Next, IllegalMove> {
        match (self, wanted) {
            _ if self.legal().contains(&wanted) => Ok(Next::Run(wanted.phase())),
            (Self::ReadyToComplete, Move::Start)
            | (Self::Applied, Move::Start | Move::Complete)
            | (Self::RolledBack, Move::Rollback) => Ok(Next::Done),
            _ => Err(IllegalMove { state: self, wanted, legal: self.legal() }),
        }
    }
}

impl fmt::Display for PhasedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "not started",
            Self::Starting => "in its start",
            Self::StartFailed => "failed in its start",
            Self::ReadyToComplete => "ready to complete",
            Self::Completing => "in its completion",
            Self::CompleteFailed => "failed in its completion",
            Self::Applied => "applied",
            Self::RollingBack => "in its rollback",
            Self::RollbackFailed => "failed in its rollback",
            Self::RolledBack => "rolled back",
            Self::Torn => "torn in the middle of a step",
        })
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phase().word())
    }
}

impl fmt::Display for IllegalMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, wanted, legal } = self;
        write!(f, "`{wanted}` is not possible while it is {state}: ")?;
        match (legal, state) {
            ([], PhasedState::Torn) => f.write_str("look what of the step is there, and then `repair` it"),
            ([], _) => f.write_str("nothing is left to do"),
            ([one], _) => write!(f, "only `{one}` is"),
            ([one, other, ..], _) => write!(f, "`{one}` and `{other}` are"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATES: [PhasedState; 11] = [
        PhasedState::Pending,
        PhasedState::Starting,
        PhasedState::StartFailed,
        PhasedState::ReadyToComplete,
        PhasedState::Completing,
        PhasedState::CompleteFailed,
        PhasedState::Applied,
        PhasedState::RollingBack,
        PhasedState::RollbackFailed,
        PhasedState::RolledBack,
        PhasedState::Torn,
    ];

    /// Where a run of a phase may leave a migration: crashed, failed, done.
    fn ends(phase: Phase) -> [PhasedState; 3] {
        match phase {
            Phase::Start => [PhasedState::Starting, PhasedState::StartFailed, PhasedState::ReadyToComplete],
            Phase::Complete => [PhasedState::Completing, PhasedState::CompleteFailed, PhasedState::Applied],
            Phase::Rollback => [PhasedState::RollingBack, PhasedState::RollbackFailed, PhasedState::RolledBack],
        }
    }

    #[test]
    fn a_refused_move_names_the_legal_ones() {
        let said = |state: PhasedState, wanted| state.decide(wanted).unwrap_err().to_string();
        assert_eq!(
            said(PhasedState::StartFailed, Move::Complete),
            "`complete` is not possible while it is failed in its start: `start` and `rollback` are"
        );
        assert_eq!(
            said(PhasedState::CompleteFailed, Move::Rollback),
            "`rollback` is not possible while it is failed in its completion: only `complete` is"
        );
        assert_eq!(
            said(PhasedState::Applied, Move::Rollback),
            "`rollback` is not possible while it is applied: nothing is left to do"
        );
    }

    proptest! {
        #[test]
        fn no_sequence_of_moves_and_crashes_takes_back_what_was_completed(
            moves in prop::collection::vec((0..3_usize, 0..3_usize), 0..40)
        ) {
            let mut state = PhasedState::Pending;
            let mut completed = false;
            for (wanted, ending) in moves {
                let wanted = Move::ALL[wanted];
                match state.decide(wanted) {
                    Ok(Next::Run(phase)) => {
                        prop_assert!(state.legal().contains(&wanted));
                        prop_assert!(!(completed && phase != Phase::Complete), "{state} {wanted}");
                        completed |= phase == Phase::Complete;
                        state = ends(phase)[ending];
                    }
                    Ok(Next::Done) => prop_assert!(!state.legal().contains(&wanted)),
                    Err(illegal) => prop_assert_eq!(illegal.legal, state.legal()),
                }
            }
        }

        #[test]
        fn what_is_not_torn_or_done_can_always_go_on(state in prop::sample::select(STATES.as_slice())) {
            let is_end = matches!(state, PhasedState::Applied | PhasedState::Torn);
            prop_assert_eq!(state.legal().is_empty(), is_end);
        }
    }
}
