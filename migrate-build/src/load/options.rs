/// How strict [`load`](crate::load) is about migrations that `migrations.lock` does not hold yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locked {
    /// They are a warning.
    #[default]
    Warn,
    /// They are an error.
    Required,
}

/// What [`load`](crate::load) is told besides the folder.
#[derive(Clone, Debug)]
pub struct Options {
    module: String,
    locked: Locked,
}

impl Options {
    /// `module` is the name of a module whose `migrations.toml` gives it none: that of the crate.
    pub fn new(module: impl Into<String>) -> Self {
        Self { module: module.into(), locked: Locked::Warn }
    }

    pub(crate) fn module(&self) -> &str {
        &self.module
    }

    pub(crate) const fn locking(&self) -> Locked {
        self.locked
    }

    /// How strict it is about migrations that are not locked yet.
    #[must_use]
    pub const fn locked(mut self, locked: Locked) -> Self {
        self.locked = locked;
        self
    }
}
