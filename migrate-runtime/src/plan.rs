//! The planner: from migrations and ledger rows to what is to be done, without any I/O.

mod ahead;
mod chain;
mod module;
mod moved;
mod recorded;
mod step;
mod stranger;

use migrate_core::{Fresh, Version};
use serde::Serialize;

use self::module::plan_module;
use crate::ledger::Row;
use crate::order::Modules;
use crate::phased::PhasedState;
use crate::refusal::{Refusal, number};
use crate::upkeep::{Corrected, Rename};

pub use self::ahead::Ahead;
pub(crate) use self::moved::{Action, seals};
pub(crate) use self::step::{Earlier, Need, Step};
pub use self::stranger::Stranger;
pub(crate) use self::stranger::strangers;

/// What is to be done in one context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// What was recorded under names that modules had before, and has to be taken over first. The steps are planned as if it
    /// were.
    pub(crate) renames: Vec<Rename>,
    /// What was applied from a text that was corrected since, where that is not on record yet.
    pub(crate) corrections: Vec<Corrected>,
    /// The migrations to apply, in order.
    pub(crate) steps: Vec<Step>,
    /// The modules of which the database knows later versions than this binary.
    pub(crate) ahead: Vec<Ahead>,
    /// The modules of which the database has migrations and which this binary does not have.
    pub(crate) strangers: Vec<Stranger>,
    /// The phased migrations that are not completed, once the steps are done.
    pub(crate) incomplete: Vec<Incomplete>,
}

/// A phased migration that is not completed in a context, which can be served all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Incomplete {
    /// Its module.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub state: PhasedState,
    /// How many later migrations wait for its completion, those of modules that require one of them included.
    pub waiting: usize,
}

/// Plans one context. The order of `rows` does not matter; the steps are in the order of the modules' migrations.
pub(crate) fn plan(modules: &Modules, rows: &[Row]) -> Result<Plan, Refusal> {
    let mut plan = Plan { strangers: strangers(modules, rows), ..Plan::default() };
    let mut planned: Vec<_> = modules
        .wanted()
        .enumerate()
        .map(|(module, (_, wanted))| plan_module(modules, module, wanted.len(), rows, &mut plan))
        .collect::<Result<_, _>>()?;
    if planned.iter().all(|planned| planned.steps.is_empty()) {
        return Ok(plan);
    }
    for turn in modules.turns() {
        let step = planned.get_mut(turn.module).and_then(|planned| planned.steps.remove(&turn.at));
        let Some(mut step) = step else { continue };
        // What needs a migration that waits, waits as well, and so does what comes behind it in its module.
        let held = |&(other, at): &(usize, usize)| {
            let (first, incomplete) = planned.get(other)?.held?;
            (at >= first).then_some(incomplete)
        };
        let own = planned.get(turn.module).and_then(|planned| planned.held).filter(|(first, _)| turn.at > *first);
        if let Some(incomplete) = own.map(|(_, incomplete)| incomplete).or_else(|| turn.needs.iter().find_map(held)) {
            if let (None, Some(planned)) = (own, planned.get_mut(turn.module)) {
                planned.held = Some((turn.at, incomplete));
            }
            if let Some(incomplete) = plan.incomplete.get_mut(incomplete) {
                incomplete.waiting += 1;
            }
            continue;
        }
        let need = |&(other, at): &(usize, usize)| {
            let (module, chain) = (modules.get(other)?, *planned.get(other)?.chains.get(at)?);
            Some(Need { module: module.module(), version: module.as_slice().get(at)?.version(), chain })
        };
        step.needs = turn.needs.iter().filter_map(need).collect();
        plan.steps.push(step);
    }
    keep_fresh(&mut plan.steps);
    Ok(plan)
}

/// Leaves a module's definitions out where they cannot stand for its first migrations: something of another module comes between, one of
/// them changed hands, or one is begun only and completed later, when nobody is left whom that breaks.
fn keep_fresh(steps: &mut [Step]) {
    for at in 0..steps.len() {
        let Some(module) = steps[at].fresh else { continue };
        let covered = module.fresh().map_or(0, Fresh::migrations);
        let together = steps[at..].iter().take_while(|step| step.module == module.module()).count();
        let mut all = steps[at..].iter().take(covered);
        if together < covered || all.any(|step| step.migration.moved().is_some() || step.leaves_incomplete()) {
            steps[at].fresh = None;
        }
    }
}

#[cfg(test)]
mod tests;
