//! The order of all migrations of all modules, so that each stands behind what it requires.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use migrate_core::{Catalog, Migration, Migrations, Moved, Requirement, Version};

use crate::compare::Until;
use crate::handover::{Handover, handovers, is_called};
use crate::modules_error::{ModulesError, Needed, Place};
use crate::ownership;

/// Modules that were checked against each other, and the order of their migrations.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    all: Vec<&'static Migrations>,
    /// How many migrations of each are wanted.
    ends: Vec<usize>,
    turns: Vec<Turn>,
    handovers: Vec<Handover>,
    /// What becomes of phased migrations that are not begun.
    pub(crate) starts: PhasedStarts,
    /// The phased migrations that are left all the same, as indices of module and migration.
    left: BTreeSet<(usize, usize)>,
}

/// What becomes of the phased migrations of a binary that starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PhasedStarts {
    /// Their starts are run, as any other migration is.
    #[default]
    Run,
    /// They are left for a migrator that runs them.
    Leave,
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
        &self.all
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
        let handovers = handovers(&modules)?;
        let (done, path, turns) = (vec![0; modules.len()], Vec::new(), Vec::new());
        let mut ordering = Ordering { modules, by_name, handovers, done, path, turns };
        for module in 0..ordering.modules.len() {
            ordering.check_empty(module)?;
            ordering.visit(module, ordering.modules[module].len())?;
        }
        let Ordering { modules, turns, handovers, .. } = ordering;
        ownership::check(&modules, &turns)?;
        let ends = modules.iter().map(|module| module.len()).collect();
        let (starts, left) = (PhasedStarts::default(), BTreeSet::new());
        Ok(Self { all: modules, ends, turns, handovers, starts, left })
    }

    /// The migrations that were moved between modules.
    pub(crate) fn handovers(&self) -> &[Handover] {
        &self.handovers
    }

    /// The schema that these modules lead to, each up to a version: their migrations are folded in the order in which they
    /// are applied.
    pub(crate) fn schema(&self, until: impl Fn(&'static str) -> Until) -> Catalog {
        let mut schema = Catalog::new();
        for turn in &self.turns {
            let module = self[turn.module];
            let migration = &module.as_slice()[turn.at];
            let is_meant = match until(module.module()) {
                Until::Nothing => false,
                Until::Version(version) => migration.version() <= version,
                Until::Last => true,
            };
            if is_meant {
                migration.changes().iter().for_each(|change| schema.apply(change));
            }
        }
        schema
    }

    /// The same modules, each with as many of its first migrations as are wanted.
    pub(crate) fn ending(&self, ends: Vec<usize>) -> Self {
        Self { ends, ..self.clone() }
    }

    /// The same modules with no more than what leads to one migration, whose start is run whatever was said.
    pub(crate) fn leading_to(&self, module: usize, at: usize) -> Self {
        let mut ends = vec![0; self.all.len()];
        ends[module] = at + 1;
        // What is required stands before what requires it.
        for turn in self.turns.iter().rev() {
            if turn.at < ends[turn.module] {
                for &(other, needed) in &turn.needs {
                    ends[other] = ends[other].max(needed + 1);
                }
            }
        }
        Self { starts: PhasedStarts::Run, left: BTreeSet::new(), ..self.ending(ends) }
    }

    /// The same modules, with the starts of these migrations left.
    pub(crate) fn leaving(&self, left: impl IntoIterator<Item = (&'static str, Version)>) -> Self {
        let place = |(name, version): (&'static str, Version)| {
            let module = self.iter().position(|module| module.module() == name)?;
            let at = self[module].iter().position(|migration| migration.version() == version)?;
            Some((module, at))
        };
        Self { left: left.into_iter().filter_map(place).collect(), ..self.clone() }
    }

    /// What becomes of one migration, if it is a phased one that is not begun.
    pub(crate) fn starts_of(&self, module: usize, at: usize) -> PhasedStarts {
        if self.left.contains(&(module, at)) { PhasedStarts::Leave } else { self.starts }
    }

    /// The same modules, with all of their migrations.
    pub(crate) fn whole(&self) -> Self {
        self.ending(self.iter().map(|module| module.len()).collect())
    }

    /// Each module, with those of its migrations that are wanted.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = (&'static Migrations, &'static [Migration])> {
        let wanted = |(&module, &end): (&&'static Migrations, &usize)| {
            (module, module.as_slice().get(..end).unwrap_or_default())
        };
        self.iter().zip(&self.ends).map(wanted)
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
    handovers: Vec<Handover>,
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
            if let Some((needed, requirement)) = self.handed_over(module, at) {
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

    /// What a migration that changed hands stands behind, so that the chain in which it was shipped is gone through as ever:
    /// what was before it there, and where its place was left, itself.
    fn handed_over(&self, module: usize, at: usize) -> Option<((usize, usize), &'static Requirement)> {
        let moved = self.modules[module].as_slice()[at].moved()?;
        let needed = match moved {
            Moved::From(_) => {
                let handover = self.handovers.iter().find(|handover| handover.receiver == (module, at))?;
                let (giver, at) = handover.giver?;
                (giver, at.checked_sub(1)?)
            }
            Moved::To(_) => self.handovers.iter().find(|handover| handover.giver == Some((module, at)))?.receiver,
        };
        Some((needed, moved.counterpart()))
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
        // A module that was renamed since is still the one that is meant.
        let renamed = || self.modules.iter().position(|module| is_called(module, requires));
        let Some(other) = self.by_name.get(requires).copied().or_else(renamed) else {
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
    let migration = module.as_slice().get(at);
    let moved = migration.and_then(Migration::moved).map(Moved::counterpart);
    let is_of_all = module.requires().iter().chain(moved).any(|of_all| std::ptr::eq(of_all, requirement));
    let file = migration.filter(|_| !is_of_all).map_or("migrations.toml", Migration::file);
    let by = Place { module: module.module(), version: migration.map_or(Version::FIRST, Migration::version), file };
    Needed { by, requires: requirement.module(), version: requirement.version() }
}

#[cfg(test)]
mod tests;
