//! A run that takes long, in a file instead of on a terminal: it says how far it is, and ends when it is told.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::folder_of;
use crate::server::Server;

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
    let told = Command::new("sh").args(["-c", "kill -INT $0", &process.id().to_string()]).status().unwrap();
    assert!(told.success());
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
