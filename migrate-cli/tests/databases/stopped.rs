//! A run that takes long, in a file instead of on a terminal: it says how far it is, and ends when it is told.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::folder_of;
use crate::server::Server;

fn tell(signal: &str, process: &Child) {
    let told = Command::new("sh").args(["-c", "kill -$0 $1", signal, &process.id().to_string()]).status().unwrap();
    assert!(told.success());
}

#[test]
fn a_long_run_tells_how_far_it_is_and_when_it_is_told_to_stop_finishes_what_is_under_way() {
    let slow = "DEFINE TABLE user;\nLET $pause = sleep(7s);\n";
    let (server, dir) = (Server::start(), folder_of(&[("V1__slow.surql", slow)]));
    let mut process = Command::new(env!("CARGO_BIN_EXE_cargo-migrate"));
    let process = process.args(["up", "--ns", "acme", "--db", "a", "--db", "b", "--db", "c", "--canary", "1"]);
    let process = process.args(["--format", "json", "--concurrency", "1", "--dir"]).arg(dir.path());
    let process = process.env("SURREAL_URL", server.url()).env("SURREAL_USER", "root").env("SURREAL_PASS", "root");
    let mut process = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Within its first migration, which takes longer than from one line to the next.
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("; at acme/a")).expect("it says how far it is");
    assert!(line.starts_with("0 of 3 contexts after ") && line.ends_with("; at acme/a app V1__slow"), "{line}");
    tell("INT", &process);
    let stderr: Vec<_> = lines.collect();
    let output = process.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr:?}"));
    assert_eq!(output.status.code(), Some(1), "{stderr:?}");
    assert_eq!((&report["migrated"], &report["not_attempted"]), (&json!(1), &json!(2)), "{report}");
    assert!(report["failures"][0]["reason"].as_str().unwrap().contains("told to stop"), "{report}");
    let said = "stopping: what is under way is finished; once more to end at once";
    assert!(stderr.iter().any(|line| line == said), "{stderr:?}");
    assert_eq!(server.rows("acme/a", "SELECT VALUE status FROM _migrations"), json!(["applied"]));
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let slow = "DEFINE TABLE user;\nLET $pause = sleep(30s);\n";
    let (server, dir) = (Server::start(), folder_of(&[("V1__slow.surql", slow)]));
    for (signal, code, database) in [("INT", 130, "a"), ("TERM", 143, "b")] {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cargo-migrate"));
        let process = process.args(["up", "--ns", "acme", "--db", database, "--dir"]).arg(dir.path());
        let process = process.env("SURREAL_URL", server.url()).env("SURREAL_USER", "root").env("SURREAL_PASS", "root");
        let mut process = process.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        lines.find(|line| line.contains("; at acme/")).expect("it is within its migration");
        tell(signal, &process);
        lines.find(|line| line.starts_with("stopping: ")).expect("it says what a second one does");
        let told = Instant::now();
        tell(signal, &process);
        assert_eq!(process.wait().unwrap().code(), Some(code));
        assert!(told.elapsed() < Duration::from_secs(10), "it does not wait for the migration");
    }
}
