use core::fmt;

use crate::embedded::Embedded;
use crate::{Catalog, Checksum, Fresh, FreshStatement, Migration, Version};

/// A module: a named chain of migrations, in ascending order of version.
///
/// Made by `embed_migrations!` as a `static`, or by loading a folder. Its name is the crate's unless
/// `migrations.toml` says otherwise, and stands in every ledger row: once shipped, it changes only with
/// `formerly = "…"`.
///
/// What is embedded takes fewer bytes than its texts. It is read when the chain is first asked for, a thousand migrations in a few
/// milliseconds, and kept.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    module: &'static str,
    formerly: &'static [&'static str],
    chain: Chain,
    requires: &'static [Requirement],
    unmanaged: &'static [&'static str],
}

/// Where the migrations are.
#[derive(Clone, Copy)]
enum Chain {
    Listed { migrations: &'static [Migration], fresh: Option<&'static Fresh> },
    Embedded(&'static Embedded),
}

impl Chain {
    fn migrations(&self) -> &'static [Migration] {
        match self {
            Self::Listed { migrations, .. } => migrations,
            Self::Embedded(embedded) => embedded.contents().chain,
        }
    }

    fn fresh(&self) -> Option<&'static Fresh> {
        match self {
            Self::Listed { fresh, .. } => *fresh,
            Self::Embedded(embedded) => embedded.contents().fresh,
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("migrations", &self.migrations()).field("fresh", &self.fresh()).finish()
    }
}

/// Another module that must be at a version before a module, or one migration of it, can be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    module: &'static str,
    version: Version,
}

impl Requirement {
    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __new(module: &'static str, version: u64) -> Self {
        let Some(version) = Version::new(version) else { panic!("a version is between 1 and 2^63 - 1") };
        Self { module, version }
    }

    /// The module that is needed.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The version it must be at, or later.
    pub const fn version(&self) -> Version {
        self.version
    }
}

impl Migrations {
    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __new(module: &'static str, chain: &'static [Migration]) -> Self {
        Self::of(module, Chain::Listed { migrations: chain, fresh: None })
    }

    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __embedded(module: &'static str, embedded: &'static Embedded) -> Self {
        Self::of(module, Chain::Embedded(embedded))
    }

    const fn of(module: &'static str, chain: Chain) -> Self {
        Self { module, formerly: &[], chain, requires: &[], unmanaged: &[] }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_requires(self, requires: &'static [Requirement]) -> Self {
        Self { requires, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_formerly(self, formerly: &'static [&'static str]) -> Self {
        Self { formerly, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_unmanaged(self, unmanaged: &'static [&'static str]) -> Self {
        Self { unmanaged, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_fresh(self, fresh: &'static Fresh) -> Self {
        match self.chain {
            Chain::Listed { migrations, .. } => {
                Self { chain: Chain::Listed { migrations, fresh: Some(fresh) }, ..self }
            }
            Chain::Embedded(_) => panic!("what is embedded says it itself"),
        }
    }

    /// The module's name.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The names that it had before, under which databases may know it.
    pub const fn formerly(&self) -> &'static [&'static str] {
        self.formerly
    }

    /// Its migrations, in ascending order of version.
    pub fn as_slice(&self) -> &'static [Migration] {
        self.chain.migrations()
    }

    /// Its migrations, in ascending order of version.
    pub fn iter(&self) -> core::slice::Iter<'static, Migration> {
        self.as_slice().iter()
    }

    /// How many migrations there are.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// The modules that it needs before its first migration.
    pub const fn requires(&self) -> &'static [Requirement] {
        self.requires
    }

    /// Patterns over the names of objects that are none of its business, where a database has them.
    pub const fn unmanaged(&self) -> &'static [&'static str] {
        self.unmanaged
    }

    /// The migration of this version.
    pub fn get(&self, version: Version) -> Option<&'static Migration> {
        let at = self.as_slice().binary_search_by_key(&version, Migration::version).ok()?;
        self.as_slice().get(at)
    }

    /// How many migrations come before this version: the place of its migration in the module, where there is one.
    pub fn place_of(&self, version: Version) -> usize {
        self.as_slice().partition_point(|before| before.version() < version)
    }

    /// The latest migration, or `None` in an empty module.
    pub fn last(&self) -> Option<&'static Migration> {
        self.as_slice().last()
    }

    /// The chain value of the latest migration: one value for the whole history.
    pub fn head(&self) -> Option<Checksum> {
        self.last().map(Migration::chain)
    }

    /// How an empty database gets what the first migrations lead to, where they do nothing but define things.
    pub fn fresh(&self) -> Option<&'static Fresh> {
        self.chain.fresh()
    }

    /// The statements of [`fresh`](Self::fresh), in order, each without a semicolon.
    pub fn fresh_statements(&self) -> impl Iterator<Item = &'static str> {
        let chain = self.as_slice();
        let index = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        self.fresh().into_iter().flat_map(Fresh::statements).filter_map(move |statement| match statement {
            FreshStatement::Change { migration, change } => {
                chain.get(index(*migration))?.changes().get(index(*change))?.definition()
            }
            FreshStatement::Statement { migration, statement } => {
                let migration = chain.get(index(*migration))?;
                migration.text().get(migration.statements().get(index(*statement))?.range())
            }
            FreshStatement::Text(text) => Some(text),
        })
    }

    /// The schema after the migration of this version, and after all of them for `None`.
    pub fn catalog_at(&self, version: Option<Version>) -> Catalog {
        let until = |migration: &&Migration| version.is_none_or(|version| migration.version() <= version);
        self.iter().take_while(until).flat_map(Migration::changes).collect()
    }
}

impl IntoIterator for &Migrations {
    type Item = &'static Migration;
    type IntoIter = core::slice::Iter<'static, Migration>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}
