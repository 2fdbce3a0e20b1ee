//! What is recorded of a module, under the names that it has and had.

use std::collections::BTreeMap;

use migrate_core::{Migration, Migrations, Version};

use super::Plan;
use crate::ledger::{Row, Status};
use crate::refusal::Refusal;
use crate::upkeep::Rename;

/// The rows of a name, by version.
pub(super) fn rows_of<'a>(module: &str, rows: &'a [Row]) -> Result<BTreeMap<Version, &'a Row>, Refusal> {
    let mut recorded = BTreeMap::new();
    for row in rows.iter().filter(|row| row.module == module) {
        if recorded.insert(row.version, row).is_some() {
            let reason = format!("it holds two rows for V{} of {}", row.version, row.module);
            return Err(Refusal::Unreadable { reason });
        }
    }
    Ok(recorded)
}

/// Adds what is recorded under names that the module had before, and notes what has to be written for that.
pub(super) fn take_over<'a>(
    module: &'static Migrations,
    rows: &'a [Row],
    recorded: &mut BTreeMap<Version, &'a Row>,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    for &formerly in module.formerly() {
        let mut before = rows_of(formerly, rows)?;
        let is_marked = before.values().any(|row| row.renamed_to().is_some());
        // Of what was undone or failed, nothing is there that could be taken over.
        before.retain(|_, row| {
            row.renamed_to().is_none() && !matches!(row.status, Status::Failed | Status::RolledBack) || row.is_begun()
        });
        let last = before.keys().next_back().copied();
        let next = module.iter().map(Migration::version).find(|&version| last.is_none_or(|last| last < version));
        let next = next.or_else(|| last.and_then(Version::next)).filter(|_| !is_marked);
        before.retain(|version, _| !recorded.contains_key(version));
        if next.is_some() || !before.is_empty() {
            let versions = before.keys().copied().collect();
            plan.renames.push(Rename { module: module.module(), formerly, versions, marker: next });
        }
        recorded.extend(before);
    }
    Ok(())
}

/// Refuses what was begun and does not say how it ended, and what is recorded under another name by now.
pub(super) fn refuse_unclear(module: &Migrations, recorded: &BTreeMap<Version, &Row>) -> Result<(), Refusal> {
    // What was begun under a name that the module has no longer is told of by the row that was left behind; who does not know
    // that migration can go on as long as it breaks nothing.
    let is_elsewhere = |row: &Row| row.is_under_another_name() && module.get(row.version).is_none();
    let is_stuck = |row: &&&Row| matches!(row.status, Status::Started | Status::Other(_)) && !is_elsewhere(row);
    if let Some(row) = recorded.values().find(is_stuck) {
        return Err(stuck(row));
    }
    for row in recorded.values().filter(|row| module.get(row.version).is_some()) {
        if let Some(renamed_to) = row.renamed_to() {
            let (module, renamed_to) = (row.module.clone(), renamed_to.to_owned());
            return Err(Refusal::Renamed { module, version: row.version, renamed_to });
        }
    }
    Ok(())
}

/// What is said of a row by which nobody can tell what of its migration is there.
pub(super) fn stuck(row: &Row) -> Refusal {
    Refusal::Stuck { module: row.module.clone(), version: row.version, status: row.status.clone() }
}
