use std::{error, fmt};

use crate::{Diagnostics, Folder, LoadedMigration, Severity};

/// Why a migrations folder cannot be used: everything that is wrong with it.
///
/// `Display` shows how much that is, and then all of it, as a person should see it.
#[derive(Clone, Debug)]
pub struct LoadError {
    folder: Folder,
    diagnostics: Diagnostics,
    migrations: Vec<LoadedMigration>,
}

impl LoadError {
    pub(super) const fn new(folder: Folder, diagnostics: Diagnostics, migrations: Vec<LoadedMigration>) -> Self {
        Self { folder, diagnostics, migrations }
    }

    /// Everything that was found, warnings included.
    pub const fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Everything that was found, and the migrations as far as they could be made out all the same.
    pub fn into_parts(self) -> (Diagnostics, Vec<LoadedMigration>) {
        (self.diagnostics, self.migrations)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, diagnostics, .. } = self;
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
        let plural = if errors == 1 { "" } else { "s" };
        write!(f, "{errors} error{plural} in the migrations folder `{folder}`\n\n{diagnostics}\n")
    }
}

impl error::Error for LoadError {}
