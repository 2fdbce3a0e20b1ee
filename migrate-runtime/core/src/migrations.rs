use crate::{Catalog, Checksum, Fresh, FreshStatement, Migration, Version};

/// A module: a named chain of migrations, in ascending order of version.
///
/// Made by `embed_migrations!` as a `static`, or by loading a folder. Its name is the crate's unless
/// `migrations.toml` says otherwise, and stands in every ledger row: once shipped, it changes only with
/// `formerly = "…"`.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    module: &'static str,
    formerly: &'static [&'static str],
    chain: &'static [Migration],
    requires: &'static [Requirement],
    unmanaged: &'static [&'static str],
    fresh: Option<&'static Fresh>,
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
        Self { module, formerly: &[], chain, requires: &[], unmanaged: &[], fresh: None }
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
        Self { fresh: Some(fresh), ..self }
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
    pub const fn as_slice(&self) -> &'static [Migration] {
        self.chain
    }

    /// Its migrations, in ascending order of version.
    pub fn iter(&self) -> core::slice::Iter<'static, Migration> {
        self.chain.iter()
    }

    /// How many migrations there are.
    pub const fn len(&self) -> usize {
        self.chain.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.chain.is_empty()
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
        let at = self.chain.binary_search_by_key(&version, Migration::version).ok()?;
        self.chain.get(at)
    }

    /// The latest migration, or `None` in an empty module.
    pub const fn last(&self) -> Option<&'static Migration> {
        self.chain.last()
    }

    /// The chain value of the latest migration: one value for the whole history.
    pub const fn head(&self) -> Option<Checksum> {
        match self.chain.last() {
            Some(last) => Some(last.chain()),
            None => None,
        }
    }

    /// How an empty database gets what the first migrations lead to, where they do nothing but define things.
    pub const fn fresh(&self) -> Option<&'static Fresh> {
        self.fresh
    }

    /// The statements of [`fresh`](Self::fresh), in order, each without a semicolon.
    pub fn fresh_statements(&self) -> impl Iterator<Item = &'static str> {
        let chain = self.chain;
        let index = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        self.fresh.into_iter().flat_map(Fresh::statements).filter_map(move |statement| match statement {
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
        self.chain.iter()
    }
}
