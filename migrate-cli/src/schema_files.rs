use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The files of a desired schema, each with its name and its bytes: those that are named, and all `.surql` files of the folders
/// that are named and of the folders in them.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Err(Failure::Usage("there is no `.surql` file in what `--from` names".to_owned()));
    }
    let file = |path: PathBuf| match fs::read(&path) {
        Ok(bytes) => Ok((path.display().to_string(), bytes)),
        Err(source) => Err(Failure::Read { path, source }),
    };
    found.into_iter().map(file).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failure = |source| Failure::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failure)? {
        let entry = entry.map_err(failure)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failure)?);
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // What a link to a folder leads to may well be the folder that it stands in.
        if is_hidden || (kind.is_symlink() && path.is_dir()) {
            continue;
        }
        if kind.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "surql") {
            found.push(path);
        }
    }
    Ok(())
}
