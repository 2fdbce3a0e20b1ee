use std::env::{self, VarError};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process;

use crate::{EmbedError, Embedding, Folder, LoadError, Loaded, Locked, Options, PrepareError, load};

/// Checks a migrations folder in a build script, and tells Cargo and the macro about it.
///
/// This is all of a `build.rs`, inside its `main`:
///
/// ```no_run
/// migrate_build::Builder::new("migrations").run();
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    folder: PathBuf,
    locked: Option<Locked>,
}

/// Why a build script cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Something is wrong with the folder.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It cannot be embedded.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// What the macro takes cannot be written.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// It does not run as a build script: Cargo sets this variable there.
    #[error("`{name}` is not set: this must run in a build script (`build.rs`)")]
    NoVariable {
        /// The name of the variable.
        name: &'static str,
        /// What was found instead.
        #[source]
        source: VarError,
    },
}

/// The variable by which a continuous integration makes unlocked migrations an error in every build.
const MIGRATE_LOCKED: &str = "MIGRATE_LOCKED";

impl Builder {
    /// A folder relative to that of the crate's `Cargo.toml`: the one that `embed_migrations!` is given.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned(), locked: None }
    }

    /// How strict it is about migrations that are not locked yet.
    ///
    /// Without it they are a warning, and an error in a release build. The environment variable `MIGRATE_LOCKED`
    /// overrules both: `1` makes them an error, `0` a warning.
    #[must_use]
    pub const fn locked(mut self, locked: Locked) -> Self {
        self.locked = Some(locked);
        self
    }

    /// Checks the folder; if something is wrong, says what and ends the build.
    pub fn run(&self) {
        if let Err(error) = self.try_run() {
            eprintln!("error: {error}");
            process::exit(1);
        }
    }

    /// Checks the folder, leaves for the macro what it is to embed, and prints what Cargo must know.
    ///
    /// # Errors
    ///
    /// Something is wrong with the folder, this is no build script, or its `OUT_DIR` cannot be written to.
    pub fn try_run(&self) -> Result<(), BuildError> {
        let variable = |name| env::var(name).map_err(|source| BuildError::NoVariable { name, source });
        let folder = Folder::in_crate(variable("CARGO_MANIFEST_DIR")?, &self.folder);
        let module = variable("CARGO_PKG_NAME")?;
        let locked =
            strictness(env::var(MIGRATE_LOCKED).ok().as_deref(), self.locked, env::var("PROFILE").ok().as_deref());
        let prepared = PathBuf::from(variable("OUT_DIR")?);
        let options = Options::new(module).locked(locked);
        let loaded = load(&folder, &options)?;
        Embedding::of(&loaded)?.prepare(&folder, &options, &prepared)?;
        print!("{}", instructions(&folder, &loaded));
        Ok(())
    }
}

/// The environment overrules the build script, and the build script the profile.
fn strictness(variable: Option<&str>, builder: Option<Locked>, profile: Option<&str>) -> Locked {
    match (variable, builder, profile) {
        (Some("0"), _, _) => Locked::Warn,
        (None | Some(""), Some(locked), _) => locked,
        (None | Some(""), None, profile) if profile != Some("release") => Locked::Warn,
        _ => Locked::Required,
    }
}

/// What Cargo reads from the output of a build script.
fn instructions(folder: &Folder, loaded: &Loaded) -> String {
    let mut lines = format!("cargo::rerun-if-env-changed={MIGRATE_LOCKED}\n");
    // The folder itself, so that a file which is added or removed is noticed too. Writing into a string cannot fail.
    for path in [folder.path()].into_iter().chain(loaded.files.iter().map(PathBuf::as_path)) {
        _ = writeln!(lines, "cargo::rerun-if-changed={}", path.display());
    }
    _ = writeln!(lines, "cargo::rustc-env={}={}", folder.digest_variable(), loaded.digest);
    // Cargo prints one line a warning; what stands beneath each other must not be torn apart by another crate's.
    for line in loaded.warnings.to_string().lines() {
        _ = writeln!(lines, "cargo::warning={line}");
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn cargo_is_told_what_to_watch_and_the_macro_what_was_seen() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("m")).unwrap();
        fs::write(dir.path().join("m/V1__a.surql"), "DEFINE TABLE a;").unwrap();
        let folder = Folder::in_crate(dir.path(), "m");
        let loaded = load(&folder, &Options::new("app")).unwrap();
        let lines = instructions(&folder, &loaded);
        let root = dir.path().display();
        assert!(lines.contains(&format!("cargo::rerun-if-changed={root}/m\n")), "{lines}");
        assert!(lines.contains(&format!("cargo::rerun-if-changed={root}/m/V1__a.surql\n")), "{lines}");
        assert!(lines.contains(&format!("cargo::rustc-env=MIGRATE_DIGEST_m={}\n", loaded.digest)), "{lines}");
        assert!(lines.contains("\ncargo::warning=warning[M509]: `V1__a.surql` is not locked yet"), "{lines}");
        assert!(lines.lines().all(|line| line.starts_with("cargo::")), "{lines}");
    }

    #[test]
    fn the_environment_overrules_the_script_and_the_script_the_profile() {
        use Locked::{Required, Warn};
        assert_eq!(strictness(None, None, Some("debug")), Warn);
        assert_eq!(strictness(None, None, Some("release")), Required);
        assert_eq!(strictness(None, None, None), Warn);
        assert_eq!(strictness(None, Some(Warn), Some("release")), Warn);
        assert_eq!(strictness(None, Some(Required), Some("debug")), Required);
        assert_eq!(strictness(Some("1"), Some(Warn), Some("debug")), Required);
        assert_eq!(strictness(Some("true"), None, Some("debug")), Required);
        assert_eq!(strictness(Some("0"), Some(Required), Some("release")), Warn);
        assert_eq!(strictness(Some(""), None, Some("debug")), Warn);
    }
}
