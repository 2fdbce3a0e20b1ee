//! The host as a person would start it, and the modules as its dependencies.

use std::process::{Command, Output};

use serde_json::{Value, json};

fn host(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_modules")).args(arguments).output().expect("the binary can be started")
}

#[test]
fn three_modules_are_applied_to_every_tenant_and_serve_a_sale() {
    let output = host(&["--format", "json", "--tenants", "3"]);
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!((&report["contexts"], &report["migrated"]), (&json!(3), &json!(3)), "{report}");
    let mut applied: Vec<_> = report["applied"].as_array().expect("what was applied").iter().collect();
    applied.sort_by_key(|one| (one["module"].to_string(), one["version"].as_u64()));
    let applied: Value = applied.iter().map(|one| json!([one["module"], one["version"], one["contexts"]])).collect();
    let each =
        json!([["auth", 1, 3], ["auth", 2, 3], ["auth", 3, 3], ["billing", 1, 3], ["billing", 2, 3], ["shop", 1, 3]]);
    assert_eq!(applied, each);
}

#[test]
fn a_person_reads_how_many_modules_and_contexts_there_are() {
    let output = host(&[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("3 modules, 5 contexts: 5 migrated"), "{output:?}");
}

#[test]
fn a_crate_that_ships_a_module_links_no_database() {
    for package in ["modules_auth", "modules_billing"] {
        let tree = ["tree", "--locked", "--offline", "--edges", "normal,no-proc-macro", "--prefix", "none"];
        let mut cargo = Command::new(env!("CARGO"));
        let output = cargo.args(tree).args(["-p", package]).output().expect("cargo can be started");
        let linked = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && linked.contains("migrate-core"), "{output:?}");
        let is_heavy = |line: &str| line.starts_with("surrealdb") || line.starts_with("tokio");
        assert!(!linked.lines().any(is_heavy), "{linked}");
    }
}
