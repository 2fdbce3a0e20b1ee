use migrate_core::{Checksum, Migrations, Phase, Phased, Version};

use super::state::{Move, Next, PhasedState};
use crate::ledger::Row;
use crate::order::Modules;
use crate::plan::{Action, Earlier, Step, seals};
use crate::refusal::Refusal;

/// A move that somebody asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) module: &'static Migrations,
    /// Which of the module's migrations it is.
    pub(crate) at: usize,
    pub(crate) wanted: Move,
}

impl Task {
    /// What has to be run for it: nothing where it was done already.
    pub(crate) fn steps(self, modules: &Modules, rows: &[Row]) -> Result<Vec<Step>, Refusal> {
        let Some(migration) = self.module.as_slice().get(self.at) else { return Ok(Vec::new()) };
        let find =
            |version: Version| rows.iter().find(|row| row.module == self.module.module() && row.version == version);
        let row = find(migration.version());
        let state = row.map_or(PhasedState::Pending, Row::phased_state);
        let illegal = |legal: &[Move], reason: String| Refusal::IllegalMove {
            module: self.module.module().to_owned(),
            version: migration.version(),
            state,
            legal: legal.to_vec(),
            reason,
        };
        let phase = match state.decide(self.wanted).map_err(|error| illegal(error.legal, error.to_string()))? {
            Next::Done => return Ok(Vec::new()),
            Next::Run(phase) => phase,
        };
        let irreversible = migration.phased().and_then(Phased::irreversible);
        if let (Phase::Rollback, Some(reason)) = (phase, irreversible) {
            let legal: Vec<_> = state.legal().iter().copied().filter(|legal| *legal != Move::Rollback).collect();
            return Err(illegal(&legal, format!("its start cannot be taken back: {reason}")));
        }
        // The planner starts migrations, in their order.
        let Some(row) = row else { return Ok(Vec::new()) };
        let before = self.at.checked_sub(1).and_then(|at| self.module.as_slice().get(at));
        let before = before.and_then(|before| find(before.version()));
        let predecessor: Option<(Version, Checksum)> = before.map(|row| (row.version, row.chain));
        let place =
            modules.iter().position(|module| module.module() == self.module.module()).map(|module| (module, self.at));
        let place = place.filter(|_| phase == Phase::Complete);
        let seals = place.map_or_else(Vec::new, |place| seals(modules, place, migration));
        let claim = modules.handovers().iter().find(|one| Some(one.receiver) == place).map(|handover| handover.origin);
        Ok(vec![Step {
            module: self.module.module(),
            formerly: self.module.formerly(),
            migration,
            chain: row.chain,
            predecessor,
            needs: Vec::new(),
            earlier: Earlier::Begun,
            action: Action::Run { claim },
            seals,
            fresh: None,
            phases: match phase {
                Phase::Start => &[Phase::Start],
                Phase::Complete => &[Phase::Complete],
                Phase::Rollback => &[Phase::Rollback],
            },
            at_once: row.at_once,
        }])
    }
}
