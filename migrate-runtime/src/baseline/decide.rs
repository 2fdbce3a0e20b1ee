//! Which versions a live schema is at, and whether it may be taken over there, without any I/O.

use std::collections::BTreeSet;

use migrate_core::{Catalog, Change, Link, Migration, Migrations, Object, Version};

use super::error::BaselineError;
use super::ledger::Recorded;
use super::options::Strangers;
use super::takeover::Wanted;
use crate::context::Context;
use crate::ledger::{Row, Status};
use crate::live::differences;

/// At which version a module is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The latest whose schema is the live one.
    Detected,
    Version(Version),
}

/// A module with the version at which it is taken over.
pub(crate) type Target = (&'static Migrations, Version);

/// What is to be done about a database.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decided {
    /// The modules whose rows are to be written.
    pub(crate) missing: Vec<Target>,
    /// The modules whose rows were written already, by taking the database over.
    pub(crate) recorded: Vec<Target>,
    /// What no module defines.
    pub(crate) strangers: Vec<Object>,
}

/// Decides about a database with this schema and this ledger.
pub(crate) fn decide(
    context: &Context,
    modules: &[&'static Migrations],
    wanted: &Wanted,
    ledger: &[Recorded],
    live: &Catalog,
) -> Result<Decided, BaselineError> {
    let mut decided = Decided::default();
    let mut open = Vec::new();
    for &(module, at) in &wanted.targets {
        match recorded(context, module, at, ledger)? {
            Some(version) => decided.recorded.push((module, version)),
            None => open.push((module, at)),
        }
    }
    let ours: BTreeSet<_> = open.iter().flat_map(|(module, _)| defined(module)).collect();
    let others: BTreeSet<_> = modules.iter().flat_map(|module| defined(module)).collect();
    for (module, at) in open {
        let version = match at {
            At::Version(version) => Some(version),
            At::Detected => detect(module, live),
        };
        decided.missing.extend(version.map(|version| (module, version)));
    }

    let mut expected = Catalog::new();
    for (module, version) in &decided.missing {
        for change in module.iter().take_while(|one| one.version() <= *version).flat_map(Migration::changes) {
            expected.apply(change);
        }
    }
    let mut found = Catalog::new();
    for (object, definition) in live.iter() {
        // What another module defines is that module's affair, whether it is recorded or not.
        if ours.contains(object) {
            found.define(object.clone(), definition);
        } else if !others.contains(object) && !wanted.unmanaged.contains(object) {
            decided.strangers.push(object.clone());
            if wanted.strangers == Strangers::Refused && !decided.missing.is_empty() {
                found.define(object.clone(), definition);
            }
        }
    }
    let differences = differences(&expected, &found);
    if differences.is_empty() {
        return Ok(decided);
    }
    let at = decided.missing.iter().map(|(module, version)| (module.module(), *version)).collect();
    Err(BaselineError::Different { context: context.clone(), at, differences })
}

/// Everything that a module ever defined, and perhaps removed again.
fn defined(module: &'static Migrations) -> impl Iterator<Item = &'static Object> {
    module.iter().flat_map(Migration::changes).map(Change::object)
}

/// The version at which a module was taken over already, or `None` where it has no rows.
fn recorded(
    context: &Context,
    module: &'static Migrations,
    at: At,
    ledger: &[Recorded],
) -> Result<Option<Version>, BaselineError> {
    // An attempt of which nothing was kept, perhaps because the schema was there already, is as if it had never been.
    let is_nothing = |row: &Row| {
        row.is_placeholder() || matches!(row.status, Status::Failed | Status::RolledBack) && !row.is_begun()
    };
    let rows = || ledger.iter().filter(|one| is_of(&one.row, module) && !is_nothing(&one.row));
    let Some(latest) = rows().map(|recorded| recorded.row.version).max() else { return Ok(None) };
    let taken = rows().filter(|recorded| recorded.is_taken_over && recorded.row.status == Status::Applied);
    let taken = taken.max_by_key(|recorded| recorded.row.version).filter(|recorded| match at {
        At::Detected => true,
        At::Version(version) => version == recorded.row.version,
    });
    let is_same = |recorded: &&Recorded| {
        let row = &recorded.row;
        module.get(row.version).is_some_and(|migration| {
            let accepts = |link: &Link| link.chain() == row.chain && link.checksum() == row.checksum;
            migration.chain() == row.chain || migration.links().iter().any(accepts)
        })
    };
    match taken.filter(is_same) {
        Some(recorded) => Ok(Some(recorded.row.version)),
        None => Err(BaselineError::LedgerExists { context: context.clone(), module: module.module(), version: latest }),
    }
}

/// Whether a row is of this module.
fn is_of(row: &Row, module: &Migrations) -> bool {
    row.module == module.module() || module.formerly().contains(&row.module.as_str())
}

/// The latest version whose schema is the live one, or the one that comes closest; `None` where the database has nothing
/// that the module ever defined, so that the module is still to come.
fn detect(module: &'static Migrations, live: &Catalog) -> Option<Version> {
    let defined: BTreeSet<_> = defined(module).collect();
    let live: Catalog = live
        .iter()
        .filter(|(object, _)| defined.contains(object))
        .map(|(object, definition)| (object.clone(), definition.to_owned()))
        .collect();
    if live.is_empty() {
        return None;
    }
    let mut catalog = Catalog::new();
    let mut closest: Option<(usize, Version)> = None;
    for migration in module {
        migration.changes().iter().for_each(|change| catalog.apply(change));
        let distance = catalog.diff(&live).len();
        if closest.is_none_or(|(least, _)| distance <= least) {
            closest = Some((distance, migration.version()));
        }
    }
    closest.map(|(_, version)| version)
}

#[cfg(test)]
mod tests;
