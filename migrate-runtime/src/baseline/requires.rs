//! Whether what is taken over has what it requires, without any I/O.

use super::decide::Target;
use super::error::BaselineError;
use super::ledger::Recorded;
use crate::context::Context;
use crate::handover::is_called;
use crate::ledger::Status;
use crate::order::{Modules, place};

/// Checks that each migration that these modules require, up to the versions at which they are taken over, is recorded or
/// taken over as well: the next start would find a hole in the order otherwise.
pub(super) fn check(
    context: &Context,
    modules: &Modules,
    taken: &[Target],
    ledger: &[Recorded],
) -> Result<(), BaselineError> {
    let at = |(module, at): (usize, usize)| place(modules[module], &modules[module].as_slice()[at]);
    let is_taken = |needed: (usize, usize)| {
        let version = at(needed).version;
        taken.iter().any(|(module, until)| module.module() == modules[needed.0].module() && version <= *until)
    };
    let is_recorded = |needed: (usize, usize)| {
        let is_it = |recorded: &Recorded| {
            let row = &recorded.row;
            row.version == at(needed).version && row.status == Status::Applied && !row.is_placeholder()
        };
        ledger.iter().any(|recorded| is_called(modules[needed.0], &recorded.row.module) && is_it(recorded))
    };
    for turn in modules.turns().iter().filter(|turn| is_taken((turn.module, turn.at))) {
        // Where a migration was shipped is recorded with it, or an older binary would apply it there.
        let handover = modules.handovers().iter().find(|handover| handover.receiver == (turn.module, turn.at));
        for needed in turn.needs.iter().copied().chain(handover.and_then(|handover| handover.giver)) {
            if !is_taken(needed) && !is_recorded(needed) {
                let (context, by) = (context.clone(), at((turn.module, turn.at)));
                return Err(BaselineError::Unrequired { context, by, needs: Box::new(at(needed)) });
            }
        }
    }
    Ok(())
}
