//! How far a migrator goes in each module.

use std::sync::Arc;

use migrate_core::{Migration, Version};

use crate::index::Index;
use crate::migrator::Migrator;
use crate::modules_error::Place;
use crate::order::{Modules, place};

/// Why a migrator cannot stop at a version. `Display` says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the messages say the rest")]
pub enum TargetError {
    /// The migrator has no such module.
    #[error("the migrator has no module `{module}`, only {}", list(.known))]
    NoSuchModule { module: String, known: Vec<&'static str> },
    /// The module has no such version.
    #[error("the module `{module}` has no V{version}: {}", .last.as_ref().map_or_else(|| "it is empty".to_owned(), |last| format!("it ends at V{} ({})", last.version, last.file)))]
    NoSuchVersion { module: &'static str, version: Version, last: Option<Place> },
    /// A module is named twice.
    #[error("the module `{module}` is to stop at V{first} and at V{second}")]
    Twice { module: &'static str, first: Version, second: Version },
    /// What is to be applied of another module requires a version behind the one at which a module is to stop.
    #[error(
        "`{module}` cannot stop at V{target}: {by} requires {needed}. Let `{module}` go to V{}, or let `{}` stop before V{}",
        .needed.version, .by.module, .by.version
    )]
    Required { module: &'static str, target: Version, needed: Place, by: Place },
}

impl Migrator {
    /// Goes no further than these versions in these modules, and to the end of all others.
    ///
    /// Versions are never skipped: all up to the target are applied, in order. A context that is at its target is up to
    /// date for this migrator; one that is beyond it is [ahead](crate::Outcome::Ahead), is served, and stays as it is.
    /// Called again, it replaces what was said before.
    ///
    /// ```
    /// # use migrate_runtime::{Migrator, ModulesError, TargetError, Version};
    /// # fn start(modules: [&'static migrate_runtime::Migrations; 2]) -> Result<(), Box<dyn std::error::Error>> {
    /// let migrator = Migrator::new(modules)?.until([("auth", "3".parse::<Version>()?)])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such module or version, or when another module, as far as it is to go, requires more of one than
    /// its target.
    pub fn until<N: AsRef<str>>(
        mut self,
        targets: impl IntoIterator<Item = (N, Version)>,
    ) -> Result<Self, TargetError> {
        self.applier.modules = ending(&self.applier.modules, targets)?;
        // It holds what is to be found in a tenant that is up to date.
        self.index = self.index.map(|index| Arc::new(Index::new(index.context.clone(), &self.applier.modules)));
        Ok(self)
    }
}

/// The same modules, with no more than what leads to these versions.
fn ending<N: AsRef<str>>(
    modules: &Modules,
    targets: impl IntoIterator<Item = (N, Version)>,
) -> Result<Modules, TargetError> {
    let mut ends: Vec<_> = modules.iter().map(|module| module.len()).collect();
    let mut named: Vec<(usize, Version)> = Vec::new();
    for (name, version) in targets {
        let name = name.as_ref();
        let Some(at) = modules.iter().position(|module| module.module() == name) else {
            let known = modules.iter().map(|module| module.module()).collect();
            return Err(TargetError::NoSuchModule { module: name.to_owned(), known });
        };
        let module = modules[at];
        if let Some((_, first)) = named.iter().find(|(other, _)| *other == at) {
            return Err(TargetError::Twice { module: module.module(), first: *first, second: version });
        }
        let Some(last) = module.iter().position(|migration| migration.version() == version) else {
            let last = module.last().map(|last| place(module, last));
            return Err(TargetError::NoSuchVersion { module: module.module(), version, last });
        };
        ends[at] = last + 1;
        named.push((at, version));
    }
    for turn in modules.turns().iter().filter(|turn| turn.at < ends[turn.module]) {
        for &(other, needed) in turn.needs.iter().filter(|(other, needed)| *needed >= ends[*other]) {
            let migration = |module: usize, at: usize| modules[module].as_slice().get(at);
            let target = ends[other].checked_sub(1).and_then(|last| migration(other, last));
            if let (Some(target), Some(needed), Some(by)) =
                (target, migration(other, needed), migration(turn.module, turn.at))
            {
                return Err(TargetError::Required {
                    module: modules[other].module(),
                    target: Migration::version(target),
                    needed: place(modules[other], needed),
                    by: place(modules[turn.module], by),
                });
            }
        }
    }
    Ok(modules.ending(ends))
}

fn list(names: &[&'static str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none at all".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use migrate_core::{Migrations, Requirement};

    use super::*;

    fn module(name: &'static str, length: u8, requires: &[(u64, &'static str, u64)]) -> &'static Migrations {
        let chain = (1..=length).map(|version| {
            let needed = requires.iter().filter(|(by, ..)| *by == u64::from(version));
            let needed: Vec<_> = needed.map(|&(_, module, version)| Requirement::__new(module, version)).collect();
            Migration::__new(version.into(), "x", "V__x.surql", "", [version; 32], [version; 32])
                .__with_requires(needed.leak())
        });
        Box::leak(Box::new(Migrations::__new(name, chain.collect::<Vec<_>>().leak())))
    }

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    fn ends(targets: &[(&str, u64)]) -> Result<Vec<usize>, TargetError> {
        let modules = [module("auth", 4, &[]), module("billing", 3, &[(2, "auth", 3)])];
        let modules = Modules::new(modules).unwrap();
        let ended = ending(&modules, targets.iter().map(|&(name, number)| (name, version(number))))?;
        Ok(ended.wanted().map(|(_, wanted)| wanted.len()).collect())
    }

    #[test]
    fn a_module_that_is_not_named_goes_to_its_end() {
        assert_eq!(ends(&[]), Ok(vec![4, 3]));
        assert_eq!(ends(&[("auth", 3)]), Ok(vec![3, 3]));
        assert_eq!(ends(&[("auth", 2), ("billing", 1)]), Ok(vec![2, 1]));
    }

    #[test]
    fn what_another_module_needs_cannot_be_left_out() {
        let error = ends(&[("auth", 2)]).unwrap_err();
        assert!(matches!(error, TargetError::Required { module: "auth", .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "`auth` cannot stop at V2: `billing` V2 (V__x.surql) requires `auth` V3 (V__x.surql). Let `auth` go to V3, or let \
             `billing` stop before V2"
        );
        assert!(ends(&[("auth", 2), ("billing", 2)]).is_err());
    }

    #[test]
    fn what_is_not_there_cannot_be_a_target() {
        assert!(matches!(ends(&[("mail", 1)]), Err(TargetError::NoSuchModule { .. })));
        assert!(matches!(ends(&[("auth", 5)]), Err(TargetError::NoSuchVersion { .. })));
        assert!(matches!(ends(&[("auth", 1), ("auth", 2)]), Err(TargetError::Twice { .. })));
    }
}
