//! Which versions a ledger says that a context is at, without any I/O.

use migrate_core::{Compatibility, Migration, Migrations, Version};

use super::ran::{Ran, Steps, of_row};
use super::state::DriftUnknown;
use crate::compare::Until;
use crate::handover::is_called;
use crate::ledger::Row;
use crate::order::Modules;
use crate::plan::{Action, Ahead, Incomplete, Plan, Step, Stranger, plan};

/// Where a context is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Position {
    /// How much of each module is applied, in the order of the modules.
    pub(crate) applied: Vec<Until>,
    pub(crate) pending: usize,
    pub(crate) ahead: Vec<Ahead>,
    pub(crate) strangers: Vec<Stranger>,
    /// The phased migrations that are not done, and what of them is.
    pub(super) ran: Ran,
}

impl Position {
    /// Reads it from the rows of a ledger, which the planner understands or says why not.
    pub(crate) fn of(modules: &Modules, rows: &[Row], steps: &[Steps]) -> Result<Self, DriftUnknown> {
        let mut ran = Ran::new();
        for row in rows.iter().filter(|row| row.is_begun()) {
            let unknown = || DriftUnknown::MidMigration { module: row.module.clone(), version: row.version };
            ran.extend([of_row(modules, row, steps).ok_or_else(unknown)?]);
        }
        // To look at a context that this binary must not serve does no harm.
        let rows: Vec<_> =
            rows.iter().cloned().map(|row| Row { compatibility: Compatibility::Compatible, ..row }).collect();
        let pending = plan(modules, &rows).map_err(DriftUnknown::Ledger)?.steps.len();
        // What is there may be further than where the migrator stops.
        let Plan { steps, ahead, strangers, incomplete, .. } =
            plan(&modules.whole(), &rows).map_err(DriftUnknown::Ledger)?;
        // What only changes hands is there.
        let is_run = |step: &Step| matches!(step.action, Action::Run { .. });
        let is_pending = |module: &str, version: Version| {
            let is_step = |step: &Step| step.module == module && step.migration.version() == version;
            let is_held = |one: &Incomplete| one.module == module && one.version <= version;
            steps.iter().any(|step| is_run(step) && is_step(step)) || incomplete.iter().any(is_held)
        };
        // What waits for a phased migration of any module is no step, and on no record either.
        let changes_hands = |module: &str, version: Version| {
            steps.iter().any(|step| !is_run(step) && step.module == module && step.migration.version() == version)
        };
        let is_recorded = |module: &Migrations, version: Version| {
            let is_its = |row: &Row| is_called(module, &row.module) && row.version == version;
            rows.iter().any(|row| is_its(row) && row.is_in_place() && row.renamed_to().is_none())
        };
        let is_there = |module: &Migrations, migration: &&Migration| {
            let (name, version) = (module.module(), migration.version());
            !is_pending(name, version) && (is_recorded(module, version) || changes_hands(name, version))
        };
        let applied = modules.iter().map(|module| {
            let last = module.iter().take_while(|migration| is_there(module, migration)).last();
            last.map_or(Until::Nothing, |last| Until::Version(last.version()))
        });
        let applied = applied.collect();
        Ok(Self { applied, pending, ahead, strangers, ran })
    }

    /// Those that know more than this binary does, in words.
    pub(crate) fn unknown_work(&self) -> String {
        let ahead = self.ahead.iter().map(|ahead| format!("{} V{}", ahead.module, ahead.version));
        let strangers = self.strangers.iter().map(|one| format!("{} V{}", one.module, one.version));
        ahead.chain(strangers).collect::<Vec<_>>().join(" and ")
    }
}
