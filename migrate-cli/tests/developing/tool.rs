//! The real binary, and folders for it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// Runs it in a folder and gives the exit code, standard output and standard error.
pub(crate) fn run_in(dir: &Path, words: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("cargo-migrate").unwrap().args(words).current_dir(dir).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Runs it in a folder with more in its environment, and gives the exit code and standard error.
pub(crate) fn ended_in(dir: &Path, words: &[String], variables: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::cargo_bin("cargo-migrate").unwrap();
    let output = command.args(words).envs(variables.iter().copied()).current_dir(dir).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Runs it in a folder and gives the exit code, and what it printed for programs.
pub(crate) fn json_in(dir: &Path, words: &[&str]) -> (i32, Value) {
    let (code, stdout, stderr) = run_in(dir, &[words, &["--format", "json"]].concat());
    (code, serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}")))
}
