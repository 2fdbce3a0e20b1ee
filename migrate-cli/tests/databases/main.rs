//! The real binary against a real server: every command over databases, what is right and what is not, for a person and for
//! a program.

mod applying;
mod coloring;
mod drifting;
mod embedded;
mod encrypted;
mod ending;
mod modules;
mod progressing;
mod reading;
mod refused;
mod repairing;
mod rolling_out;
mod server;
mod snapshots;
mod stopped;
mod taking_over;
mod undoing;
mod validating;
mod wide;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;

const V1: &str = "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n";
const V2: &str = "DEFINE FIELD bio ON user TYPE option<string>;\n";

/// What each process is given, so that what a person has in the environment does not matter.
const VARIABLES: [&str; 8] = ["URL", "USER", "PASS", "TOKEN", "NAMESPACE", "DATABASE", "AUTH_LEVEL", "CA_CERT"];

/// A folder of two migrations.
fn folder() -> TempDir {
    folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2)])
}

fn folder_of(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("migrations.toml"), "module = \"app\"\n").unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// How a process ended, and what it printed.
#[derive(Debug)]
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program over a folder, as nobody, in an environment without anything of the database.
fn program(dir: &Path) -> Command {
    let mut command = Command::cargo_bin("cargo-migrate").unwrap();
    for name in VARIABLES {
        command.env_remove(format!("SURREAL_{name}"));
    }
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.arg("--dir").arg(dir);
    command
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs it as root of a server.
fn run(server: &Server, dir: &Path, words: &[&str]) -> Ran {
    ran(root(server, dir).args(words))
}

/// The same for a program.
fn json(server: &Server, dir: &Path, words: &[&str]) -> (i32, Value) {
    let ran = run(server, dir, &[words, &["--format", "json"]].concat());
    (ran.code, ran.json())
}

fn root(server: &Server, dir: &Path) -> Command {
    let mut command = program(dir);
    command.env("SURREAL_URL", server.url()).env("SURREAL_USER", "root").env("SURREAL_PASS", "root");
    command
}
