//! What a ledger says afterwards, and whether that can be, without any I/O.

use migrate_core::{Checksum, Migration, Migrations, Version};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::SchemaRepairError;
use super::ledger::Recorded;
use super::obstacle::SchemaRepairObstacle;
use crate::baseline::writes_rows;
use crate::drift::Position;
use crate::handover::is_called;
use crate::ledger::{Kept, Row, Status};
use crate::order::Modules;
use crate::plan::{Action, Earlier, Step};
use crate::refusal::number;

/// What a repair does to one ledger row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LedgerRepair {
    /// The module.
    pub module: String,
    /// The version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// The name of the migration.
    pub name: String,
    /// What the row says afterwards.
    pub becomes: LedgerRepaired,
    /// The status that it has now; `None` where there is no row.
    pub was: Option<String>,
    /// Whether the migration does more than define things: that is neither done nor undone.
    pub writes_rows: bool,
}

/// What a ledger row says after a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerRepaired {
    /// That it is applied.
    Applied,
    /// That it is undone.
    RolledBack,
}

/// A ledger after a repair.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// The migrations that are recorded as applied.
    pub(super) recorded: Vec<Step>,
    /// The rows of what is later.
    pub(super) taken_back: Vec<Row>,
    /// What becomes of which row.
    pub(super) repairs: Vec<LedgerRepair>,
    /// Every row.
    pub(super) after: Vec<Row>,
    /// Where the context is by them.
    pub(super) position: Position,
}

/// Why there is no such ledger.
pub(super) enum Impossible {
    Usage(SchemaRepairError),
    Obstacles(Vec<SchemaRepairObstacle>),
}

/// Decides what the ledger says afterwards.
pub(super) fn history(
    modules: &Modules,
    ledger: &[Recorded],
    to: Option<&(String, Version)>,
) -> Result<History, Impossible> {
    // What was asked for is told before what stands in the way of it.
    let target = to.map(|(name, version)| find(modules, name, *version)).transpose().map_err(Impossible::Usage)?;
    let obstacles: Vec<_> = ledger.iter().filter_map(unfinished).collect();
    if !obstacles.is_empty() {
        return Err(Impossible::Obstacles(obstacles));
    }
    let is_nothing = ledger.iter().all(|one| !one.row.is_in_place() || one.row.is_placeholder());
    let mut history = match target {
        Some((at, last)) => rewritten(modules, at, last, ledger).map_err(only)?,
        None if is_nothing => return Err(only(SchemaRepairObstacle::Unrecorded)),
        None => History { after: ledger.iter().map(|one| one.row.clone()).collect(), ..History::default() },
    };
    // Nothing is begun: that would have been in the way.
    history.position =
        Position::of(modules, &history.after, &[]).map_err(|why| only(SchemaRepairObstacle::unknown(&why)))?;
    if let Some(ahead) = history.position.ahead.iter().find(|ahead| ahead.by > ahead.known) {
        return Err(only(SchemaRepairObstacle::Ahead { module: ahead.module.clone(), version: ahead.version }));
    }
    Ok(history)
}

fn only(obstacle: SchemaRepairObstacle) -> Impossible {
    Impossible::Obstacles(vec![obstacle])
}

fn find(modules: &Modules, name: &str, version: Version) -> Result<(usize, &'static Migration), SchemaRepairError> {
    let at = modules.iter().position(|module| module.module() == name);
    let at = at.ok_or_else(|| SchemaRepairError::NoSuchModule { module: name.to_owned() })?;
    let migration = modules[at].get(version).ok_or_else(|| SchemaRepairError::NoSuchVersion {
        module: name.to_owned(),
        version,
        last: modules[at].last().map(Migration::version),
    })?;
    Ok((at, migration))
}

/// What has to be brought to its end before.
fn unfinished(one: &Recorded) -> Option<SchemaRepairObstacle> {
    let (module, version, file) = (one.row.module.clone(), one.row.version, one.file.clone());
    let status = one.row.status.clone();
    match (&one.row.status, &one.row.undo_failed) {
        // The module goes on under its other name.
        _ if one.row.is_under_another_name() => None,
        _ if one.row.is_begun() => Some(SchemaRepairObstacle::Begun { module, version, file, status }),
        (Status::Started, Some(cause)) => {
            Some(SchemaRepairObstacle::TornUndo { module, version, file, cause: cause.clone() })
        }
        (Status::Started | Status::Other(_), _) => Some(SchemaRepairObstacle::Stuck { module, version, file, status }),
        _ => None,
    }
}

/// The ledger in which this is the last version of its module.
fn rewritten(
    modules: &Modules,
    at: usize,
    last: &'static Migration,
    ledger: &[Recorded],
) -> Result<History, SchemaRepairObstacle> {
    let module = modules[at];
    elsewhere(module, ledger)?;
    let is_own = |row: &Row| row.module == module.module();
    let own = |version: Version| ledger.iter().map(|one| &one.row).find(|row| is_own(row) && row.version == version);
    let wanted = || module.iter().take_while(|migration| migration.version() <= last.version());
    let is_right = |migration: &&Migration| {
        own(migration.version()).is_some_and(|row| row.status == Status::Applied && is_of(row, migration))
    };
    let kept: Vec<_> = wanted().take_while(is_right).filter_map(|migration| own(migration.version())).collect();

    let mut history = History::default();
    let mut chain = kept.last().map(|row| row.chain);
    for migration in wanted().skip(kept.len()) {
        let behind = chained(chain, migration.checksum());
        chain = Some(behind);
        history.recorded.push(step(module, migration, behind));
    }
    for row in ledger.iter().map(|one| &one.row).filter(|row| is_own(row) && row.version > last.version()) {
        if row.is_in_place() {
            if module.get(row.version).is_none() {
                return Err(SchemaRepairObstacle::Ahead { module: row.module.clone(), version: row.version });
            }
            history.taken_back.push(row.clone());
        }
    }
    for step in &history.recorded {
        let was = own(step.migration.version()).map(|row| row.status.to_string());
        history.repairs.push(repair(module, step.migration, LedgerRepaired::Applied, was));
    }
    for row in &history.taken_back {
        let migration = module.get(row.version).into_iter();
        let was = Some(row.status.to_string());
        history.repairs.extend(migration.map(|one| repair(module, one, LedgerRepaired::RolledBack, was.clone())));
    }
    let is_taken_back = |row: &Row| history.taken_back.contains(row);
    let is_replaced =
        |row: &Row| history.recorded.iter().any(|step| is_own(row) && step.migration.version() == row.version);
    let left = ledger.iter().map(|one| one.row.clone()).filter(|row| !is_replaced(row));
    let left = left.map(|row| if is_taken_back(&row) { Row { status: Status::RolledBack, ..row } } else { row });
    history.after = left.chain(history.recorded.iter().map(applied)).collect();
    required(modules, at, &history.after)?;
    Ok(history)
}

/// Refuses a module of which rows stand, or may come to stand, under another name.
fn elsewhere(module: &Migrations, ledger: &[Recorded]) -> Result<(), SchemaRepairObstacle> {
    let of_row = |one: &Recorded| {
        let row = &one.row;
        let is_former = module.formerly().contains(&row.module.as_str());
        let own = (row.module == module.module()).then(|| row.renamed_to().or_else(|| row.moved_to())).flatten();
        own.map(ToOwned::to_owned).or_else(|| is_former.then(|| row.module.clone()))
    };
    let moved = || module.iter().any(|migration| migration.moved().is_some()).then(|| "another module".to_owned());
    match ledger.iter().find_map(of_row).or_else(moved) {
        Some(other) => Err(SchemaRepairObstacle::Elsewhere { module: module.module().to_owned(), other }),
        None => Ok(()),
    }
}

/// Whether a row is of this text behind a history that the module accepts.
fn is_of(row: &Row, migration: &Migration) -> bool {
    let is_own = row.checksum == migration.checksum() && row.chain == migration.chain();
    is_own || migration.links().iter().any(|link| link.checksum() == row.checksum && link.chain() == row.chain)
}

/// The chain value of a text behind what is recorded before it.
fn chained(before: Option<Checksum>, checksum: Checksum) -> Checksum {
    let mut hash = Sha256::new();
    if let Some(before) = before {
        hash.update(before.as_bytes());
    }
    hash.update(checksum.as_bytes());
    Checksum::from_bytes(hash.finalize().into())
}

fn step(module: &'static Migrations, migration: &'static Migration, chain: Checksum) -> Step {
    Step {
        module: module.module(),
        formerly: module.formerly(),
        migration,
        chain,
        predecessor: None,
        needs: Vec::new(),
        earlier: Earlier::NoRow,
        action: Action::Run { claim: None },
        seals: Vec::new(),
        fresh: None,
        phases: &[],
        at_once: false,
    }
}

fn repair(module: &Migrations, migration: &Migration, becomes: LedgerRepaired, was: Option<String>) -> LedgerRepair {
    let (name, writes_rows) = (migration.name().to_owned(), writes_rows(migration));
    LedgerRepair { module: module.module().to_owned(), version: migration.version(), name, becomes, was, writes_rows }
}

/// The row that says that a migration is applied.
fn applied(step: &Step) -> Row {
    Row {
        module: step.module.to_owned(),
        version: step.migration.version(),
        name: step.migration.name().to_owned(),
        checksum: step.migration.checksum(),
        chain: step.chain,
        status: Status::Applied,
        compatibility: step.migration.compatibility(),
        kept: Kept::Nothing,
        accepted: None,
        phase: None,
        at_once: false,
        undo_failed: None,
    }
}

/// Checks that everything which is recorded finds what it requires, as far as this module is concerned.
fn required(modules: &Modules, at: usize, after: &[Row]) -> Result<(), SchemaRepairObstacle> {
    let place = |(module, at): (usize, usize)| (modules[module].module(), modules[module].as_slice()[at].version());
    let is_there = |(module, at): (usize, usize)| {
        let version = modules[module].as_slice()[at].version();
        let is_it = |row: &&Row| row.version == version && is_called(modules[module], &row.module);
        after.iter().filter(is_it).any(|row| row.is_in_place() && !row.is_placeholder())
    };
    for turn in modules.turns().iter().filter(|turn| is_there((turn.module, turn.at))) {
        let concerned = turn.needs.iter().filter(|needed| turn.module == at || needed.0 == at);
        if let Some(&needed) = concerned.into_iter().find(|&&needed| !is_there(needed)) {
            let ((module, version), (needs, needs_version)) = (place((turn.module, turn.at)), place(needed));
            let (module, needs) = (module.to_owned(), needs.to_owned());
            return Err(SchemaRepairObstacle::Unrequired { module, version, needs, needs_version });
        }
    }
    Ok(())
}
