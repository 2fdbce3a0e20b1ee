use std::collections::BTreeMap;

use migrate_core::{Migrations, Version};

use super::decide::At;
use super::error::BaselineError;
use super::takeover::Wanted;
use crate::live::Unmanaged;

/// What is to be taken over: which modules at which versions, and what else the database may hold.
///
/// Unless told otherwise: every module that the database has anything of, each at the latest version whose schema is the
/// live one; and the database may hold nothing that no module defines.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Baseline {
    modules: BTreeMap<String, At>,
    unmanaged: Unmanaged,
    strangers: Strangers,
}

/// What to do about objects that no module of the migrator ever defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strangers {
    /// The database is not taken over.
    #[default]
    Refused,
    /// They are named in the result and left as they are.
    Accepted,
}

impl Baseline {
    /// Every module, each at the version that the schema shows it to be at.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over this module, and no others than those that are named so.
    pub fn module(mut self, name: impl Into<String>) -> Self {
        self.modules.insert(name.into(), At::Detected);
        self
    }

    /// Takes over this module at this version, and no others than those that are named.
    pub fn at(mut self, module: impl Into<String>, version: Version) -> Self {
        self.modules.insert(module.into(), At::Version(version));
        self
    }

    /// Objects that match are none of the migrations' business, unless a module defines them. What the modules declare in
    /// `migrations.toml` is so in any case.
    pub fn unmanaged(self, unmanaged: Unmanaged) -> Self {
        Self { unmanaged, ..self }
    }

    /// What to do about all other objects that no module defines.
    pub fn strangers(self, strangers: Strangers) -> Self {
        Self { strangers, ..self }
    }

    pub(crate) fn wanted(&self, modules: &[&'static Migrations]) -> Result<Wanted, BaselineError> {
        let targets = select(modules, &self.modules)?;
        let unmanaged = self.unmanaged.clone().and(Unmanaged::declared(modules));
        Ok(Wanted { targets, unmanaged, strangers: self.strangers })
    }
}

/// The modules that are named, or all of them where none is, in the order of the migrator.
pub(crate) fn select(
    modules: &[&'static Migrations],
    named: &BTreeMap<String, At>,
) -> Result<Vec<(&'static Migrations, At)>, BaselineError> {
    if named.is_empty() {
        return Ok(modules.iter().map(|&module| (module, At::Detected)).collect());
    }
    for (name, at) in named {
        let module = modules.iter().find(|module| module.module() == name);
        let module = module.ok_or_else(|| BaselineError::NoSuchModule(name.clone()))?;
        if let At::Version(version) = *at
            && module.get(version).is_none()
        {
            return Err(BaselineError::NoSuchVersion { module: module.module(), version });
        }
    }
    Ok(modules.iter().filter_map(|&module| Some((module, *named.get(module.module())?))).collect())
}
