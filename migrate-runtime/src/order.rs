use std::collections::BTreeMap;

use migrate_core::{Migrations, Version};

/// Why modules cannot be brought together in one migrator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the messages say the rest")]
pub enum ModulesError {
    /// Two modules have one name, and so would share their ledger rows.
    #[error("two modules are named `{0}`: set `module = \"…\"` in the migrations.toml of one of them")]
    Duplicate(&'static str),
    /// A module that another one requires is not among them.
    #[error("the module `{module}` requires `{requires}` at V{version}, which was not given to the migrator")]
    Absent { module: &'static str, requires: &'static str, version: Version },
    /// A module that another one requires is there, but too old.
    #[error("the module `{module}` requires `{requires}` at V{version}, and the one given ends at {}", .last.map_or_else(|| "nothing".to_owned(), |last| format!("V{last}")))]
    TooOld { module: &'static str, requires: &'static str, version: Version, last: Option<Version> },
    /// Modules require each other.
    #[error("modules require each other in a circle: {}", .0.join(" → "))]
    Circle(Vec<&'static str>),
}

/// Orders modules so that each stands behind what it requires, and otherwise as they were given.
pub(crate) fn order(
    modules: impl IntoIterator<Item = &'static Migrations>,
) -> Result<Vec<&'static Migrations>, ModulesError> {
    let given: Vec<_> = modules.into_iter().collect();
    let mut by_name = BTreeMap::new();
    for module in &given {
        if by_name.insert(module.module(), *module).is_some() {
            return Err(ModulesError::Duplicate(module.module()));
        }
    }
    let mut ordered = Vec::with_capacity(given.len());
    let mut path = Vec::new();
    for module in given {
        visit(module, &by_name, &mut path, &mut ordered)?;
    }
    Ok(ordered)
}

fn visit(
    module: &'static Migrations,
    by_name: &BTreeMap<&'static str, &'static Migrations>,
    path: &mut Vec<&'static str>,
    ordered: &mut Vec<&'static Migrations>,
) -> Result<(), ModulesError> {
    if ordered.iter().any(|done| done.module() == module.module()) {
        return Ok(());
    }
    if let Some(from) = path.iter().position(|name| *name == module.module()) {
        let mut circle = path[from..].to_vec();
        circle.push(module.module());
        return Err(ModulesError::Circle(circle));
    }
    path.push(module.module());
    for requirement in module.requires() {
        let (requires, version) = (requirement.module(), requirement.version());
        let absent = ModulesError::Absent { module: module.module(), requires, version };
        let other = by_name.get(requires).ok_or(absent)?;
        let last = other.last().map(migrate_core::Migration::version);
        if last.is_none_or(|last| last < version) {
            return Err(ModulesError::TooOld { module: module.module(), requires, version, last });
        }
        visit(other, by_name, path, ordered)?;
    }
    path.pop();
    ordered.push(module);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrate_core::{Migration, Requirement};

    fn module(name: &'static str, last: u64, requires: &[(&'static str, u64)]) -> &'static Migrations {
        let chain: Vec<_> = (1..=last).map(|v| Migration::__new(v, "x", "V1__x.surql", "", [0; 32], [0; 32])).collect();
        let requires: Vec<_> = requires.iter().map(|(name, version)| Requirement::__new(name, *version)).collect();
        let module = Migrations::__new(name, Box::leak(chain.into_boxed_slice()));
        Box::leak(Box::new(module.__with_requires(Box::leak(requires.into_boxed_slice()))))
    }

    fn names(modules: &[&'static Migrations]) -> Result<Vec<&'static str>, ModulesError> {
        Ok(order(modules.iter().copied())?.iter().map(|module| module.module()).collect())
    }

    #[test]
    fn what_is_required_comes_first_and_the_rest_stays_in_order() {
        let (app, auth, log) = (module("app", 1, &[("auth", 2)]), module("auth", 2, &[]), module("log", 1, &[]));
        assert_eq!(names(&[log, app, auth]).unwrap(), ["log", "auth", "app"]);
        assert_eq!(names(&[auth, app, log]).unwrap(), ["auth", "app", "log"]);
    }

    #[test]
    fn what_cannot_be_brought_together_is_refused_with_both_names() {
        let app = module("app", 1, &[("auth", 2)]);
        assert!(matches!(names(&[app]), Err(ModulesError::Absent { requires: "auth", .. })));
        assert!(matches!(names(&[app, module("auth", 1, &[])]), Err(ModulesError::TooOld { .. })));
        assert!(matches!(names(&[app, module("auth", 0, &[])]), Err(ModulesError::TooOld { last: None, .. })));
        assert_eq!(names(&[app, app]), Err(ModulesError::Duplicate("app")));
        let circle = names(&[app, module("auth", 2, &[("app", 1)])]);
        assert_eq!(circle, Err(ModulesError::Circle(vec!["app", "auth", "app"])));
    }
}
