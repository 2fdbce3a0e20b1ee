//! The real binary, over folders that are good and folders that are not.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

const V1: &str = "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n";
const V2: &str = "DEFINE FIELD bio ON user TYPE option<string>;\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// Runs it and gives the exit code, standard output and standard error.
fn run(words: &[&str], dir: &Path) -> (i32, String, String) {
    let mut command = Command::cargo_bin("cargo-migrate").unwrap();
    let output = command.args(words).arg("--dir").arg(dir).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(words: &[&str], dir: &Path) -> (i32, Value) {
    let (code, stdout, stderr) = run(&[words, &["--format", "json"]].concat(), dir);
    (code, serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}")))
}

#[test]
fn check_tells_what_each_migration_does() {
    let dir = folder(&[("V1__users.surql", V1), ("V2__bio.surql", V2)]);
    let (code, report) = json(&["check"], dir.path());
    assert_eq!(code, 0, "{report}");
    let [one, two] = &report["migrations"].as_array().unwrap()[..] else { panic!("{report}") };
    assert_eq!((&one["version"], &one["file"], &one["statements"]), (&json!(1), &json!("V1__users.surql"), &json!(2)));
    assert_eq!(
        (&two["effect"], &two["breaking"], &two["undo"]),
        (&json!("additive"), &json!(false), &json!("derived"))
    );
    assert!(one["checksum"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(report["diagnostics"][0]["code"], "M509", "nothing is locked yet: {report}");
    assert_eq!(report["diagnostics"][0]["severity"], "warning");
}

#[test]
fn check_reports_every_error_with_its_place_and_exits_with_1() {
    let dir = folder(&[
        ("V1__users.surql", V1),
        ("V2__trap.surql", "CREATE user:1 SET email = 'a';\nIF true { RETURN 1 };\n"),
        ("V3__required.surql", "DEFINE FIELD name ON user TYPE string;\n"),
    ]);
    let (code, report) = json(&["check"], dir.path());
    assert_eq!(code, 1);
    let find = |code| report["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == code).cloned();
    let trap = find("M401").unwrap();
    assert_eq!((&trap["line"], &trap["column"], &trap["severity"]), (&json!(2), &json!(11), &json!("error")));
    assert!(trap["file"].as_str().unwrap().ends_with("V2__trap.surql"));
    assert!(!trap["help"].as_str().unwrap().is_empty());
    let required = find("M301").unwrap();
    assert!(required["message"].as_str().unwrap().contains("it is required"), "the reason is told: {required}");
    assert_eq!(report["migrations"][2]["effect"], "restrictive", "what is known is told all the same");
    assert_eq!(report["migrations"][2]["breaking"], true);

    let (code, _, stderr) = run(&["check"], dir.path());
    assert_eq!(code, 1);
    assert!(stderr.contains("V2__trap.surql:2:11") && stderr.contains("2 errors"), "{stderr}");
}

#[test]
fn the_table_is_for_people_and_the_diagnostics_stay_off_standard_output() {
    let dir = folder(&[("V1__users.surql", V1)]);
    let (code, stdout, stderr) = run(&["check"], dir.path());
    assert_eq!(code, 0);
    assert!(stdout.contains("V1__users.surql") && stdout.contains("additive") && !stdout.contains("M509"), "{stdout}");
    assert!(stdout.lines().all(|line| line.chars().count() <= 80), "{stdout}");
    assert!(stderr.contains("M509"), "{stderr}");
}

#[test]
fn lock_writes_what_check_then_holds_the_folder_to() {
    let dir = folder(&[("V1__users.surql", V1), ("V2__bio.surql", V2)]);
    let (code, stdout, stderr) = run(&["lock"], dir.path());
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("locked V2__bio.surql sha256:"), "{stdout}");
    let (code, report) = json(&["check", "--locked"], dir.path());
    assert_eq!((code, &report["diagnostics"]), (0, &json!([])));

    let locked = fs::read(dir.path().join("migrations.lock")).unwrap();
    let (code, stdout, _) = run(&["lock"], dir.path());
    assert!(code == 0 && stdout.contains("holds all 2 migrations already"), "{stdout}");

    fs::write(dir.path().join("V1__users.surql"), V1.replace("string", "option<string>")).unwrap();
    let (code, _, stderr) = run(&["lock"], dir.path());
    assert!(code == 1 && stderr.contains("M503"), "what was shipped is not locked anew: {stderr}");
    assert_eq!(fs::read(dir.path().join("migrations.lock")).unwrap(), locked, "nothing was written");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "nothing was left behind");
}

#[test]
fn locked_makes_what_is_not_locked_an_error() {
    let dir = folder(&[("V1__users.surql", V1)]);
    let (code, report) = json(&["check", "--locked"], dir.path());
    assert_eq!((code, &report["diagnostics"][0]["severity"]), (1, &json!("error")));
}

#[test]
fn catalog_shows_the_schema_at_a_version() {
    let dir = folder(&[("V1__users.surql", V1), ("V2__bio.surql", V2)]);
    let (code, last) = json(&["catalog"], dir.path());
    assert_eq!(code, 0);
    assert_eq!(
        last,
        json!({
            "table user": "DEFINE TABLE user TYPE NORMAL SCHEMAFULL PERMISSIONS NONE",
            "field user.email": "DEFINE FIELD email ON user TYPE string PERMISSIONS FULL",
            "field user.bio": "DEFINE FIELD bio ON user TYPE none | string PERMISSIONS FULL",
        })
    );
    let (code, first) = json(&["catalog", "--at", "1"], dir.path());
    assert_eq!((code, first.get("field user.bio")), (0, None));
    let (_, stdout, _) = run(&["catalog", "--at", "1"], dir.path());
    assert!(stdout.contains("DEFINE FIELD email ON user TYPE string PERMISSIONS FULL;\n"), "{stdout}");
}

#[test]
fn what_cannot_be_understood_exits_with_2() {
    let dir = folder(&[("V1__users.surql", V1)]);
    for words in [&["chekc"][..], &["check", "--format", "yaml"], &["catalog", "--at", "0"], &["catalog", "--at", "7"]]
    {
        let (code, stdout, stderr) = run(words, dir.path());
        assert_eq!((code, stdout.as_str()), (2, ""), "{words:?}: {stderr}");
        assert!(stderr.contains("error:"), "{stderr}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_says_so() {
    let dir = folder(&[]);
    let (code, _, stderr) = run(&["check"], &dir.path().join("migratoins"));
    assert!(code == 1 && stderr.contains("M001") && stderr.contains("migratoins"), "{stderr}");
}

#[test]
fn cargo_calls_it_with_its_own_name_first() {
    let dir = folder(&[("V1__users.surql", V1)]);
    let (code, report) = json(&["migrate", "check"], dir.path());
    assert_eq!((code, report["migrations"].as_array().unwrap().len()), (0, 1));
}

#[test]
fn what_goes_wrong_is_an_object_with_an_error_for_programs() {
    let dir = folder(&[("V1__users.surql", "DEFINE TABEL user;")]);
    let (code, report) = json(&["catalog"], dir.path());
    assert_eq!((code, &report["error"]["kind"]), (1, &json!("folder")));
    assert_eq!(report["error"]["diagnostics"][0]["code"], "M101", "{report}");

    for words in [&["chekc"][..], &["catalog", "--at", "0"], &["check", "--what"]] {
        let (code, report) = json(words, dir.path());
        assert_eq!((code, &report["error"]["kind"]), (2, &json!("usage")), "{report}");
        assert!(!report["error"]["message"].as_str().unwrap().is_empty());
    }
    let good = folder(&[("V1__users.surql", V1)]);
    let (code, report) = json(&["catalog", "--at", "7"], good.path());
    assert_eq!((code, &report["error"]["kind"]), (2, &json!("unknown_revision")), "{report}");
    let (code, report) = json(&["lock", "--dir", "elsewhere"], good.path());
    assert_eq!((code, &report["error"]["kind"]), (2, &json!("usage")), "one folder: {report}");
}

#[test]
fn annotations_of_a_pull_request_name_file_line_and_column() {
    let dir = folder(&[("V1__users.surql", V1), ("V2__trap.surql", "CREATE user:1 SET email = 'a';\nRETURN 1;\n")]);
    let (code, stdout, stderr) = run(&["check", "--format", "github"], dir.path());
    assert_eq!((code, stderr.as_str()), (1, ""));
    let line = stdout.lines().find(|line| line.contains("M401")).unwrap();
    let file = dir.path().join("V2__trap.surql");
    assert!(line.starts_with(&format!("::error file={},line=2,col=1,title=M401 return::", file.display())), "{line}");
    assert!(line.contains("%0Ahelp: "), "what to do is told: {line}");
    assert!(stdout.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")), "{stdout}");
    let (code, _, stderr) = run(&["lock", "--format", "github"], dir.path());
    assert!(code == 2 && stderr.contains("table or json"), "{stderr}");
}

#[test]
fn quiet_is_for_errors_and_results_alone() {
    let dir = folder(&[("V1__users.surql", V1)]);
    assert_eq!(run(&["check", "--quiet"], dir.path()), (0, String::new(), String::new()));
    let (code, stdout, stderr) = run(&["catalog", "-q"], dir.path());
    assert!(code == 0 && stdout.starts_with("DEFINE TABLE user") && stderr.is_empty(), "{stdout}{stderr}");
    fs::write(dir.path().join("V2__bad.surql"), "RETURN 1;\n").unwrap();
    let (code, stdout, stderr) = run(&["check", "-q"], dir.path());
    assert!(code == 1 && stdout.is_empty() && stderr.contains("M401") && !stderr.contains("M509"), "{stderr}");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let dir = folder(&[("V1__users.surql", "RETURN 1;\n")]);
    let check = |color: &str, no_color: &str| {
        let mut command = Command::cargo_bin("cargo-migrate").unwrap();
        command.args(["check", "--color", color, "--dir"]).arg(dir.path()).env("NO_COLOR", no_color);
        String::from_utf8(command.output().unwrap().stderr).unwrap().contains('\u{1b}')
    };
    assert!(check("always", "") && check("always", "1"), "what is asked for holds");
    assert!(!check("auto", "") && !check("never", ""), "no person looks at a pipe");
}

#[test]
fn every_command_says_what_it_does() {
    let (code, stdout, _) = run(&["--help"], Path::new("migrations"));
    assert_eq!(code, 0);
    assert!(stdout.contains("Usage: cargo migrate") && stdout.contains("--format"), "{stdout}");
    let commands = stdout.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description may go on in further lines, which begin with more blanks.
    let commands = commands.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    let commands: Vec<_> = commands.filter_map(|line| line.split(' ').next()).collect();
    assert!(commands.contains(&"check") && commands.contains(&"completions"), "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let (code, stdout, _) = run(&[command, "--help"], Path::new("migrations"));
        assert!(code == 0 && stdout.contains("Usage:") && stdout.len() > 200, "{command}: {stdout}");
    }
}

#[test]
fn shells_and_manuals_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, stdout, _) = run(&["completions", shell], Path::new("migrations"));
        assert!(code == 0 && stdout.contains("catalog") && stdout.contains("cargo-migrate"), "{shell}");
    }
    let (code, page, _) = run(&["man"], Path::new("migrations"));
    assert!(code == 0 && page.contains(".TH cargo-migrate 1") && page.contains("catalog"), "{page}");
    let dir = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = run(&["man", "--into", dir.path().to_str().unwrap()], Path::new("migrations"));
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert!(dir.path().join("cargo-migrate-check.1").exists());
    let (code, _, stderr) = run(&["completions", "tcl"], Path::new("migrations"));
    assert!(code == 2 && stderr.contains("possible values"), "{stderr}");
}
