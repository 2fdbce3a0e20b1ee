//! The order of all migrations of all modules, so that each stands behind what it requires.

use std::collections::BTreeMap;
use std::ops::Deref;

use migrate_core::{Migration, Migrations, Requirement, Version};

use crate::modules_error::{ModulesError, Needed, Place};
use crate::ownership;

/// Modules that were checked against each other, and the order of their migrations.
#[derive(Debug)]
pub(crate) struct Modules {
    modules: Vec<&'static Migrations>,
    turns: Vec<Turn>,
}

/// One migration in the order of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Its module, by its index.
    pub(crate) module: usize,
    /// Which of the module's migrations it is, counted from 0.
    pub(crate) at: usize,
    /// The migrations of other modules that it names as required, as indices of module and migration.
    pub(crate) needs: Vec<(usize, usize)>,
}

impl Deref for Modules {
    type Target = [&'static Migrations];

    fn deref(&self) -> &Self::Target {
        &self.modules
    }
}

impl Modules {
    /// Brings modules together.
    ///
    /// They are gone through as they were given, each from its first migration to its last; what a migration requires of
    /// another module is put before it, and no more of that module than that.
    pub(crate) fn new(given: impl IntoIterator<Item = &'static Migrations>) -> Result<Self, ModulesError> {
        let modules: Vec<_> = given.into_iter().collect();
        let mut by_name = BTreeMap::new();
        for (at, module) in modules.iter().enumerate() {
            if let Some(other) = by_name.insert(module.module(), at) {
                let first = |at: usize| modules.get(at).and_then(|module| module.iter().next()).map(Migration::file);
                return Err(ModulesError::Duplicate { module: module.module(), files: (first(other), first(at)) });
            }
        }
        refuse_former_names(&modules)?;
        let mut ordering =
            Ordering { done: vec![0; modules.len()], modules, by_name, path: Vec::new(), turns: Vec::new() };
        for module in 0..ordering.modules.len() {
            ordering.check_empty(module)?;
            ordering.visit(module, ordering.modules[module].len())?;
        }
        let Ordering { modules, turns, .. } = ordering;
        ownership::check(&modules, &turns)?;
        Ok(Self { modules, turns })
    }

    /// Every migration, in order.
    pub(crate) fn turns(&self) -> &[Turn] {
        &self.turns
    }
}

/// Refuses modules of which two would take one ledger row for theirs.
fn refuse_former_names(modules: &[&'static Migrations]) -> Result<(), ModulesError> {
    for (at, module) in modules.iter().enumerate() {
        for &formerly in module.formerly() {
            let others = modules.iter().enumerate().filter(|&(other, _)| other != at).map(|(_, other)| other);
            let mut others = others.filter(|other| other.module() == formerly || other.formerly().contains(&formerly));
            if let Some(other) = others.next() {
                let (module, other) = (module.module(), other.module());
                return Err(ModulesError::FormerName { module, formerly, other });
            }
        }
    }
    Ok(())
}

/// Modules while their migrations are put into order.
struct Ordering {
    modules: Vec<&'static Migrations>,
    by_name: BTreeMap<&'static str, usize>,
    /// How many migrations of each module have their place already.
    done: Vec<usize>,
    /// The migrations that wait for what they require, each with the module that it waits for. A module is in it once at
    /// most, so that its depth is bounded.
    path: Vec<(usize, usize, &'static Requirement)>,
    turns: Vec<Turn>,
}

impl Ordering {
    /// Gives the first `until` migrations of a module their place.
    fn visit(&mut self, module: usize, until: usize) -> Result<(), ModulesError> {
        let migrations = self.modules[module];
        while self.done[module] < until {
            let at = self.done[module];
            if let Some(from) = self.path.iter().position(|&(other, ..)| other == module) {
                let circle = self.path[from..].iter();
                let circle = circle.map(|&(module, at, requirement)| needed(self.modules[module], at, requirement));
                return Err(ModulesError::Circle(circle.collect()));
            }
            let mut needs = Vec::new();
            for requirement in requirements(migrations, at) {
                let needed = self.find(migrations, at, requirement)?;
                self.path.push((module, at, requirement));
                self.visit(needed.0, needed.1 + 1)?;
                self.path.pop();
                needs.push(needed);
            }
            self.turns.push(Turn { module, at, needs });
            self.done[module] += 1;
        }
        Ok(())
    }

    /// What a module requires that has no migration which could wait for it.
    fn check_empty(&self, module: usize) -> Result<(), ModulesError> {
        let migrations = self.modules[module];
        let mut requires = migrations.requires().iter().filter(|_| migrations.is_empty());
        requires.try_for_each(|requirement| self.find(migrations, 0, requirement).map(|_| ()))
    }

    /// The migration that has to be there before: of the very version, or the first behind it.
    fn find(
        &self,
        module: &'static Migrations,
        at: usize,
        requirement: &'static Requirement,
    ) -> Result<(usize, usize), ModulesError> {
        let Needed { by, requires, version } = needed(module, at, requirement);
        let Some(&other) = self.by_name.get(requires) else {
            return Err(ModulesError::Absent { by, requires, version });
        };
        let chain = self.modules[other];
        let at = chain.iter().position(|migration| migration.version() >= version);
        at.map(|at| (other, at)).ok_or_else(|| {
            let last = chain.last().map(|last| place(chain, last));
            ModulesError::TooOld { by, requires, version, last }
        })
    }
}

/// What a migration requires: what it says itself, and for the first one what its module says.
fn requirements(module: &'static Migrations, at: usize) -> impl Iterator<Item = &'static Requirement> {
    let of_all = if at == 0 { module.requires() } else { &[] };
    of_all.iter().chain(module.as_slice().get(at).map_or(&[][..], Migration::requires))
}

pub(crate) fn place(module: &Migrations, migration: &'static Migration) -> Place {
    Place { module: module.module(), version: migration.version(), file: migration.file() }
}

fn needed(module: &'static Migrations, at: usize, requirement: &Requirement) -> Needed {
    let is_of_all = module.requires().iter().any(|of_all| std::ptr::eq(of_all, requirement));
    let migration = module.as_slice().get(at);
    let file = migration.filter(|_| !is_of_all).map_or("migrations.toml", Migration::file);
    let by = Place { module: module.module(), version: migration.map_or(Version::FIRST, Migration::version), file };
    Needed { by, requires: requirement.module(), version: requirement.version() }
}

#[cfg(test)]
mod tests;
