//! `diff`, `graph`, `undo-text` and `explain`.

use std::fs;

use crate::tool::{folder, json_in, run_in};
use serde_json::json;

const V1: &str = "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n";
const V2: &str =
    "DEFINE FIELD bio ON user TYPE option<string>;\nDEFINE FIELD OVERWRITE email ON user TYPE string | int;\n";

fn two() -> tempfile::TempDir {
    folder(&[("migrations/V1__users.surql", V1), ("migrations/V2__bio.surql", V2)])
}

#[test]
fn diff_shows_the_definitions_that_go_and_come() {
    let dir = two();
    let (code, stdout, stderr) = run_in(dir.path(), &["diff", "1", "V2"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(
        stdout,
        "--- V1\n+++ V2\n\
         @@ field user.bio\n+DEFINE FIELD bio ON user TYPE none | string PERMISSIONS FULL;\n\
         @@ field user.email\n-DEFINE FIELD email ON user TYPE string PERMISSIONS FULL;\n\
         +DEFINE FIELD email ON user TYPE string | int PERMISSIONS FULL;\n"
    );
    let (_, report) = json_in(dir.path(), &["diff", "2", "0"]);
    let words: Vec<_> = report["differences"].as_array().unwrap().iter().map(|one| one["difference"].clone()).collect();
    assert_eq!(words, ["removed", "removed", "removed"]);
    let (_, stdout, _) = run_in(dir.path(), &["diff", "1", "2", "--color", "always"]);
    assert!(stdout.contains("\u{1b}[32m+DEFINE FIELD bio"), "{stdout}");
}

#[test]
fn diff_compares_folders_and_says_by_its_exit_code_whether_they_differ() {
    let dir = two();
    fs::create_dir(dir.path().join("other")).unwrap();
    fs::write(dir.path().join("other/V1__all.surql"), format!("{V1}{V2}")).unwrap();
    let (code, stdout, _) = run_in(dir.path(), &["diff", "2", "other", "--exit-code"]);
    assert_eq!((code, stdout.as_str()), (0, "V2 and other are the same schema\n"));
    let (code, stdout, _) = run_in(dir.path(), &["diff", "1", "other", "--exit-code"]);
    assert!(code == 3 && stdout.contains("+++ other"), "{stdout}");
    assert_eq!(run_in(dir.path(), &["diff", "1", "other"]).0, 0);
}

#[test]
fn diff_of_what_is_not_there_is_a_mistake_in_the_command_line() {
    let dir = two();
    for (words, said) in [
        (["diff", "1", "7"], "ends at V2"),
        (["diff", "other/", "1"], "no folder"),
        (["diff", "1", "launch"], "no tag"),
    ] {
        let (code, stdout, stderr) = run_in(dir.path(), &words);
        assert!(code == 2 && stdout.is_empty() && stderr.contains(said), "{stderr}");
    }
}

#[test]
fn graph_shows_chains_requirements_and_tags() {
    let dir = folder(&[
        ("auth/V1__users.surql", V1),
        ("auth/migrations.toml", "module = \"auth\"\ntags = { launch = 1 }\n"),
        ("app/V1__posts.surql", "DEFINE TABLE post SCHEMAFULL;\n"),
        (
            "app/V2__author.surql",
            "-- migrate: requires mail-box 3\nDEFINE FIELD author ON post TYPE option<record<user>>;\n",
        ),
        ("app/migrations.toml", "module = \"my-app\"\nrequires = { auth = 1 }\n"),
    ]);
    let words = ["graph", "--dir", "auth", "--dir", "app"];
    let (code, stdout, _) = run_in(dir.path(), &words);
    assert_eq!(code, 0);
    let rows: Vec<Vec<_>> = stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1], ["auth", "V1", "users", "launch"]);
    assert_eq!(rows[2], ["my-app", "V1", "posts", "auth", "V1"]);
    assert_eq!(rows[3], ["V2", "author", "mail-box", "V3"]);
    let (_, report) = json_in(dir.path(), &words);
    assert_eq!(report["modules"][1]["requires"], json!([{ "module": "auth", "version": 1 }]));

    let (_, mermaid, _) = run_in(dir.path(), &[&words[..], &["--format", "mermaid"]].concat());
    for line in [
        "  auth_1 -.-> my_dapp_1",
        "  my_dapp_1 --> my_dapp_2",
        "    auth_1[\"V1 users<br>launch\"]",
        "  mail_dbox_3([\"mail-box V3\"])",
    ] {
        assert!(mermaid.lines().any(|found| found == line), "{line}: {mermaid}");
    }
    let (_, dot, _) = run_in(dir.path(), &[&words[..], &["--format", "dot"]].concat());
    assert!(dot.starts_with("digraph migrations {") && dot.contains("my_dapp_1 -> my_dapp_2;"), "{dot}");
    assert!(dot.contains("auth_1 -> my_dapp_1 [style=dashed];"), "{dot}");
    let (code, _, stderr) = run_in(dir.path(), &["check", "--format", "dot"]);
    assert!(code == 2 && stderr.contains("table or json or github"), "{stderr}");
}

#[test]
fn undo_text_is_a_text_to_run_with_what_it_loses() {
    let dir = two();
    let (code, stdout, _) = run_in(dir.path(), &["undo-text", "2"]);
    assert_eq!(code, 0);
    assert_eq!(
        stdout,
        "-- Undoes V2__bio.surql: derived, data_loss.\nREMOVE FIELD IF EXISTS bio ON user;\n\
         DEFINE FIELD OVERWRITE email ON user TYPE string PERMISSIONS FULL;\n"
    );
    let (_, report) = json_in(dir.path(), &["undo-text", "V2"]);
    assert_eq!((&report["undo"], &report["safety"]), (&json!("derived"), &json!("data_loss")));
    assert!(report["text"].as_str().unwrap().starts_with("REMOVE FIELD"));

    fs::write(dir.path().join("migrations/V3__rows.surql"), "CREATE user:1 SET email = 'a';\n").unwrap();
    let (code, stdout, stderr) = run_in(dir.path(), &["undo-text", "3"]);
    assert!(code == 1 && stdout.is_empty() && stderr.contains("V3 cannot be undone: it writes rows"), "{stderr}");
    let (code, report) = json_in(dir.path(), &["undo-text", "3"]);
    assert_eq!((code, &report["error"]["kind"]), (1, &json!("no_undo")));
    assert_eq!(run_in(dir.path(), &["undo-text", "9"]).0, 2);
    assert_eq!(run_in(dir.path(), &["undo-text"]).0, 2);
}

#[test]
fn explain_tells_what_a_code_means() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stdout, _) = run_in(dir.path(), &["explain", "M302"]);
    assert!(code == 0 && stdout.starts_with("error[M302] data-loss\n\n"), "{stdout}");
    assert!(
        stdout.contains("-- migrate: allow(M302) reason") && stdout.lines().all(|line| line.chars().count() <= 80),
        "{stdout}"
    );
    let (_, report) = json_in(dir.path(), &["explain", "syntax-error"]);
    assert_eq!((&report["code"], &report["allowable"]), (&json!("M101"), &json!(false)));
    let (code, all) = json_in(dir.path(), &["explain"]);
    assert!(code == 0 && all.as_array().unwrap().len() > 80);
    let (_, table, _) = run_in(dir.path(), &["explain"]);
    assert!(table.contains("M302") && table.lines().all(|line| line.chars().count() <= 80), "{table}");

    let (code, _, stderr) = run_in(dir.path(), &["explain", "M320"]);
    assert!(code == 2 && stderr.contains("did you mean `M302`?"), "{stderr}");
    let (code, report) = json_in(dir.path(), &["explain", "nonsense"]);
    assert_eq!((code, &report["error"]["kind"]), (2, &json!("unknown_rule")));
}
