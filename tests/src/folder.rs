use std::fs;

use migrate_build::{Folder, Options, load};
use migrate_runtime::Migrations;

/// The module that a folder with these files would be, loaded just as a build loads it.
///
/// # Panics
///
/// When the folder does not pass the checks of a build.
pub fn module(name: &str, files: &[(&str, &str)]) -> &'static Migrations {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (file, text) in files {
        fs::write(folder.path().join(file), text).expect("a file in it");
    }
    let loaded = load(&Folder::new(folder.path()), &Options::new(name)).unwrap_or_else(|error| panic!("{error}"));
    Box::leak(Box::new(loaded.leak()))
}
