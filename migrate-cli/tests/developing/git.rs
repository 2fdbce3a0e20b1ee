//! Branches that meet: what git itself refuses, and what the check then says.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::tool::{folder, json_in, run_in};

fn git(dir: &Path, words: &[&str]) -> Option<Output> {
    let identity = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "core.autocrlf=false",
    ];
    let mut git = Command::new("git");
    git.current_dir(dir)
        .args(identity)
        .args(words)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    git.output().ok()
}

/// A repository whose `main` has V1 locked; two branches of it add a V2 each, and lock it.
fn two_branches(first: (&str, &str), second: (&str, &str)) -> Option<tempfile::TempDir> {
    let dir = folder(&[("migrations/V1__users.surql", "DEFINE TABLE user SCHEMAFULL;\n")]);
    let done =
        |words: &[&str]| git(dir.path(), words).map(|output| assert!(output.status.success(), "{words:?} {output:?}"));
    let lock = || assert_eq!(run_in(dir.path(), &["lock", "-q"]).0, 0);
    if done(&["init", "-q", "-b", "main"]).is_none() {
        eprintln!("skipped: there is no git here, so no branches were merged");
        return None;
    }
    let commit = || done(&["add", "-A"]).and_then(|()| done(&["commit", "-q", "-m", "more"]));
    lock();
    commit()?;
    for (branch, (file, text)) in [("one", first), ("two", second)] {
        done(&["checkout", "-q", "-b", branch, "main"])?;
        fs::write(dir.path().join("migrations").join(file), text).unwrap();
        lock();
        commit()?;
    }
    Some(dir)
}

#[test]
fn two_branches_that_add_the_same_version_conflict_in_the_lockfile() {
    let bio = ("V2__bio.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");
    let age = ("V2__age.surql", "DEFINE FIELD age ON user TYPE option<int>;\n");
    let Some(dir) = two_branches(bio, age) else { return };
    let merge = git(dir.path(), &["merge", "one"]).unwrap();
    let said = String::from_utf8_lossy(&merge.stdout);
    assert!(!merge.status.success() && said.contains("Merge conflict in migrations/migrations.lock"), "{said}");

    let (code, report) = json_in(dir.path(), &["check"]);
    let codes: Vec<_> = report["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert!(code == 1 && codes.contains(&"M502".into()) && codes.contains(&"M007".into()), "{report}");

    // What is left to do: main's lockfile, and the next number for what was not shipped.
    let checkout = git(dir.path(), &["checkout", "--theirs", "migrations/migrations.lock"]).unwrap();
    assert!(checkout.status.success());
    fs::rename(dir.path().join("migrations/V2__age.surql"), dir.path().join("migrations/V3__age.surql")).unwrap();
    assert_eq!(run_in(dir.path(), &["lock", "-q"]), (0, String::new(), String::new()));
    assert_eq!(run_in(dir.path(), &["check", "--locked"]).0, 0);
}

#[test]
fn two_branches_that_add_the_same_file_conflict_as_well() {
    let one = ("V2__bio.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n");
    let other = ("V2__bio.surql", "DEFINE FIELD bio ON user TYPE option<string | int>;\n");
    let Some(dir) = two_branches(one, other) else { return };
    let merge = git(dir.path(), &["merge", "one"]).unwrap();
    let said = String::from_utf8_lossy(&merge.stdout);
    assert!(!merge.status.success() && said.contains("migrations.lock") && said.contains("V2__bio.surql"), "{said}");
}

#[test]
fn a_branch_without_a_migration_merges_as_ever() {
    let nothing = ("README.md", "About these migrations.\n");
    let Some(dir) = two_branches(("V2__bio.surql", "DEFINE FIELD bio ON user TYPE option<string>;\n"), nothing) else {
        return;
    };
    assert!(git(dir.path(), &["merge", "-q", "-m", "both", "one"]).unwrap().status.success());
    assert_eq!(run_in(dir.path(), &["check", "--locked"]).0, 0);
}
