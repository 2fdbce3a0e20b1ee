//! Whole folders on disk, loaded as a build script and the macro do.

use std::fs;
use std::path::Path;

use migrate_build::{Contents, Folder, LoadError, Loaded, Locked, Options, Severity, chain, checksum, load};
use migrate_core::{Compatibility, Mode};
use proptest::prelude::*;
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn load_from(dir: &Path) -> Result<Loaded, LoadError> {
    load(&Folder::in_crate(dir.parent().unwrap(), dir.file_name().unwrap()), &Options::new("app"))
}

/// The codes of everything that is said about a folder.
fn codes(dir: &Path) -> Vec<&'static str> {
    let loaded = load_from(dir);
    let diagnostics = match &loaded {
        Ok(loaded) => &loaded.warnings,
        Err(error) => error.diagnostics(),
    };
    diagnostics.iter().map(|diagnostic| diagnostic.rule().code).collect()
}

const A: &[u8] = b"DEFINE TABLE a SCHEMAFULL;\n";
const B: &[u8] =
    b"-- migrate: description adds b\n\n-- migrate: allow(M303) nobody used it\nDEFINE TABLE b;\nCREATE b:1;\nREMOVE TABLE a;\n";
const BACK: &[u8] = b"REMOVE TABLE b; DEFINE TABLE a SCHEMAFULL;";

#[test]
fn everything_about_a_good_folder_is_known() {
    let dir = folder(&[
        ("V1__first.surql", A),
        ("V2__second.surql", B),
        ("V2__second.down.surql", BACK),
        ("migrations.toml", b"module = \"notes\"\nrequires = { auth = 3 }\n"),
        ("README.md", b"# Ours"),
        (".gitignore", b""),
    ]);
    let loaded = load_from(dir.path()).unwrap();
    assert_eq!(loaded.module, "notes");
    assert_eq!(
        loaded.requires.iter().map(|(name, version)| (name.as_str(), version.get())).collect::<Vec<_>>(),
        [("auth", 3)]
    );
    assert_eq!(loaded.files.len(), 4);
    let [first, second] = &loaded.migrations[..] else { panic!("two migrations") };
    assert_eq!((first.version.get(), first.name.as_str(), first.file.as_str()), (1, "first", "V1__first.surql"));
    assert_eq!((second.description.as_str(), second.mode), ("adds b", Mode::Transaction));
    assert_eq!((first.compatibility, second.compatibility), (Compatibility::Compatible, Compatibility::Breaking));
    assert_eq!((first.contents, second.contents), (Contents::Definitions, Contents::More));
    assert_eq!(second.statements.iter().map(migrate_core::Statement::line).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(
        (first.undo.word(), second.undo.text()),
        ("derived", Some("REMOVE TABLE b; DEFINE TABLE a SCHEMAFULL;"))
    );
    assert_eq!(first.checksum, checksum("DEFINE TABLE a SCHEMAFULL;\n"));
    assert_eq!(second.chain, chain(Some(chain(None, first.checksum)), second.checksum));
}

#[test]
fn what_another_module_may_have_defined_is_not_told_by_the_catalog() {
    let text = b"DEFINE TABLE IF NOT EXISTS a;\n";
    let contents = |manifest: &[u8]| {
        let dir = folder(&[("V1__first.surql", text), ("migrations.toml", manifest)]);
        load_from(dir.path()).unwrap().migrations[0].contents
    };
    assert_eq!(contents(b""), Contents::Definitions);
    assert_eq!(contents(b"requires = { auth = 1 }\n"), Contents::More);
    // Nor is there a way back: what is there may be the other module's.
    let dir = folder(&[("V1__first.surql", text), ("migrations.toml", b"requires = { auth = 1 }\n")]);
    assert_eq!(load_from(dir.path()).unwrap().migrations[0].undo.word(), "none");
}

#[test]
fn every_fault_of_a_folder_is_reported_at_once() {
    let dir = folder(&[
        ("V1_a.surql", A),
        ("V2__b.surql", b"-- \xff"),
        ("V3__c.surql", b"DEFINE TABEL c;"),
        ("V4__d.surql", b"-- migrate: stepwize\n"),
        ("V6__e.surql", A),
        ("V7__e.down.surql", A),
        ("V8__f.toml", b""),
        ("migrations.toml", b"[rules]\nM999 = \"allow\""),
        ("migrations.lock", b"<<<<<<< ours\n"),
    ]);
    fs::create_dir(dir.path().join("old")).unwrap();
    let codes = codes(dir.path());
    let expected =
        ["M004", "M003", "M009", "M032", "M010", "M101", "M020", "M102", "M040", "M040", "M502", "M008", "M008"];
    assert_eq!(codes, expected);
}

#[test]
fn a_phased_migration_is_hashed_chained_and_locked_like_any_other() {
    let toml = b"[[step]]\nid = 'widen'\nphase = 'start'\nsql = 'DEFINE FIELD b ON a TYPE option<int>'\n\
        [[step]]\nid = 'fill'\nphase = 'start'\nbackfill = { table = 'a', where = 'b IS NONE', set = 'b = 1', batch = 50 }\n\
        [[step]]\nid = 'narrow'\nphase = 'complete'\nsql = 'DEFINE FIELD OVERWRITE b ON a TYPE int'\n";
    let dir = folder(&[("V1__a.surql", A), ("V2__b.toml", toml), ("V3__c.surql", b"DEFINE TABLE c;")]);
    let loaded = load_from(dir.path()).unwrap();
    let [first, second, _] = &loaded.migrations[..] else { panic!("three migrations") };
    assert_eq!((second.mode, second.compatibility), (Mode::Phased, Compatibility::Breaking));
    assert_eq!(second.checksum, checksum(str::from_utf8(toml).unwrap()));
    assert_eq!(second.chain, chain(Some(first.chain), second.checksum));
    fs::write(dir.path().join("migrations.lock"), loaded.lockfile()).unwrap();
    assert_eq!(codes(dir.path()), [""; 0], "it is locked as it is");
    let steps: Vec<_> = second.steps.iter().map(|step| (step.phase.word(), step.id.as_str())).collect();
    let derived = [("rollback", "derived_1"), ("rollback", "derived_2")];
    assert_eq!(
        steps,
        [[("start", "widen"), ("start", "fill")].as_slice(), &[("complete", "narrow")], &derived].concat()
    );
    assert!(second.steps[1].text.contains("LIMIT 50) SET b = 1"));
    // What later migrations find is the schema behind the completion.
    let field = migrate_core::Object::on("a", migrate_core::ObjectKind::Field, "b");
    assert_eq!(loaded.catalog_at(None).get(&field), Some("DEFINE FIELD b ON a TYPE int PERMISSIONS FULL"));
    let in_file = |statement: &migrate_core::Statement| &second.source.text()[statement.range()];
    assert_eq!(in_file(&second.statements[0]), "DEFINE FIELD b ON a TYPE option<int>");
    assert_eq!(second.statements.iter().map(migrate_core::Statement::line).collect::<Vec<_>>(), [4, 8, 12]);
}

#[test]
fn a_version_is_either_phased_or_not() {
    assert_eq!(codes(folder(&[("V1__a.surql", A), ("V1__a.toml", b"")]).path()), ["M007"]);
}

#[test]
fn a_file_that_was_reported_is_not_reported_again_as_missing() {
    assert_eq!(codes(folder(&[("v1__a.surql", A), ("V2__b.surql", A)]).path()), ["M003"]);
    assert_eq!(codes(folder(&[("V1__a.surql", b"\xff"), ("V2__b.surql", A)]).path()), ["M010"]);
}

#[test]
fn a_folder_without_migrations_is_a_warning() {
    let dir = folder(&[("README.md", b"")]);
    assert_eq!(codes(dir.path()), ["M012"]);
    assert!(load_from(dir.path()).unwrap().migrations.is_empty());
    fs::write(dir.path().join("migrations.toml"), "[rules]\nM012 = \"allow\"").unwrap();
    assert_eq!(codes(dir.path()), [""; 0]);
    fs::write(dir.path().join("migrations.toml"), "[rules]\nM012 = \"error\"").unwrap();
    assert!(load_from(dir.path()).is_err());
}

#[test]
fn timestamps_may_leave_gaps() {
    let files: [(&str, &[u8]); 3] = [
        ("V20260101__a.surql", A),
        ("V20260301__b.surql", b"DEFINE TABLE b;"),
        ("migrations.toml", b"versions = \"timestamp\"\n[rules]\nM012 = \"error\"\n"),
    ];
    assert_eq!(codes(folder(&files).path()), ["M509"]);
    assert_eq!(codes(folder(&files[..2]).path()), ["M008", "M008"]);
}

#[test]
fn an_allow_that_silences_nothing_is_a_warning() {
    let text = b"-- migrate: allow(M012) we start empty\nDEFINE TABLE a;";
    assert_eq!(codes(folder(&[("V1__a.surql", text)]).path()), ["M509", "M028"]);
    let text = b"-- migrate: allow(M012) we start empty\n-- migrate: allow(M028) and mean it\nDEFINE TABLE a;";
    assert_eq!(codes(folder(&[("V1__a.surql", text)]).path()), ["M509"]);
}

#[test]
fn an_irreversible_migration_has_a_reason_and_no_down_file() {
    let text: &[u8] = b"-- migrate: irreversible it deletes rows\nDEFINE TABLE a;";
    let dir = folder(&[("V1__a.surql", text)]);
    let loaded = load_from(dir.path()).unwrap();
    assert!(matches!(&loaded.migrations[0].undo, migrate_core::Undo::None { reason } if reason == "it deletes rows"));
    fs::write(dir.path().join("V1__a.down.surql"), A).unwrap();
    assert_eq!(codes(dir.path()), ["M027"]);
}

#[test]
fn directives_in_a_down_file_have_no_effect_and_are_refused() {
    let dir =
        folder(&[("V1__a.surql", A), ("V1__a.down.surql", b"-- migrate: stepwise\nREMOVE TABLE a; # migrate: x")]);
    assert_eq!(codes(dir.path()), ["M023", "M023"]);
}

#[test]
fn what_is_not_locked_is_a_warning_and_where_required_an_error() {
    let dir = folder(&[("V1__a.surql", A)]);
    let options = Options::new("app").locked(Locked::Required);
    let error = load(&Folder::new(dir.path()), &options).unwrap_err();
    assert_eq!(error.diagnostics().iter().next().map(migrate_build::Diagnostic::severity), Some(Severity::Error));
    let loaded = load_from(dir.path()).unwrap();
    fs::write(dir.path().join("migrations.lock"), loaded.lockfile()).unwrap();
    assert!(load(&Folder::new(dir.path()), &options).unwrap().warnings.iter().next().is_none());
}

#[test]
fn the_lines_to_append_are_those_that_lock() {
    let dir = folder(&[("V1__a.surql", A)]);
    let lock = dir.path().join("migrations.lock");
    fs::write(&lock, load_from(dir.path()).unwrap().lockfile()).unwrap();
    fs::write(dir.path().join("V2__b.surql"), B).unwrap();
    let said = load_from(dir.path()).unwrap().warnings.to_string();
    // Copied from a terminal, with the indentation they have there.
    let lines = said.lines().skip_while(|line| !line.contains("[[migration]]")).take(5);
    let lines: Vec<_> = lines.collect();
    fs::write(&lock, fs::read_to_string(&lock).unwrap() + &lines.join("\n")).unwrap();
    assert_eq!(codes(dir.path()), [""; 0], "{said}");
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_reported() {
    use std::os::unix::fs::PermissionsExt;

    let dir = folder(&[("V1__a.surql", A)]);
    let file = dir.path().join("V1__a.surql");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads everything.
    if fs::read(&file).is_err() {
        assert_eq!(codes(dir.path()), ["M002"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn line_endings_and_a_byte_order_mark_change_no_checksum(mark: bool, names in proptest::collection::btree_set("[a-z]{1,8}", 1..5)) {
        let lines: Vec<_> = names.iter().map(|name| format!("DEFINE TABLE {name}_;\n")).collect();
        let unix = lines.concat();
        let windows = if mark { "\u{feff}" } else { "" }.to_owned() + &unix.replace('\n', "\r\n");
        let (unix, windows) = (folder(&[("V1__a.surql", unix.as_bytes())]), folder(&[("V1__a.surql", windows.as_bytes())]));
        let (unix, windows) = (load_from(unix.path()).unwrap(), load_from(windows.path()).unwrap());
        prop_assert_eq!(unix.lockfile(), windows.lockfile());
        prop_assert_eq!(unix.migrations[0].source.text(), windows.migrations[0].source.text());
        prop_assert_ne!(unix.digest, windows.digest);
    }

    #[test]
    fn the_order_in_which_files_were_made_makes_no_difference(order in Just((1..=12).collect::<Vec<u32>>()).prop_shuffle()) {
        let make = |order: &[u32]| {
            let dir = tempfile::tempdir().unwrap();
            for version in order {
                fs::write(dir.path().join(format!("V{version}__t.surql")), format!("DEFINE TABLE t{version};")).unwrap();
            }
            let loaded = load_from(dir.path()).unwrap();
            (loaded.lockfile(), loaded.digest)
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(make(&order), make(&sorted));
    }

    #[test]
    fn a_folder_locked_as_it_is_has_nothing_to_say(count in 0..6u32) {
        let dir = tempfile::tempdir().unwrap();
        for version in 1..=count {
            fs::write(dir.path().join(format!("V{version}__t.surql")), format!("DEFINE TABLE t{version};")).unwrap();
        }
        let lockfile = load_from(dir.path()).unwrap().lockfile();
        fs::write(dir.path().join("migrations.lock"), &lockfile).unwrap();
        let expected: &[&str] = if count == 0 { &["M012"] } else { &[] };
        prop_assert_eq!(codes(dir.path()), expected);
        prop_assert_eq!(load_from(dir.path()).unwrap().lockfile(), lockfile);
    }

    #[test]
    fn no_folder_panics(files in proptest::collection::vec((
        "(V[0-9]{1,2}__?[a-c]\\.(down\\.)?surql|migrations\\.(toml|lock)|[^/\0]{1,40})",
        prop_oneof![
            Just(b"DEFINE TABLE a;".to_vec()),
            "(-- migrate: [a-z() ]{0,12}\n|[ -~\n]){0,12}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..40),
        ],
    ), 0..6)) {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in &files {
            // Names that the file system refuses are none that can be found.
            _ = fs::write(dir.path().join(name), bytes);
        }
        match load_from(dir.path()) {
            Ok(loaded) => _ = (loaded.lockfile(), loaded.warnings.to_string()),
            Err(error) => prop_assert!(error.to_string().contains("error")),
        }
    }
}

#[test]
fn a_migration_beyond_the_limits_is_refused_and_the_module_sets_them() {
    let statements = "DEFINE TABLE IF NOT EXISTS a;\n".repeat(3);
    let with = |limits: &str| {
        let toml = format!("[rules]\nM222 = \"allow\"\n{limits}");
        let dir = folder(&[("V1__a.surql", statements.as_bytes()), ("migrations.toml", toml.as_bytes())]);
        codes(dir.path())
    };
    let has = |codes: Vec<&str>, code| codes.contains(&code);
    assert!(!has(with(""), "M013") && !has(with(""), "M014"));
    assert!(has(with("[limits]\ntext = 89\n"), "M013") && !has(with("[limits]\ntext = 90\n"), "M013"));
    assert!(has(with("[limits]\nstatements = 2\n"), "M014") && !has(with("[limits]\nstatements = 3\n"), "M014"));
    assert!(has(with("[limits]\nlines = 3\n"), "M030"));
    let long = format!("-- {}\nDEFINE TABLE a;\n", "x".repeat(1 << 20));
    assert!(has(codes(folder(&[("V1__a.surql", long.as_bytes())]).path()), "M013"), "unless told otherwise");
}
