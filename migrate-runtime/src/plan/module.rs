//! What is to be done for one module in one context.

use std::collections::BTreeMap;

use migrate_core::{Checksum, Migration, Migrations, Mode, Moved, Phase, Requirement, Version};

use super::ahead::{Beyond, unknown};
use super::chain::{chain_behind, divergent, same};
use super::moved::{self, Action, seals};
use super::recorded::{refuse_unclear, rows_of, stuck, take_over};
use super::step::{Earlier, Step};
use super::{Incomplete, Plan};
use crate::handover::is_called;
use crate::ledger::{Row, Status};
use crate::order::{Modules, PhasedStarts};
use crate::phased::PhasedState;
use crate::refusal::{DivergentPart, Refusal};

/// What is planned for one module.
#[derive(Default)]
pub(super) struct Planned {
    /// Each under the place of its migration in the chain.
    pub(super) steps: BTreeMap<usize, Step>,
    /// The chain value of each migration, as it is recorded or will be.
    pub(super) chains: Vec<Checksum>,
    /// The first migration that is not done when the steps are, and which of the incomplete ones is in the way.
    pub(super) held: Option<(usize, usize)>,
}

/// One module in one context.
struct Ground<'a> {
    modules: &'a Modules,
    /// The place of the module among them.
    index: usize,
    /// All that is recorded in the context.
    rows: &'a [Row],
    /// Whether nothing of the module is.
    is_untouched: bool,
}

/// What is to be done for one module, of which the first `end` migrations are wanted.
pub(super) fn plan_module(
    modules: &Modules,
    index: usize,
    end: usize,
    rows: &[Row],
    plan: &mut Plan,
) -> Result<Planned, Refusal> {
    let module = modules[index];
    let mut recorded = rows_of(module.module(), rows)?;
    take_over(module, rows, &mut recorded, plan)?;
    refuse_unclear(module, &recorded)?;
    moved::refuse_moved(module, &recorded)?;
    let ground = Ground { modules, index, rows, is_untouched: recorded.is_empty() };
    let is_there = |row: &Row| row.is_in_place() && !row.is_placeholder();
    let last = recorded.values().filter(|row| is_there(row)).map(|row| row.version).max();

    let mut planned = Planned { chains: Vec::with_capacity(module.len()), ..Planned::default() };
    let mut beyond = Beyond::default();
    let mut predecessor: Option<(Version, Checksum)> = None;
    for (at, migration) in module.iter().enumerate() {
        let row = recorded.remove(&migration.version());
        if at >= end && row.is_some_and(is_there) {
            beyond.add(migration);
        }
        let chain = match row {
            Some(row) if row.status == Status::Applied && !row.is_placeholder() => {
                same(module, migration, predecessor.map(|(_, chain)| chain), row, plan)?
            }
            _ => {
                if let Some(later) = last.filter(|&last| last > migration.version()) {
                    let (module, file) = (module.module().to_owned(), migration.file().to_owned());
                    return Err(Refusal::Missing { module, version: migration.version(), file, later });
                }
                let step = ground.step(at, predecessor, row, plan)?;
                let chain = step.chain;
                if at < end {
                    planned.add(at, step, row.map_or(PhasedState::Pending, Row::phased_state), plan);
                }
                chain
            }
        };
        planned.chains.push(chain);
        predecessor = Some((migration.version(), chain));
    }

    // What is left is unknown to this binary. Undone or failed, it is as if it had never been.
    recorded.retain(|_, row| row.is_in_place());
    unknown(module, &recorded, beyond, plan)?;
    Ok(planned)
}

impl Planned {
    /// Adds what is to be done about a migration that stands so.
    fn add(&mut self, at: usize, step: Step, state: PhasedState, plan: &mut Plan) {
        if step.leaves_incomplete() && self.held.is_none() {
            // What is begun now is ready when the steps are done.
            let state = if step.phases.is_empty() { state } else { PhasedState::ReadyToComplete };
            let (module, version, name) = (step.module.to_owned(), step.migration.version(), step.migration.name());
            self.held = Some((at, plan.incomplete.len()));
            plan.incomplete.push(Incomplete { module, version, name, state, waiting: 0 });
        }
        if step.is_due() {
            self.steps.insert(at, step);
        }
    }
}

impl Ground<'_> {
    fn module(&self) -> &'static Migrations {
        self.modules[self.index]
    }

    /// What applies a migration that is not applied, behind its predecessor, given its row, if it has one.
    fn step(
        &self,
        at: usize,
        predecessor: Option<(Version, Checksum)>,
        row: Option<&Row>,
        plan: &mut Plan,
    ) -> Result<Step, Refusal> {
        let (module, migration) = (self.module(), &self.module().as_slice()[at]);
        let is_phased = migration.mode() == Mode::Phased;
        let is_strange = |row: &&Row| if is_phased { row.status == Status::Running } else { row.is_in_phases() };
        // Of what another module has now, nothing is left here that could say.
        if let Some(row) = row.filter(is_strange).filter(|_| !migration.is_moved_away()) {
            return Err(stuck(row));
        }
        let (earlier, action, chain) = self.begin(at, predecessor.map(|(_, chain)| chain), row, plan)?;
        // What was taken back since may have rows of whoever was served without it.
        let was_at_once = row.is_some_and(|row| row.at_once && row.status != Status::RolledBack);
        let at_once = is_phased && (was_at_once || (self.is_untouched && self.is_untrodden()));
        let state = row.map_or(PhasedState::Pending, Row::phased_state);
        let starts = self.modules.starts_of(self.index, at);
        let phases = if is_phased { phases(state, at_once, starts) } else { &[] };
        // A start breaks nobody.
        let breaks = !is_phased || phases.last() == Some(&Phase::Complete);
        let seals = if breaks { seals(self.modules, (self.index, at), migration) } else { Vec::new() };
        let is_first = self.is_untouched && predecessor.is_none();
        Ok(Step {
            module: module.module(),
            formerly: module.formerly(),
            migration,
            chain,
            predecessor,
            needs: Vec::new(),
            earlier,
            action,
            seals,
            fresh: is_first.then_some(module).filter(|module| module.fresh().is_some()),
            phases,
            at_once,
        })
    }

    /// What is to be done about a migration that is not applied, given its row, if it has one; and the chain value to record.
    fn begin(
        &self,
        at: usize,
        behind: Option<Checksum>,
        row: Option<&Row>,
        plan: &mut Plan,
    ) -> Result<(Earlier, Action, Checksum), Refusal> {
        let (module, migration) = (self.module(), &self.module().as_slice()[at]);
        if let Some(row) = row.filter(|row| row.is_begun()) {
            if let Some(Moved::To(to)) = migration.moved() {
                let (module, version) = (module.module().to_owned(), migration.version());
                return Err(Refusal::MovedUnfinished { module, version, to: to.module().to_owned() });
            }
            // It is gone on with by its cursor, which counts the statements of the very text.
            if row.checksum != migration.checksum() {
                return Err(divergent(module, migration, DivergentPart::Checksum, row.checksum));
            }
            let chain = same(module, migration, behind, row, plan)?;
            return Ok((Earlier::Begun, Action::Run { claim: None }, chain));
        }
        let action = moved::action(self.modules, (self.index, at), migration, row, self.rows)?;
        let earlier = match row {
            None => Earlier::NoRow,
            Some(row) if row.is_placeholder() => Earlier::Placeholder,
            Some(_) => Earlier::Row,
        };
        Ok((earlier, action, chain_behind(migration, behind, &action)?))
    }

    /// Whether nobody can have written rows which a migration of this module concerns, as there is nothing either of what the module
    /// requires or has migrations from: tables may have rows of binaries that know nothing of this module.
    fn is_untrodden(&self) -> bool {
        let modules = self.modules;
        let handovers = modules.handovers().iter().filter(|handover| handover.receiver.0 == self.index);
        let mut names: Vec<&str> = handovers.map(|handover| handover.origin.module).collect();
        let mut next = vec![self.module()];
        while let Some(module) = next.pop() {
            let own = module.iter().flat_map(Migration::requires);
            for required in module.requires().iter().chain(own).map(Requirement::module) {
                if !names.contains(&required) {
                    names.push(required);
                    next.extend(modules.iter().copied().filter(|other| is_called(other, required)));
                }
            }
        }
        let known: Vec<_> = modules.iter().filter(|other| names.iter().any(|name| is_called(other, name))).collect();
        let concerns =
            |row: &&Row| names.contains(&&*row.module) || known.iter().any(|other| is_called(other, &row.module));
        !self.rows.iter().filter(concerns).any(|row| row.is_in_place() && !row.is_placeholder())
    }
}

/// Which phases of a phased migration are run by a binary that starts.
const fn phases(state: PhasedState, at_once: bool, starts: PhasedStarts) -> &'static [Phase] {
    use PhasedState::{CompleteFailed, Completing, Pending, ReadyToComplete, RolledBack, StartFailed, Starting};
    match (state, at_once, starts) {
        // No older binary has ever seen this module here.
        (Pending | RolledBack | Starting | StartFailed, true, _) => &[Phase::Start, Phase::Complete],
        (ReadyToComplete | Completing | CompleteFailed, true, _) => &[Phase::Complete],
        (Pending | RolledBack | Starting | StartFailed, false, PhasedStarts::Run) => &[Phase::Start],
        _ => &[],
    }
}
