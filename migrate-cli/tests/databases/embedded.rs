//! Engines inside of the program, where it is built with them.

use tempfile::TempDir;

use crate::{Ran, folder, program, ran};

/// Runs it, or nothing where the program is built without engines and says so.
fn run(words: &[&str], url: &str) -> Option<Ran> {
    let dir = folder();
    let ran = ran(program(dir.path()).args(words).args(["--ns", "a", "--db", "b", "--url", url]));
    let has_no_engine = ran.code == 2 && ran.stderr.contains("--features embedded");
    (!has_no_engine).then_some(ran)
}

#[test]
fn a_database_in_memory_begins_empty_each_time() {
    for _ in 0..2 {
        let Some(ran) = run(&["up"], "mem://") else { return };
        assert!(ran.code == 0 && ran.stdout.contains("1 migrated"), "{ran:?}");
    }
}

#[test]
fn a_database_on_disk_is_made_by_up_alone() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("db");
    let url = format!("surrealkv://{}", folder.display());
    let Some(status) = run(&["status"], &url) else { return };
    assert!(status.code == 1 && status.stderr.contains("does not exist"), "{status:?}");
    assert!(!folder.exists(), "only looking makes no folder");
    let up = run(&["up"], &url).unwrap();
    assert_eq!(up.code, 0, "{up:?}");
    let status = run(&["status"], &url).unwrap();
    assert!(status.code == 0 && status.stdout.contains("1 up to date"), "{status:?}");
}
