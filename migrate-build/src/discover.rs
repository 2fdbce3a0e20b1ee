use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::filename::README;
use crate::rules::m005_link_out_of_folder;
use crate::rules::{m001_folder_unreadable, m002_file_unreadable, m003_unexpected_file, m004_unexpected_folder};
use crate::{Diagnostic, Diagnostics, Folder};

/// A regular file in the folder that is neither a dotfile nor the README.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Lists the folder, sorted by name, since the order that a file system gives is not the same everywhere.
///
/// `None` when there is no folder to list; entries that cannot be migrations are reported and left out.
pub(crate) fn discover(folder: &Folder, diagnostics: &mut Diagnostics) -> Option<Vec<Entry>> {
    let unreadable = |error: &io::Error| match error.kind() {
        ErrorKind::NotFound => m001_folder_unreadable::missing(folder),
        ErrorKind::NotADirectory => m001_folder_unreadable::not_a_folder(folder),
        _ => m001_folder_unreadable::unreadable(folder, error),
    };
    let listed = fs::read_dir(folder.path()).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let root = folder.path().canonicalize();
    let (mut listed, root) = match (listed, root) {
        (Ok(listed), Ok(root)) => (listed, root),
        (Err(error), _) | (_, Err(error)) => {
            diagnostics.push(unreadable(&error));
            return None;
        }
    };
    listed.sort_by_key(DirEntry::file_name);
    let mut entries = Vec::new();
    for found in listed {
        match entry(folder, &root, &found) {
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => {}
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    Some(entries)
}

fn entry(folder: &Folder, root: &Path, found: &DirEntry) -> Result<Option<Entry>, Diagnostic> {
    let name = found.file_name();
    let shown = || folder.file(&name.to_string_lossy());
    if name.as_encoded_bytes().starts_with(b".") || name == README {
        return Ok(None);
    }
    let path = found.path();
    let unreadable = |error| m002_file_unreadable::diagnostic(shown(), &error);
    if found.file_type().map_err(unreadable)?.is_symlink() {
        let target = path.canonicalize().map_err(unreadable)?;
        if !target.starts_with(root) {
            return Err(m005_link_out_of_folder::diagnostic(shown()));
        }
    }
    // Unlike the type of the entry, this is that of what a link points to.
    let kind = fs::metadata(&path).map_err(unreadable)?.file_type();
    if kind.is_dir() {
        return Err(m004_unexpected_folder::diagnostic(shown()));
    }
    if !kind.is_file() {
        // Reading a pipe would wait for ever.
        return Err(m003_unexpected_file::special(shown()));
    }
    match name.to_str() {
        Some(name) => Ok(Some(Entry { name: name.to_owned(), path })),
        None => Err(m003_unexpected_file::not_utf8(shown())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn discovered(path: &Path) -> (Option<Vec<String>>, Vec<&'static str>) {
        let mut diagnostics = Diagnostics::default();
        let entries = discover(&Folder::new(path), &mut diagnostics);
        let names = entries.map(|entries| entries.into_iter().map(|entry| entry.name).collect());
        (names, diagnostics.iter().map(|diagnostic| diagnostic.rule().code).collect())
    }

    #[test]
    fn lists_files_in_order_without_dotfiles_and_readme() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["b", "a", ".gitkeep", "README.md", "C"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        fs::create_dir(dir.path().join(".git")).unwrap();
        let names = ["C", "a", "b"].map(str::to_owned).to_vec();
        assert_eq!(discovered(dir.path()), (Some(names), vec![]));
    }

    #[test]
    fn a_missing_folder_and_a_file_in_its_place_are_reported() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(discovered(&dir.path().join("none")), (None, vec!["M001"]));
        fs::write(dir.path().join("file"), "").unwrap();
        assert_eq!(discovered(&dir.path().join("file")), (None, vec!["M001"]));
    }

    #[test]
    fn a_folder_in_the_folder_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("V1__a.surql")).unwrap();
        assert_eq!(discovered(dir.path()), (Some(vec![]), vec!["M004"]));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_may_stay_in_the_folder_and_not_leave_it() {
        use std::os::unix::fs::symlink;

        let outside = tempfile::tempdir().unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("a"), "").unwrap();
        fs::write(dir.path().join("inside"), "").unwrap();
        symlink("inside", dir.path().join("good")).unwrap();
        assert_eq!(discovered(dir.path()).1, Vec::<&str>::new());
        symlink(outside.path().join("a"), dir.path().join("out")).unwrap();
        assert_eq!(discovered(dir.path()).1, ["M005"]);
        fs::remove_file(dir.path().join("out")).unwrap();
        symlink("nowhere", dir.path().join("broken")).unwrap();
        assert_eq!(discovered(dir.path()).1, ["M002"]);
        fs::remove_file(dir.path().join("broken")).unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        assert_eq!(discovered(dir.path()).1, ["M002"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_and_a_socket_are_reported() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::net::UnixListener;

        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(OsStr::from_bytes(b"V1__\xff.surql")), "").unwrap();
        let _socket = UnixListener::bind(dir.path().join("V2__a.surql")).unwrap();
        assert_eq!(discovered(dir.path()), (Some(vec![]), vec!["M003", "M003"]));
    }
}
