use crate::{Migration, Migrations, Requirement, Version};

/// What a [`VersionGraph`](super::VersionGraph) needs to know of one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionChain {
    /// Its name.
    pub module: String,
    /// The names that it had before, by which others may require it.
    pub formerly: Vec<String>,
    /// What is required before its first version: modules with their versions.
    pub requires: Vec<(String, Version)>,
    /// Its versions, in ascending order.
    pub versions: Vec<ChainedVersion>,
}

/// One version of a [`VersionChain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainedVersion {
    /// The version.
    pub version: Version,
    /// The name of its migration.
    pub name: String,
    /// What it requires by itself: modules with their versions.
    pub requires: Vec<(String, Version)>,
}

impl VersionChain {
    pub(super) fn of(module: &Migrations) -> Self {
        let required =
            |requires: &[Requirement]| requires.iter().map(|one| (one.module().to_owned(), one.version())).collect();
        let version = |migration: &Migration| ChainedVersion {
            version: migration.version(),
            name: migration.name().to_owned(),
            requires: required(migration.requires()),
        };
        Self {
            module: module.module().to_owned(),
            formerly: module.formerly().iter().map(|name| (*name).to_owned()).collect(),
            requires: required(module.requires()),
            versions: module.iter().map(version).collect(),
        }
    }
}
