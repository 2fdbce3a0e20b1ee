use std::fs;
use std::path::Path;

use migrate_build::{Folder, Loaded, Locked, Options, load};

use crate::args::Global;
use crate::failure::Failure;

impl Global {
    /// The one folder that most commands are about.
    pub(crate) fn dir(&self) -> Result<&Path, Failure> {
        match &self.dir[..] {
            [dir] => Ok(dir),
            _ => Err(Failure::Usage("this command is about one folder: give `--dir` once".to_owned())),
        }
    }

    /// Loads the folder as a build in debug mode does.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        load_dir(self.dir()?)
    }
}

/// Loads a folder as a build in debug mode does.
pub(crate) fn load_dir(dir: &Path) -> Result<Loaded, Failure> {
    let (folder, options) = load_with(dir, Locked::Warn);
    load(&folder, &options).map_err(|source| Failure::Folder { folder: folder.to_string(), source })
}

/// The folder, and what loading it is told besides.
pub(crate) fn load_with(dir: &Path, locked: Locked) -> (Folder, Options) {
    let options = Options::new(crate_name(dir)).locked(locked);
    (Folder::new(dir), options)
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
