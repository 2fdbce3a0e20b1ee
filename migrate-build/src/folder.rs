use std::fmt;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// A migrations folder: where it is, and what a person calls it.
///
/// Diagnostics show the name, never the absolute path, so that they read the same on every machine.
///
/// ```
/// # use migrate_build::Folder;
/// let folder = Folder::in_crate("/src/app", "./migrations/");
/// assert_eq!(folder.to_string(), "migrations");
/// assert_eq!(folder.path(), std::path::Path::new("/src/app/migrations"));
/// assert_eq!(folder.digest_variable(), "MIGRATE_DIGEST_migrations");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    name: String,
}

impl Folder {
    /// A folder that is called by its path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = name(&path);
        Self { path, name }
    }

    /// A folder given relative to the folder of a crate's `Cargo.toml`, as a build script and the macro do.
    ///
    /// An absolute path is taken as it is.
    pub fn in_crate(manifest_dir: impl AsRef<Path>, path: impl AsRef<Path>) -> Self {
        let manifest_dir = manifest_dir.as_ref();
        let path = path.as_ref();
        let relative = path.strip_prefix(manifest_dir).unwrap_or(path);
        let plain: PathBuf = relative.components().filter(|part| *part != Component::CurDir).collect();
        Self { path: manifest_dir.join(&plain), name: name(&plain) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the environment variable through which a build script tells the macro the folder's digest.
    ///
    /// It is `MIGRATE_DIGEST_` and the folder's name, in which every byte that is no ASCII letter or digit is written
    /// as `_` and two hexadecimal digits: no two folders of a crate share one.
    pub fn digest_variable(&self) -> String {
        let mut variable = String::from("MIGRATE_DIGEST_");
        for byte in self.name.bytes() {
            if byte.is_ascii_alphanumeric() {
                variable.push(char::from(byte));
            } else {
                // Writing into a string cannot fail.
                _ = write!(variable, "_{byte:02x}");
            }
        }
        variable
    }

    /// What a person calls a file of the folder.
    pub(crate) fn file(&self, name: &str) -> String {
        if self.name.ends_with('/') { format!("{self}{name}") } else { format!("{self}/{name}") }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The path with `/` on every system, and `.` for the folder one is in.
fn name(path: &Path) -> String {
    let name = path.to_string_lossy();
    let name = if std::path::MAIN_SEPARATOR == '/' { name.into_owned() } else { name.replace('\\', "/") };
    let trimmed = name.trim_end_matches('/');
    match (trimmed.is_empty(), name.is_empty()) {
        (true, true) => ".".to_owned(),
        (true, false) => "/".to_owned(),
        (false, _) => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_folder_are_one_folder() {
        let plain = Folder::in_crate("/app", "a/migrations");
        for spelling in ["./a/migrations", "a//migrations/", "a/./migrations", "/app/a/migrations"] {
            assert_eq!(Folder::in_crate("/app", spelling), plain, "{spelling}");
        }
    }

    #[test]
    fn files_are_shown_with_the_folder_as_it_was_called() {
        assert_eq!(Folder::in_crate("/app", "../schema").file("V1__a.surql"), "../schema/V1__a.surql");
        assert_eq!(Folder::in_crate("/app", ".").file("V1__a.surql"), "./V1__a.surql");
        assert_eq!(Folder::new("/elsewhere/m/").file("V1__a.surql"), "/elsewhere/m/V1__a.surql");
        assert_eq!(Folder::new("/").file("V1__a.surql"), "/V1__a.surql");
    }

    #[test]
    fn two_folders_never_share_a_variable() {
        let variable = |folder| Folder::in_crate("/app", folder).digest_variable();
        assert_eq!(variable("db/migrations"), "MIGRATE_DIGEST_db_2fmigrations");
        assert_ne!(variable("a-b"), variable("a_b"));
        assert_ne!(variable("a_2db"), variable("a-b"));
        assert!(variable("schemä €").bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    }
}
