use super::status::MigrationStatus;

/// Which migrations a listing shows: all of them, unless told otherwise.
///
/// ```
/// # use migrate_runtime::{ListFilter, MigrationStatus};
/// let filter = ListFilter::all().module("app").status(MigrationStatus::Pending);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ListFilter {
    modules: Vec<String>,
    statuses: Vec<MigrationStatus>,
}

impl ListFilter {
    /// Every migration.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those of this module, and of others that are named so.
    pub fn module(mut self, name: impl Into<String>) -> Self {
        self.modules.push(name.into());
        self
    }

    /// Those that stand there, and where else it is named so.
    pub fn status(mut self, status: impl Into<MigrationStatus>) -> Self {
        self.statuses.push(status.into());
        self
    }

    pub(super) fn passes(&self, module: &str, status: &MigrationStatus) -> bool {
        let is_of_module = self.modules.is_empty() || self.modules.iter().any(|name| name == module);
        is_of_module && (self.statuses.is_empty() || self.statuses.contains(status))
    }
}
