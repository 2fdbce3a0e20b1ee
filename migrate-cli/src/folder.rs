use std::fs;
use std::path::Path;

use migrate_build::{Folder, Locked, Options};

use crate::args;

impl args::Folder {
    /// The folder, and what loading it is told besides.
    pub(crate) fn load_with(&self, locked: Locked) -> (Folder, Options) {
        let options = Options::new(crate_name(&self.dir)).locked(locked);
        (Folder::new(&self.dir), options)
    }
}

/// The name of the crate that the folder is in, as cargo would tell a build of it.
///
/// Nothing that is checked or written depends on it, so a crate that cannot be found is no error.
fn crate_name(dir: &Path) -> String {
    let dir = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let manifests = dir.ancestors().map(|ancestor| ancestor.join("Cargo.toml"));
    let name = |manifest: std::path::PathBuf| {
        let manifest: toml::Table = fs::read_to_string(manifest).ok()?.parse().ok()?;
        Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
    };
    manifests.into_iter().find_map(name).unwrap_or_else(|| "app".to_owned())
}
