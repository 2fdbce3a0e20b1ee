//! From the migrations of a binary and the rows of a ledger to a listing, without any I/O.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Compatibility, Migration, Migrations, Version};

use super::entry::{Here, ListedMigration, ListedUndo};
use super::filter::ListFilter;
use super::recorded::{FirstSeen, Recorded};
use super::state::{ModuleState, StatusCounts};
use super::status::MigrationStatus;
use crate::handover::{is_called, names};
use crate::ledger::{Kept, Row, Status};
use crate::order::Modules;

/// The migrations of all modules in their order, and behind them what the ledger knows beside them.
pub(super) fn assemble(
    modules: &Modules,
    recorded: &[Recorded],
    first_seen: &FirstSeen,
    filter: &ListFilter,
) -> Vec<ListedMigration> {
    // What a renamed module leaves behind is no migration.
    let rows = recorded.iter().filter(|recorded| recorded.row.renamed_to().is_none());
    let mut left: BTreeMap<(&str, Version), &Recorded> =
        rows.map(|recorded| ((recorded.row.module.as_str(), recorded.version()), recorded)).collect();
    let mut listed = Vec::new();
    for (module, wanted) in modules.wanted() {
        let mut of_module = Vec::new();
        for (at, migration) in module.iter().enumerate() {
            let here = if at < wanted.len() { Here::Wanted } else { Here::BehindTarget };
            let rows: Vec<_> = names(module).filter_map(|name| left.remove(&(name, migration.version()))).collect();
            if rows.is_empty() {
                of_module.push(pending(module, migration, here));
            }
            of_module.extend(rows.into_iter().map(|row| entry(row, Some(migration), here)));
        }
        let is_of_module = |name: &str| module.module() == name || module.formerly().contains(&name);
        left.retain(|(name, _), row| {
            if is_of_module(name) {
                of_module.push(entry(row, None, Here::Unknown));
            }
            !is_of_module(name)
        });
        of_module.sort_by_key(|one| one.version);
        listed.append(&mut of_module);
    }
    listed.extend(left.into_values().map(|row| entry(row, None, Here::Unknown)));
    listed.retain(|one| filter.passes(&one.module, &one.status));
    for one in &mut listed {
        one.first_seen = first_seen.get(&(one.module.clone(), one.version.get())).cloned();
    }
    listed
}

fn pending(module: &Migrations, migration: &Migration, here: Here) -> ListedMigration {
    ListedMigration {
        module: module.module().to_owned(),
        version: migration.version(),
        name: migration.name().to_owned(),
        file: migration.file().to_owned(),
        description: description(migration),
        status: MigrationStatus::Pending,
        first_seen: None,
        applied_at: None,
        duration: None,
        statements: migration.statements().len(),
        applied_by: None,
        error: None,
        undo_error: None,
        breaking: migration.compatibility() == Compatibility::Breaking,
        undo: migration.into(),
        here,
        ways_out: Vec::new(),
    }
}

fn description(migration: &Migration) -> Option<String> {
    Some(migration.description().to_owned()).filter(|text| !text.is_empty())
}

fn entry(recorded: &Recorded, migration: Option<&Migration>, here: Here) -> ListedMigration {
    let Recorded { row, file, statements, applied_at, duration, applied_by, safety, error, undo_error } =
        recorded.clone();
    let of_ledger = || match safety {
        Some(safety) => ListedUndo::Recorded { safety },
        None => ListedUndo::None { reason: "the ledger keeps no text for it".to_owned() },
    };
    ListedMigration {
        undo: migration.map_or_else(of_ledger, ListedUndo::from),
        description: migration.and_then(description),
        ways_out: ways_out(&row, undo_error.is_some()).to_vec(),
        breaking: row.compatibility == Compatibility::Breaking,
        module: row.module,
        version: row.version,
        name: row.name,
        status: row.status.into(),
        first_seen: None,
        file,
        applied_at,
        duration,
        statements,
        applied_by,
        error,
        undo_error,
        here,
    }
}

/// What can be done about a row that is not as it should be.
fn ways_out(row: &Row, undo_failed: bool) -> &'static [&'static str] {
    match (&row.status, row.kept) {
        (Status::Applied, _) if undo_failed => &[
            "its undo failed and was taken back, so it is applied as before: remove the cause and undo it again, or leave it",
        ],
        (Status::Started, _) if undo_failed => &[
            "nobody knows which statements of its undo ran: restore the database from a backup",
            "or compare its schema and rows with what should be there, put it right by hand, and then set the row's status to \
             `applied` or `rolled_back`",
        ],
        (Status::Applied | Status::RolledBack, _) => &[],
        (Status::Failed, Kept::Nothing) => &[
            "nothing of it was kept: remove the cause in the data, and start again, which tries it again",
            "or ship a binary with another text for it, which it may have as long as nothing of it is kept anywhere",
        ],
        (Status::Failed, Kept::Something) => &[
            "the statements before the one that failed are kept: remove the cause in the data, and start again, which goes \
             on behind them; its text may not change",
        ],
        (Status::RunningStart, _) => &[
            "its start is not done: start again, which waits for the lease and goes on with it",
            "or take it back with `rollback`",
        ],
        (Status::ReadyToComplete, _) => {
            &["end it with `complete`, once no older binary is alive; or take it back with `rollback`"]
        }
        (Status::RunningComplete, _) => &["its completion is not done: go on with `complete`"],
        (Status::RunningRollback, _) => &["its start is being taken back: go on with `rollback`"],
        (Status::Running, _) => {
            &["somebody is at it, or was until a crash: start again, which waits for the lease and goes on with it"]
        }
        (Status::Started, _) => &[
            "nobody knows which of its statements ran: restore the database from a backup",
            "or compare its schema and rows with the migration, finish it or take it back by hand, and then set the row's \
             status to `applied` or remove the row",
        ],
        (Status::Other(word), _) if word == "moved" => &["its module has another name now: it goes on under that one"],
        (Status::Other(_), _) => &["this binary does not know that state: use one that does"],
    }
}

/// Where each module stands, those that the binary does not have included, and how many migrations stand where.
pub(super) fn summarise(modules: &Modules, rows: &[Row]) -> (Vec<ModuleState>, StatusCounts) {
    let rows: Vec<_> = rows.iter().filter(|row| row.renamed_to().is_none()).collect();
    let mut counts = StatusCounts::default();
    for row in &rows {
        counts.add(&row.status);
    }
    let mut known = BTreeSet::new();
    let mut states = Vec::new();
    for (module, wanted) in modules.wanted() {
        let of_module = || rows.iter().filter(|row| is_called(module, &row.module));
        let lacks = |migration: &&Migration| !of_module().any(|row| row.version == migration.version());
        let pending = wanted.iter().filter(lacks).count();
        counts.pending += pending;
        states.push(ModuleState {
            module: module.module().to_owned(),
            current: current(of_module().copied()),
            target: wanted.last().map(Migration::version),
            pending,
        });
        known.extend(names(module));
    }
    let strangers: BTreeSet<_> =
        rows.iter().map(|row| row.module.as_str()).filter(|name| !known.contains(name)).collect();
    states.extend(strangers.into_iter().map(|name| ModuleState {
        module: name.to_owned(),
        current: current(rows.iter().copied().filter(|row| row.module == name)),
        target: None,
        pending: 0,
    }));
    (states, counts)
}

fn current<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<Version> {
    rows.filter(|row| row.status == Status::Applied).map(|row| row.version).max()
}
