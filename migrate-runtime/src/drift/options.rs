use crate::live::Unmanaged;

/// What live schemas are held against, and what is none of the migrations' business.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DriftOptions {
    pub(super) against: Against,
    pub(super) unmanaged: Unmanaged,
}

/// What a live schema should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// The schema that is embedded for the versions of the context's own ledger.
    #[default]
    Embedded,
    /// The newest stored snapshot of the context, where it is of the versions of its ledger.
    NewestSnapshot,
}

impl DriftOptions {
    /// The embedded schema, with what the modules themselves declare unmanaged.
    pub fn new() -> Self {
        Self::default()
    }

    /// What live schemas are held against.
    pub fn against(self, against: Against) -> Self {
        Self { against, ..self }
    }

    /// Objects that match are none of the migrations' business, unless a module defines them. What the modules declare in
    /// `migrations.toml` is so in any case.
    pub fn unmanaged(self, unmanaged: Unmanaged) -> Self {
        Self { unmanaged, ..self }
    }
}
