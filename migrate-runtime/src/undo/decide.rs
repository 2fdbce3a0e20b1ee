//! What has to be undone, in which order, and whether it can be, without any I/O.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Migration, Moved, Undo, UndoSafety, Version};

use super::ledger::{Key, Recorded};
use super::obstacle::UndoObstacle;
use super::plan::UndoSource;
use super::target::UndoTarget;
use crate::ledger::{Row, Status};
use crate::order::Modules;

/// One migration to undo.
#[derive(Clone, Debug)]
pub(super) struct Decided<'a> {
    pub(super) recorded: &'a Recorded,
    /// The module by its index and the migration's place in it, where this binary holds the very text that was applied.
    pub(super) known: Option<(usize, usize)>,
    pub(super) text: String,
    pub(super) source: UndoSource,
    pub(super) safety: UndoSafety,
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Undecided {
    NoSuchModule(String),
    NoSuchVersion { module: String, version: Version, latest: Option<Version> },
    Impossible(Vec<UndoObstacle>),
}

/// Decides what to undo for a target, in order.
pub(super) fn decide<'a>(
    modules: &Modules,
    ledger: &'a [Recorded],
    target: &UndoTarget,
    holder: Option<&str>,
) -> Result<Vec<Decided<'a>>, Undecided> {
    let order = order(modules, ledger);
    let going = going(modules, &order, ledger, target)?;
    let going: Vec<_> = order.into_iter().filter(|one| going.contains(&one.key())).collect();
    let mut obstacles: Vec<_> = holder.map(|by| UndoObstacle::Busy { by: by.to_owned() }).into_iter().collect();
    let mut decided = Vec::with_capacity(going.len());
    for recorded in going {
        match one(modules, ledger, recorded) {
            Ok(one) => decided.push(one),
            Err(obstacle) => obstacles.push(obstacle),
        }
    }
    if obstacles.is_empty() || decided.is_empty() && obstacles.iter().all(|one| one.migration().is_none()) {
        Ok(decided)
    } else {
        Err(Undecided::Impossible(obstacles))
    }
}

/// Whether there is anything of the row's migration, as far as is known.
pub(super) fn is_there(recorded: &Recorded) -> bool {
    match recorded.row.status {
        Status::Failed | Status::RolledBack => recorded.row.is_begun(),
        _ => true,
    }
}

/// Where this binary has the migration of a row: its module and its place in that.
pub(super) fn find(modules: &Modules, recorded: &Recorded) -> Option<(usize, usize)> {
    let at = modules.iter().position(|module| module.module() == recorded.row.module)?;
    let chain = modules.get(at)?.as_slice();
    chain.binary_search_by_key(&recorded.row.version, Migration::version).ok().map(|migration| (at, migration))
}

/// Every row of which something is there, in the order in which all of them would be undone.
///
/// What this binary does not know comes first: it was applied by a later one, or is of a module that no module of this
/// binary can require. Of that, always the latest of its module goes next, and of the modules the one whose latest was applied
/// last. The rest goes in the reverse order of applying.
fn order<'a>(modules: &Modules, ledger: &'a [Recorded]) -> Vec<&'a Recorded> {
    let is_former = |name: &str| modules.iter().any(|module| module.formerly().contains(&name));
    let counts = |one: &&Recorded| {
        is_there(one) && one.row.renamed_to().is_none() && !one.row.is_placeholder() && !is_former(&one.row.module)
    };
    let (known, unknown): (Vec<_>, Vec<_>) = ledger.iter().filter(counts).partition(|one| find(modules, one).is_some());
    let mut left: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
    for one in unknown {
        left.entry(&one.row.module).or_default().push(one);
    }
    for rows in left.values_mut() {
        rows.sort_by_key(|one| one.row.version);
    }
    let mut order = Vec::new();
    loop {
        let latest = left.values_mut().filter(|rows| !rows.is_empty());
        let Some(rows) = latest.max_by_key(|rows| rows.last().map(|one| one.applied)) else { break };
        order.extend(rows.pop());
    }
    let mut places: BTreeMap<_, _> = known.into_iter().filter_map(|one| Some((find(modules, one)?, one))).collect();
    order.extend(modules.turns().iter().rev().filter_map(|turn| places.remove(&(turn.module, turn.at))));
    order
}

/// What goes: what the target says, and whatever requires something of that.
fn going(
    modules: &Modules,
    order: &[&Recorded],
    ledger: &[Recorded],
    target: &UndoTarget,
) -> Result<BTreeSet<Key>, Undecided> {
    let of = |module: &str| order.iter().filter(|one| one.row.module == module).collect::<Vec<_>>();
    let exists = |module: &str| {
        modules.iter().any(|one| one.module() == module) || ledger.iter().any(|one| one.row.module == module)
    };
    let mut going: BTreeSet<Key> = match target {
        UndoTarget::Last { migrations } => order.iter().take(migrations.get()).map(|one| one.key()).collect(),
        UndoTarget::Version { module, .. } | UndoTarget::Module { module } => {
            if !exists(module) {
                return Err(Undecided::NoSuchModule(module.clone()));
            }
            renamed(modules, ledger, module)?;
            let rows = of(module);
            let keep = match target {
                UndoTarget::Version { version, .. } => Some(*version),
                _ => None,
            };
            if let Some(version) = keep.filter(|version| !rows.iter().any(|one| one.row.version == *version)) {
                let latest = rows.iter().map(|one| one.row.version).max();
                return Err(Undecided::NoSuchVersion { module: module.clone(), version, latest });
            }
            rows.iter().filter(|one| keep.is_none_or(|keep| one.row.version > keep)).map(|one| one.key()).collect()
        }
    };
    // Whatever is required comes before what requires it, so that once through the order of applying is enough.
    let key = |module: usize, at: usize| {
        let module = modules.get(module)?;
        Some((module.module().to_owned(), module.as_slice().get(at)?.version()))
    };
    for turn in modules.turns() {
        let Some((module, version)) = key(turn.module, turn.at) else { continue };
        let falls = turn.needs.iter().filter_map(|&(module, at)| key(module, at)).any(|needed| going.contains(&needed));
        if falls {
            going.extend(of(&module).iter().filter(|one| one.row.version >= version).map(|one| one.key()));
        }
    }
    Ok(going)
}

/// Refuses a module of which this binary, or another one, knows rows under another name.
fn renamed(modules: &Modules, ledger: &[Recorded], module: &str) -> Result<(), Undecided> {
    let marker = ledger.iter().find_map(|one| Some((one, one.row.renamed_to()?)).filter(|_| one.row.module == module));
    let other = match marker {
        Some((one, other)) => Some((one, other.to_owned())),
        // What is recorded under a former name only was not taken over yet.
        None => modules.iter().find(|one| one.module() == module).and_then(|known| {
            let is_former = |one: &&Recorded| {
                known.formerly().contains(&one.row.module.as_str()) && one.row.renamed_to().is_none() && is_there(one)
            };
            let is_taken_over = |one: &Recorded| {
                ledger.iter().any(|own| own.row.module == module && own.row.version == one.row.version)
            };
            ledger.iter().filter(is_former).find(|one| !is_taken_over(one)).map(|one| (one, one.row.module.clone()))
        }),
    };
    let Some((one, other)) = other else { return Ok(()) };
    let (module, version, file) = (module.to_owned(), one.row.version, one.file.clone());
    Err(Undecided::Impossible(vec![UndoObstacle::Renamed { module, version, file, other }]))
}

/// How one migration is undone, or why it cannot be.
fn one<'a>(modules: &Modules, ledger: &'a [Recorded], recorded: &'a Recorded) -> Result<Decided<'a>, UndoObstacle> {
    let row = &recorded.row;
    let (module, version, file) = (|| row.module.clone(), row.version, || recorded.file.clone());
    if row.is_begun() {
        return Err(UndoObstacle::Begun { module: module(), version, file: file() });
    }
    if row.status != Status::Applied {
        let status = row.status.clone();
        return Err(UndoObstacle::Stuck { module: module(), version, file: file(), status });
    }
    let irreversible = |reason: &str| {
        Err(UndoObstacle::Irreversible { module: module(), version, file: file(), reason: reason.to_owned() })
    };
    let from_ledger = || match &recorded.down {
        Some((text, safety)) => {
            Ok(Decided { recorded, known: None, text: text.clone(), source: UndoSource::Ledger, safety: *safety })
        }
        None => irreversible("the ledger keeps no text that would undo it"),
    };
    let found = find(modules, recorded);
    let Some((at, place)) = found else {
        return match twin(ledger, recorded, None) {
            Some(twin) => Err(shared(recorded, twin)),
            None => from_ledger(),
        };
    };
    let (known, migration) = (modules[at], &modules[at].as_slice()[place]);
    let is_former = |one: &&Recorded| known.formerly().contains(&one.row.module.as_str()) && one.row.version == version;
    if let Some(former) = ledger.iter().filter(is_former).find(|one| one.row.renamed_to().is_none() && is_there(one)) {
        let other = former.row.module.clone();
        return Err(UndoObstacle::Renamed { module: module(), version, file: file(), other });
    }
    if let Some(twin) = twin(ledger, recorded, Some(migration)) {
        return Err(shared(recorded, twin));
    }
    let accepted = migration.links().iter().any(|link| link.checksum() == row.checksum && link.chain() == row.chain);
    let is_own = row.checksum == migration.checksum();
    let is_right = accepted || is_own && row.chain == migration.chain();
    if !is_right {
        // Another history with the same text differs in its chain value only.
        let (recorded, embedded) =
            if is_own { (row.chain, migration.chain()) } else { (row.checksum, migration.checksum()) };
        return Err(UndoObstacle::Divergent { module: module(), version, file: file(), recorded, embedded });
    }
    if !is_own {
        // The text that was corrected since is what ran; its own undo was recorded with it.
        return from_ledger();
    }
    let (source, text, safety) = match migration.undo() {
        Undo::Derived { text, safety } => (UndoSource::Derived, text, safety),
        Undo::Explicit { text, safety } => (UndoSource::Explicit, text, safety),
        Undo::None { reason } => return irreversible(reason),
    };
    Ok(Decided { recorded, known: Some((at, place)), text: text.clone().into_owned(), source, safety: *safety })
}

/// The row under which another module has the same migration: a moved or a renamed one leaves two rows behind, and an undo
/// changes one.
fn twin<'a>(ledger: &'a [Recorded], recorded: &Recorded, migration: Option<&Migration>) -> Option<&'a Recorded> {
    let row = &recorded.row;
    let origin = match migration.and_then(Migration::moved) {
        Some(Moved::From(origin)) => Some((origin.module(), origin.version())),
        _ => None,
    };
    let is_twin = |one: &&Recorded| {
        let is_same = one.row.checksum == row.checksum && row.checksum != Row::MARKER;
        let is_origin = origin == Some((one.row.module.as_str(), one.row.version)) && one.row.moved_to().is_none();
        one.row.module != row.module && is_there(one) && (is_same || is_origin)
    };
    ledger.iter().find(is_twin)
}

fn shared(recorded: &Recorded, twin: &Recorded) -> UndoObstacle {
    let (module, version, file) = (recorded.row.module.clone(), recorded.row.version, recorded.file.clone());
    UndoObstacle::Shared { module, version, file, other: twin.row.module.clone(), other_version: twin.row.version }
}

#[cfg(test)]
mod tests;
