//! Migrations that changed hands between two modules, and whether both sides agree about them.

use migrate_core::{Compatibility, Migration, Migrations, Moved, Requirement, Version};

use crate::modules_error::{ModulesError, Place};

/// A migration that was moved to another module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handover {
    /// Where it is now, as indices of module and migration.
    pub(crate) receiver: (usize, usize),
    /// Where its place in the chain was left, if that module is here as well.
    pub(crate) giver: Option<(usize, usize)>,
    /// Where databases know it from.
    pub(crate) origin: Origin,
    /// Whether a later migration of the receiver breaks those who know it as the giver's.
    pub(crate) seal: Seal,
}

/// The ledger row of a migration that was moved to another module, under the module that gave it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) module: &'static str,
    pub(crate) version: Version,
    /// The module that has it now.
    pub(crate) receiver: &'static str,
}

/// Whether binaries that know a migration as the giver's are to be kept out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    Open,
    /// The row says where the migration went, instead of what was applied.
    Sealed,
}

/// Finds every migration that was moved, and checks that both modules say so, of the same text.
pub(crate) fn handovers(modules: &[&'static Migrations]) -> Result<Vec<Handover>, ModulesError> {
    let mut handovers = Vec::new();
    for (module, migrations) in modules.iter().enumerate() {
        for (at, migration) in migrations.iter().enumerate() {
            match migration.moved() {
                Some(Moved::From(origin)) => handovers.push(taken(modules, (module, at), migration, origin)?),
                Some(Moved::To(counterpart)) => check_given(modules, migrations, migration, counterpart)?,
                None => {}
            }
        }
    }
    Ok(handovers)
}

/// The handover of a migration that this module says it has from another one.
fn taken(
    modules: &[&'static Migrations],
    receiver: (usize, usize),
    migration: &'static Migration,
    origin: &'static Requirement,
) -> Result<Handover, ModulesError> {
    let module = modules[receiver.0];
    let breaks = |later: &Migration| later.compatibility() == Compatibility::Breaking;
    let seal = if module.as_slice()[receiver.1 + 1..].iter().any(breaks) { Seal::Sealed } else { Seal::Open };
    let (version, name) = (origin.version(), origin.module());
    let Some(giver) = modules.iter().position(|other| is_called(other, name)) else {
        let origin = Origin { module: name, version, receiver: module.module() };
        return Ok(Handover { receiver, giver: None, origin, seal });
    };
    let by = place(module, migration);
    let Some(at) = modules[giver].iter().position(|other| other.version() == version) else {
        let last = modules[giver].last().map(|last| file(modules[giver], last));
        return Err(ModulesError::TooOld { by, requires: name, version, last });
    };
    let there = &modules[giver].as_slice()[at];
    let is_agreed = |to: &Requirement| is_called(module, to.module()) && to.version() == migration.version();
    match there.moved() {
        Some(Moved::To(to)) if is_agreed(to) => {}
        _ => {
            let other = file(modules[giver], there);
            return Err(ModulesError::OneSidedMove { by, other });
        }
    }
    if there.checksum() != migration.checksum() {
        let sides = Box::new((file(module, migration), place(modules[giver], there)));
        return Err(ModulesError::MovedText { sides, checksums: (migration.checksum(), there.checksum()) });
    }
    let origin = Origin { module: modules[giver].module(), version, receiver: module.module() };
    Ok(Handover { receiver, giver: Some((giver, at)), origin, seal })
}

/// Checks that the module is here, and agrees, to which a migration went.
fn check_given(
    modules: &[&'static Migrations],
    module: &'static Migrations,
    migration: &'static Migration,
    counterpart: &'static Requirement,
) -> Result<(), ModulesError> {
    let (by, requires, version) = (place(module, migration), counterpart.module(), counterpart.version());
    let Some(receiver) = modules.iter().find(|other| is_called(other, requires)) else {
        return Err(ModulesError::Absent { by, requires, version });
    };
    let Some(here) = receiver.get(version) else {
        let last = receiver.last().map(|last| file(receiver, last));
        return Err(ModulesError::TooOld { by, requires, version, last });
    };
    match here.moved() {
        Some(Moved::From(from)) if is_called(module, from.module()) && from.version() == migration.version() => Ok(()),
        _ => Err(ModulesError::OneSidedMove { by, other: file(receiver, here) }),
    }
}

/// What a module is called, and behind that what it was called before.
pub(crate) fn names(module: &Migrations) -> impl Iterator<Item = &'static str> + use<> {
    std::iter::once(module.module()).chain(module.formerly().iter().copied())
}

/// Whether a module has this name, or had it.
pub(crate) fn is_called(module: &Migrations, name: &str) -> bool {
    module.module() == name || module.formerly().contains(&name)
}

/// Where a module says that a migration was moved.
fn place(module: &Migrations, migration: &'static Migration) -> Place {
    Place { file: "migrations.toml", ..file(module, migration) }
}

fn file(module: &Migrations, migration: &'static Migration) -> Place {
    Place { module: module.module(), version: migration.version(), file: migration.file() }
}

#[cfg(test)]
mod tests;
