use migrate_core::Version;

use crate::live::Unmanaged;

/// What a live schema is brought to, and what is none of the migrations' business.
///
/// ```
/// # use migrate_runtime::{SchemaRepairOptions, Unmanaged, Version};
/// let options = SchemaRepairOptions::new().to("app", Version::FIRST).unmanaged(Unmanaged::matching(["audit_*"]));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct SchemaRepairOptions {
    pub(super) to: Option<(String, Version)>,
    pub(super) unmanaged: Unmanaged,
}

impl SchemaRepairOptions {
    /// To what the context's own ledger says, with what the modules themselves declare unmanaged.
    pub fn new() -> Self {
        Self::default()
    }

    /// To this version of a module, whatever the ledger says of that module: the ledger says so afterwards. Every other
    /// module is brought to what the ledger says of it.
    pub fn to(self, module: impl Into<String>, version: Version) -> Self {
        Self { to: Some((module.into(), version)), ..self }
    }

    /// Objects that match are left as they are, unless a module defines them. What the modules declare in `migrations.toml`
    /// is so in any case.
    pub fn unmanaged(self, unmanaged: Unmanaged) -> Self {
        Self { unmanaged, ..self }
    }
}
