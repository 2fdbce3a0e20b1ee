//! The binary itself, started as a person or a script would start it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Starts the service with three tenants on this folder.
fn start(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_many_tenants"))
        .arg("--data")
        .arg(folder)
        .args(["--tenants", "3"])
        .args(arguments)
        .env_remove("RUST_LOG")
        .output()
        .expect("the binary can be started")
}

/// The same for a script: the exit code, and the one JSON object on standard output.
fn start_json(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = start(folder, &[&["--format", "json"], arguments].concat());
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code(), report.unwrap_or_else(|error| panic!("{error}\n{}", all_of(&output))))
}

fn counts(report: &Value) -> Value {
    let names = ["contexts", "migrated", "up_to_date", "ahead", "incompatible", "failed"];
    names.iter().map(|name| report[name].clone()).collect()
}

fn all_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_second_start_finds_nothing_to_do() {
    let folder = TempDir::new().expect("a temporary folder");

    let first = start(folder.path(), &[]);
    assert_eq!(first.status.code(), Some(0), "{}", all_of(&first));
    let first = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(first.contains("3 contexts: 3 migrated"), "{first}");
    assert!(first.contains("3 tenants: ") && first.contains(" rows written"), "{first}");
    assert!(!first.contains("nothing to do"), "{first}");

    let (code, second) = start_json(folder.path(), &[]);
    assert_eq!((code, counts(&second)), (Some(0), json!([3, 0, 3, 0, 0, 0])));
    assert_eq!(second["failures"], json!([]));

    let third = start(folder.path(), &[]);
    let third = String::from_utf8_lossy(&third.stdout).into_owned();
    assert!(third.contains("nothing to do: every tenant was up to date"), "{third}");
}

#[test]
fn a_broken_tenant_alone_is_refused_until_it_is_repaired() {
    let folder = TempDir::new().expect("a temporary folder");

    let (code, report) = start_json(folder.path(), &["--break", "tenant_2"]);
    assert_eq!((code, counts(&report)), (Some(1), json!([3, 2, 0, 0, 0, 1])));
    let [failure] = &report["failures"].as_array().expect("a list")[..] else { panic!("{report}") };
    let place = ["namespace", "database", "module", "version", "file"].map(|name| &failure[name]);
    assert_eq!(json!(place), json!(["tenants", "tenant_2", "agent_memory", 1, "V1__schema.surql"]));
    assert_eq!(failure["line"], line_of("DEFINE TABLE document "), "{failure}");
    let reason = failure["reason"].as_str().expect("a sentence");
    assert!(reason.contains("The table 'document' already exists"), "{reason}");

    // Again: the same tenant is still broken, and the others have nothing to do.
    let again = start(folder.path(), &["--break", "tenant_2"]);
    assert_eq!(again.status.code(), Some(1), "{}", all_of(&again));
    let again = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.contains("2 up to date, 1 refused"), "{again}");
    assert!(again.contains("tenants/tenant_2") && again.contains("already exists"), "{again}");
    assert!(again.contains("2 tenants: "), "{again}");

    let (code, repaired) = start_json(folder.path(), &[]);
    assert_eq!((code, counts(&repaired)), (Some(0), json!([3, 1, 2, 0, 0, 0])));
}

#[test]
fn tenants_that_were_served_can_be_broken_later() {
    let folder = TempDir::new().expect("a temporary folder");
    assert_eq!(start(folder.path(), &[]).status.code(), Some(0));

    let (code, report) = start_json(folder.path(), &["--break", "tenant_1", "--break", "tenant_3"]);
    assert_eq!((code, counts(&report)), (Some(1), json!([3, 0, 1, 0, 0, 2])));
}

#[test]
fn migrate_only_migrates_prints_the_report_and_serves_nobody() {
    let folder = TempDir::new().expect("a temporary folder");

    let only = start(folder.path(), &["--migrate-only"]);
    assert_eq!(only.status.code(), Some(0), "{}", all_of(&only));
    let text = String::from_utf8_lossy(&only.stdout).into_owned();
    assert!(text.contains("3 contexts: 3 migrated") && !text.contains("rows written"), "{text}");

    let (code, report) = start_json(folder.path(), &["--migrate-only", "--break", "tenant_2"]);
    assert_eq!((code, counts(&report)), (Some(1), json!([3, 0, 2, 0, 0, 1])));
}

#[test]
fn the_operators_commands_are_over_the_same_tenants() {
    let folder = TempDir::new().expect("a temporary folder");
    let data = folder.path().join("data");

    let status = start(&data, &["migrate", "status"]);
    assert_eq!(status.status.code(), Some(1), "{}", all_of(&status));
    assert!(!data.exists(), "only looking makes no folder");

    assert_eq!(start(&data, &["--migrate-only"]).status.code(), Some(0));
    let status = start(&data, &["migrate", "status", "--format", "json"]);
    assert_eq!(status.status.code(), Some(0), "{}", all_of(&status));
    let json: Value = serde_json::from_slice(&status.stdout).expect("one JSON object");
    assert_eq!((&json["contexts"], &json["up_to_date"]), (&json!(3), &json!(3)));

    let log = start(&data, &["migrate", "log", "--ns", "tenants", "--db", "tenant_1", "-n", "1"]);
    let text = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.status.success() && text.contains("V6__turn_search"), "{}", all_of(&log));
    assert_eq!(start(&data, &["migrate", "log", "--ns", "tenants"]).status.code(), Some(2));
}

#[test]
fn wrong_arguments_touch_nothing() {
    let folder = TempDir::new().expect("a temporary folder");
    let data = folder.path().join("data");
    for (arguments, complaint) in [
        (&["--break", "tenant_4"][..], "no such tenant among the 3, tenant_1 to tenant_3"),
        (&["--break", "document"], "no such tenant"),
        (&["--break"], "value is required"),
        (&["--format", "xml"], "possible values: table, json"),
        (&["--frobnicate"], "unexpected argument"),
    ] {
        let output = start(&data, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", all_of(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(complaint), "{arguments:?}: {message}");
        assert!(!data.exists(), "{arguments:?}");
    }
}

#[test]
fn a_fleet_without_tenants_is_a_usage_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_many_tenants")).args(["--tenants", "0"]).output();
    let output = output.expect("the binary can be started");
    assert_eq!(output.status.code(), Some(2), "{}", all_of(&output));
}

#[test]
fn a_folder_that_cannot_be_opened_is_named() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("not-a-folder");
    std::fs::write(&file, "text").expect("a file can be written");

    let output = start(&file, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", all_of(&output));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("error: the database in") && message.contains("not-a-folder"), "{message}");
    assert!(!message.contains("panicked"), "{message}");
}

#[test]
fn help_explains_every_option() {
    let output = start(Path::new("unused"), &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for word in [
        "--data",
        "--tenants",
        "--break",
        "--format",
        "--migrate-only",
        "migrate",
        "Examples:",
        "Exit code:",
        "up_to_date",
    ] {
        assert!(help.contains(word), "{word} is missing from:\n{help}");
    }
}

/// The line in V1 on which this text stands.
fn line_of(text: &str) -> usize {
    let schema = include_str!("../migrations/V1__schema.surql");
    1 + schema.lines().position(|line| line.starts_with(text)).expect("it is in the file")
}
