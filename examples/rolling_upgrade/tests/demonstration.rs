//! The demonstration as a person would start it.

use std::process::Command;

use serde_json::{Value, json};

#[test]
fn no_request_fails_while_replicas_are_upgraded_downgraded_and_upgraded_again() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolling_upgrade"));
    let output = command.args(["--format", "json"]).output().expect("the binary can be started");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(report["failures"], 0, "{report}");
    assert_eq!(report["reasons"], json!([]), "{report}");
    assert_eq!(report["written"], report["found"], "{report}");
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    let stages = report["stages"].as_array().expect("stages");
    let seen = |key: &str| stages.iter().map(|stage| stage[key].clone()).collect::<Value>();
    let (old, new) = (json!({ "V1": 3 }), json!({ "V3": 3 }));
    let mixed = json!({ "V1": 3, "V3": 1 });
    assert_eq!(seen("replicas"), json!([old, mixed, new, json!({ "V1": 1, "V3": 3 }), old, mixed, new]));
    assert_eq!(seen("everyone_at_v2"), json!([false, false, true, false, false, false, true]));
    assert_eq!(seen("behind"), json!([3, 3, 0, 1, 3, 3, 0]));
    let mut before = 0;
    for stage in stages {
        let requests = stage["requests"].as_u64().expect("a count");
        assert!(requests > before, "there are requests throughout: {report}");
        before = requests;
    }
    let is_mixed = |stage: &&Value| stage["replicas"].as_object().is_some_and(|versions| versions.len() > 1);
    for stage in stages.iter().filter(is_mixed) {
        assert!(stage["served_by_both"].as_u64() > Some(0), "old and new serve the same tenants: {report}");
    }
}

#[test]
fn each_release_is_a_binary_that_carries_no_other_schema() {
    let later = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/v2/V2__tags.surql"));
    let later = later.expect("a migration of version 2");
    let carries = |binary: &str| {
        let binary = std::fs::read(binary).expect("the binary is built");
        binary.windows(later.len()).any(|window| window == later.as_bytes())
    };
    assert!(!carries(env!("CARGO_BIN_EXE_notes_v1")));
    assert!(carries(env!("CARGO_BIN_EXE_notes_v2")));
    assert!(!carries(env!("CARGO_BIN_EXE_rolling_upgrade")), "the demonstration knows neither");
}

#[test]
fn wrong_arguments_are_told_from_failures() {
    let output = Command::new(env!("CARGO_BIN_EXE_rolling_upgrade")).args(["--replicas", "0"]).output();
    assert_eq!(output.expect("the binary can be started").status.code(), Some(2));
}

/// Processes are looked at where Linux shows them.
#[cfg(target_os = "linux")]
mod killed {
    use std::process::{Command, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    /// A variable of the environment by which the processes of one demonstration are told from those of another.
    const MARK: &str = "ROLLING_UPGRADE_TEST";

    /// The processes whose environment holds the mark.
    fn marked(mark: &str) -> Vec<String> {
        let entry = format!("{MARK}={mark}");
        let is_marked = |process: &std::path::Path| {
            let environment = std::fs::read(process.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes())
        };
        let processes = std::fs::read_dir("/proc").expect("the processes of the system").filter_map(Result::ok);
        let processes = processes.map(|process| process.path()).filter(|process| is_marked(process));
        processes.map(|process| process.display().to_string()).collect()
    }

    fn wait_for(what: &str, is_there: impl Fn() -> bool) {
        let begin = Instant::now();
        while !is_there() {
            assert!(begin.elapsed() < Duration::from_mins(2), "never: {what}");
            sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_demonstration_that_is_killed_leaves_no_process_behind() {
        let mark = std::process::id().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolling_upgrade"));
        let mut demonstration =
            command.env(MARK, &mark).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it can be started");
        wait_for("itself, the server and two replicas run", || marked(&mark).len() >= 4);
        demonstration.kill().expect("it can be killed");
        demonstration.wait().expect("it ends");
        wait_for("all of them are gone", || marked(&mark).is_empty());
    }
}
