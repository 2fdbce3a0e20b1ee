//! Which steps of a phased migration that is not completed have run, without any I/O.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Migration, PhaseStep, Version};
use serde::Deserialize;
use serde_json::Value;

use crate::handover::is_called;
use crate::ledger::{Row, row_columns};
use crate::live::Rows;
use crate::order::Modules;

/// What the planner needs of a ledger, and which steps are done.
pub(super) const LEDGER: Rows = Rows {
    table: Rows::LEDGER.table,
    select: concat!(
        "SELECT ",
        row_columns!(),
        ", object::keys(steps ?? {}) AS done, (progress ?? {}).state = 'building' AS builds, cursor FROM _migrations"
    ),
};

/// The steps that are done, of each phased migration that is begun and not done: their ids.
pub(super) type Ran = BTreeMap<(&'static str, Version), BTreeSet<&'static str>>;

/// What a row says of the steps of its migration.
#[derive(Debug, Deserialize)]
pub(crate) struct Steps {
    module: String,
    version: u64,
    done: BTreeSet<String>,
    builds: bool,
    cursor: Option<usize>,
}

impl Steps {
    /// Reads what [`LEDGER`] gives.
    pub(super) fn read_all(rows: &Value) -> Result<Vec<Self>, serde_json::Error> {
        if rows.is_null() { Ok(Vec::new()) } else { Vec::deserialize(rows) }
    }
}

/// The steps that a migration which is begun has run; `None` where nobody can tell.
pub(super) fn of_row(
    modules: &Modules,
    row: &Row,
    steps: &[Steps],
) -> Option<((&'static str, Version), BTreeSet<&'static str>)> {
    let module = modules.iter().find(|module| is_called(module, &row.module))?;
    let migration = module.get(row.version).filter(|migration| migration.checksum() == row.checksum)?;
    let phased = migration.phased().filter(|_| row.phase.is_some())?;
    let said = steps.iter().find(|one| one.module == row.module && one.version == row.version.get())?;
    // An index that is being built is defined.
    let is_there = |(at, step): (usize, &'static PhaseStep)| {
        (said.done.contains(step.id()) || (said.builds && said.cursor == Some(at))).then_some(step.id())
    };
    Some(((module.module(), row.version), phased.steps().iter().enumerate().filter_map(is_there).collect()))
}

/// The steps of a migration that are among these, in the order in which they ran.
pub(super) fn steps_of(
    migration: &'static Migration,
    ids: &BTreeSet<&'static str>,
) -> impl Iterator<Item = &'static PhaseStep> {
    let steps = migration.phased().map_or(&[][..], |phased| phased.steps());
    steps.iter().filter(|step| ids.contains(step.id()))
}
