use std::fs;
use std::path::Path;

use migrate_core::{Checksum, Undo};

use super::*;
use crate::{Contents, Folder, Loaded, Locked, Options, load};

const V: [(&str, &str); 4] = [
    ("V1__users.surql", "DEFINE TABLE user SCHEMALESS;\n"),
    ("V2__mail.surql", "DEFINE FIELD mail ON user TYPE option<string>;\n"),
    ("V3__sessions.surql", "DEFINE TABLE session SCHEMALESS;\n"),
    ("V4__seen.surql", "DEFINE FIELD seen ON session TYPE option<datetime>;\n"),
];

fn put(dir: &Path, files: &[(&str, &str)]) {
    for (file, text) in files {
        fs::write(dir.join(file), text).unwrap();
    }
}

fn options() -> Options {
    Options::new("auth").locked(Locked::Required)
}

/// `auth` as it was shipped, with its lockfile.
fn shipped(dir: &Path) -> Loaded {
    put(dir, &V);
    let loaded = load(&Folder::new(dir), &Options::new("auth")).unwrap();
    put(dir, &[("migrations.lock", &loaded.lockfile())]);
    loaded
}

fn said(dir: &Path) -> Vec<String> {
    let found = load(&Folder::new(dir), &options());
    let found = found.map_or_else(|error| error.into_parts().0, |loaded| loaded.warnings);
    found.iter().map(|one| format!("{} {}", one.rule().code, one.message())).collect()
}

const MOVED: (&str, &str) = ("migrations.toml", "[moved]\n3 = { to = \"sessions\", version = 1 }\n");

#[test]
fn what_is_moved_away_leaves_its_place_in_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let before = shipped(dir.path());
    let lockfile = before.lockfile();
    fs::remove_file(dir.path().join("V3__sessions.surql")).unwrap();
    assert!(said(dir.path())[0].starts_with("M505"), "nothing says where it went");
    put(dir.path(), &[MOVED]);
    assert_eq!(said(dir.path()), [""; 0]);

    let after = load(&Folder::new(dir.path()), &options()).unwrap();
    let chains = |loaded: &Loaded| -> Vec<Checksum> { loaded.migrations.iter().map(|one| one.chain).collect() };
    assert_eq!((chains(&after), after.lockfile()), (chains(&before), lockfile), "nothing that was shipped changes");
    let gone = &after.migrations[2];
    assert_eq!((gone.file.as_str(), gone.source.text()), ("V3__sessions.surql", ""));
    assert_eq!((gone.statements.len(), gone.changes.len(), gone.contents), (0, 0, Contents::More));
    assert!(matches!(gone.undo, Undo::None { .. }));
    assert_eq!(gone.moved.as_ref().unwrap().hand, Hand::To);
    assert_eq!(after.fresh.unwrap().migrations(), 2, "its objects are not put together with those behind it");
    let catalog = load(&Folder::new(dir.path()), &options()).unwrap().catalog_at(None);
    assert!(catalog.iter().all(|(object, _)| object.name() != "session"), "its objects are those of the other module");
}

#[test]
fn a_new_migration_goes_on_behind_one_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let before = shipped(dir.path());
    fs::remove_file(dir.path().join("V3__sessions.surql")).unwrap();
    put(dir.path(), &[MOVED, ("V5__role.surql", "DEFINE TABLE role SCHEMALESS;\n")]);
    assert!(said(dir.path())[0].starts_with("M509"));
    let loaded = load(&Folder::new(dir.path()), &Options::new("auth")).unwrap();
    let lockfile = loaded.lockfile();
    assert!(lockfile.starts_with(&before.lockfile()), "what was locked stays, and the new one comes behind it");
    put(dir.path(), &[("migrations.lock", &lockfile)]);
    assert_eq!(said(dir.path()), [""; 0]);
}

#[test]
fn what_cannot_have_been_moved_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    shipped(dir.path());
    put(dir.path(), &[MOVED]);
    assert_eq!(said(dir.path()), ["M036 `V3__sessions.surql` is still here, although it was moved to `sessions`"]);
    put(dir.path(), &[("migrations.toml", "[moved]\n9 = { to = \"sessions\", version = 1 }\n")]);
    assert_eq!(said(dir.path()), ["M036 V9 is not in migrations.lock"]);
    put(dir.path(), &[("migrations.toml", "[moved]\n9 = { from = \"mail\", version = 1 }\n")]);
    assert_eq!(said(dir.path()), ["M036 there is no V9"]);
    put(dir.path(), &[("migrations.toml", "[moved]\n3 = { from = \"mail\", version = 1 }\n")]);
    assert_eq!(said(dir.path()), [""; 0]);
}

#[test]
fn each_mistake_in_the_table_is_told() {
    let dir = tempfile::tempdir().unwrap();
    shipped(dir.path());
    for (row, message) in [
        ("x = { from = \"mail\", version = 1 }", "this is not a version"),
        ("1 = { version = 1 }", "a migration is either moved from another module or to one"),
        ("1 = { from = \"a\", to = \"b\", version = 1 }", "a migration is either moved from another module or to one"),
        ("1 = { from = \"My App\", version = 1 }", "`My App` is not the name of a module"),
        ("1 = { from = \"auth\", version = 1 }", "`auth` is this module itself"),
        ("1 = { from = \"mail\", version = 0 }", "a version is a positive number"),
        ("1 = { from = \"mail\", version = 1 }\n2 = { from = \"mail\", version = 1 }", "V1 of mail is named twice"),
    ] {
        put(dir.path(), &[("migrations.toml", &format!("[moved]\n{row}\n"))]);
        assert_eq!(said(dir.path()), [format!("M036 {message}")], "{row}");
    }
}
