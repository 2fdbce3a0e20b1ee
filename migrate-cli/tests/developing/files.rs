//! `init`, `new` and tags: what is written, and that nothing is ever overwritten.

use std::fs;

use crate::tool::{folder, json_in, run_in};
use serde_json::json;

const V1: &str = "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n";

#[test]
fn init_begins_a_folder_that_passes_its_own_check() {
    let dir = folder(&[("Cargo.toml", "[package]\nname = \"shop\"\n"), ("src/main.rs", "fn main() {}\n")]);
    let (code, stdout, stderr) = run_in(dir.path(), &["init"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for part in ["created migrations/V1__schema.surql", "created build.rs", "Cargo.toml needs:", "embed_migrations!"] {
        assert!(stdout.contains(part), "{part}: {stdout}");
    }
    assert!(fs::read_to_string(dir.path().join("build.rs")).unwrap().contains("Builder::new(\"migrations\")"));
    let (code, report) = json_in(dir.path(), &["check"]);
    assert_eq!((code, &report["migrations"][0]["effect"]), (0, &json!("additive")));
    assert_eq!(report["diagnostics"].as_array().unwrap().len(), 1, "that it is not locked, and nothing else: {report}");
}

#[test]
fn init_overwrites_nothing_and_says_what_is_left_to_do() {
    let script = "fn main() { println!(\"mine\") }\n";
    let files =
        [("Cargo.toml", "[package]\nname = \"shop\"\n"), ("build.rs", script), ("db/schema/V1__users.surql", V1)];
    let dir = folder(&files);
    let (code, report) = json_in(dir.path(), &["init", "--dir", "db/schema"]);
    assert_eq!(code, 0);
    assert_eq!(report["created"], json!(["db/schema/migrations.toml"]));
    assert_eq!(report["kept"], json!(["db/schema/V1__users.surql", "build.rs"]));
    assert!(report["lines"]["build.rs"].as_str().unwrap().contains("Builder::new(\"db/schema\")"), "{report}");
    for (name, text) in files {
        assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), text);
    }
    fs::write(dir.path().join("build.rs"), report["lines"]["build.rs"].as_str().unwrap()).unwrap();
    let (code, report) = json_in(dir.path(), &["init", "--dir", "db/schema"]);
    assert_eq!((code, &report["created"]), (0, &json!([])), "a second time there is nothing to do");
    assert_eq!(report["lines"].get("build.rs"), None, "{report}");
    let (code, stdout, _) = run_in(dir.path(), &["init", "--dir", "db/schema", "--quiet"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
}

#[test]
fn init_in_a_workspace_finds_the_crate_and_outside_of_one_prints_the_script() {
    let dir = folder(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"app\"]\n"),
        ("app/Cargo.toml", "[package]\nname = \"app\"\n"),
    ]);
    let (code, report) = json_in(dir.path(), &["init", "--dir", "app/migrations"]);
    assert_eq!((code, &report["created"][2]), (0, &json!("app/build.rs")), "{report}");
    assert!(fs::read_to_string(dir.path().join("app/build.rs")).unwrap().contains("Builder::new(\"migrations\")"));
    let (code, report) = json_in(dir.path(), &["init", "--dir", "migrations"]);
    assert!(code == 0 && report["lines"]["build.rs"].is_string() && !dir.path().join("build.rs").exists(), "{report}");
}

#[test]
fn init_where_a_file_is_in_the_way_says_so() {
    let dir = folder(&[("migrations", "a file")]);
    let (code, stdout, stderr) = run_in(dir.path(), &["init"]);
    assert!(code == 1 && stdout.is_empty() && stderr.contains("migrations could not be written"), "{stderr}");
    let (code, report) = json_in(dir.path(), &["init"]);
    assert_eq!((code, &report["error"]["kind"]), (1, &json!("io")));
}

#[test]
fn new_writes_the_next_version() {
    let dir = folder(&[("migrations/V1__users.surql", V1)]);
    let (code, stdout, _) = run_in(dir.path(), &["new", "add_bio"]);
    assert_eq!((code, stdout.as_str()), (0, "wrote migrations/V2__add_bio.surql\n"));
    let path = dir.path().join("migrations/V2__add_bio.surql");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-- migrate: description add bio\n"), "{text}");
    let (code, _, stderr) = run_in(dir.path(), &["check"]);
    assert!(code == 1 && stderr.contains("M102"), "a template is not shipped by accident: {stderr}");
    fs::write(&path, text.replace("-- DEFINE", "DEFINE")).unwrap();
    assert_eq!(run_in(dir.path(), &["check"]).0, 0);

    let (code, report) = json_in(dir.path(), &["new", "phased", "--phased"]);
    assert_eq!((code, &report["file"], &report["version"]), (0, &json!("V3__phased.toml"), &json!(3)));
    let manifest: toml::Table =
        fs::read_to_string(dir.path().join("migrations/V3__phased.toml")).unwrap().parse().unwrap();
    let phases: Vec<_> =
        manifest["step"].as_array().unwrap().iter().map(|step| step["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["start", "start", "complete"]);
}

#[test]
fn new_checks_the_name_as_the_build_does() {
    let dir = folder(&[("migrations/V1__users.surql", V1)]);
    for (name, said) in
        [("addBio", "did you mean `add_bio`?"), ("add-bio", "did you mean `add_bio`?"), ("größe", "only `a`-`z`")]
    {
        let (code, stdout, stderr) = run_in(dir.path(), &["new", name]);
        assert!(code == 2 && stdout.is_empty() && stderr.contains(said), "{name}: {stderr}");
        let (code, report) = json_in(dir.path(), &["new", name]);
        assert_eq!((code, &report["error"]["kind"]), (2, &json!("usage")));
    }
    assert_eq!(fs::read_dir(dir.path().join("migrations")).unwrap().count(), 1);
}

#[test]
fn new_in_a_folder_with_errors_writes_nothing() {
    let dir = folder(&[("migrations/V1__users.surql", "DEFINE TABEL user;")]);
    let (code, _, stderr) = run_in(dir.path(), &["new", "more"]);
    assert!(code == 1 && stderr.contains("M101"), "{stderr}");
    let (code, _, stderr) = run_in(dir.path(), &["new", "more", "--dir", "elsewhere"]);
    assert!(code == 1 && stderr.contains("M001"), "{stderr}");
    assert_eq!(fs::read_dir(dir.path().join("migrations")).unwrap().count(), 1);
}

#[test]
fn versions_by_date_ascend_whatever_the_clock_says() {
    let dir = folder(&[("migrations/migrations.toml", "versions = \"timestamp\"\n")]);
    let (_, report) = json_in(dir.path(), &["new", "one"]);
    let first = report["version"].as_u64().unwrap();
    assert!(first > 20_260_101_000_000, "{first}");
    fs::remove_file(dir.path().join("migrations").join(report["file"].as_str().unwrap())).unwrap();
    fs::write(dir.path().join("migrations/V99991231235959__far.surql"), V1).unwrap();
    let (_, report) = json_in(dir.path(), &["new", "two"]);
    assert_eq!(report["version"], json!(99_991_231_235_960_u64));
}

#[test]
fn a_tag_is_taken_wherever_a_version_is() {
    let settings = "# ours\n[rules] # strict\nM424 = \"error\"\n";
    let dir = folder(&[("migrations/V1__users.surql", V1), ("migrations/migrations.toml", settings)]);
    let (code, report) = json_in(dir.path(), &["new", "bio", "--tag", "v1.2"]);
    assert_eq!((code, &report["tag"]), (0, &json!("v1.2")));
    let toml = fs::read_to_string(dir.path().join("migrations/migrations.toml")).unwrap();
    assert!(toml.starts_with(settings) && toml.contains("\"v1.2\" = 2"), "{toml}");
    fs::write(dir.path().join("migrations/V2__bio.surql"), "DEFINE FIELD bio ON user TYPE option<string>;\n").unwrap();
    fs::write(dir.path().join("migrations/V3__age.surql"), "DEFINE FIELD age ON user TYPE option<int>;\n").unwrap();

    let (code, catalog) = json_in(dir.path(), &["catalog", "--at", "v1.2"]);
    assert!(
        code == 0 && catalog.get("field user.bio").is_some() && catalog.get("field user.age").is_none(),
        "{catalog}"
    );
    let (_, diff) = json_in(dir.path(), &["diff", "v1.2", "3"]);
    assert_eq!((&diff["before"], &diff["differences"][0]["object"]), (&json!("V2"), &json!("field user.age")));
    assert_eq!(json_in(dir.path(), &["undo-text", "v1.2"]).1["version"], json!(2));
    assert_eq!(json_in(dir.path(), &["graph"]).1["modules"][0]["migrations"][1]["tags"], json!(["v1.2"]));

    let (code, report) = json_in(dir.path(), &["catalog", "--at", "v1.3"]);
    assert_eq!((code, &report["error"]["kind"]), (2, &json!("unknown_revision")));
    assert!(report["error"]["message"].as_str().unwrap().contains("did you mean `v1.2`?"), "{report}");
}

#[test]
fn a_tag_that_cannot_be_is_refused_before_anything_is_written() {
    let dir = folder(&[("migrations/V1__users.surql", V1), ("migrations/migrations.toml", "tags = { launch = 1 }\n")]);
    for (tag, said) in
        [("7", "reads like a version"), ("a b", "neither a version nor a tag"), ("launch", "V1's already")]
    {
        let (code, _, stderr) = run_in(dir.path(), &["new", "more", "--tag", tag]);
        assert!(code == 2 && stderr.contains(said), "{tag}: {stderr}");
    }
    assert_eq!(fs::read_dir(dir.path().join("migrations")).unwrap().count(), 2);
    fs::write(dir.path().join("migrations/migrations.toml"), "[tags]\nlaunch = 7\n").unwrap();
    let (code, _, stderr) = run_in(dir.path(), &["check"]);
    assert!(code == 1 && stderr.contains("M037") && stderr.contains("migrations.toml:2:1"), "{stderr}");
}

#[test]
fn init_in_an_empty_folder_makes_what_needs_no_crate_and_the_second_time_nothing() {
    let dir = folder(&[]);
    let (code, stdout, stderr) = run_in(dir.path(), &["init"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("created migrations/migrations.toml") && stdout.contains("build.rs needs:"), "{stdout}");
    let found = |path: &str| {
        let entries = fs::read_dir(dir.path().join(path)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(found("."), ["migrations"]);
    assert_eq!(found("migrations"), ["V1__schema.surql", "migrations.toml"]);
    let text = fs::read_to_string(dir.path().join("migrations/V1__schema.surql")).unwrap();
    for _ in 0..2 {
        let (code, report) = json_in(dir.path(), &["init"]);
        assert_eq!((code, &report["created"]), (0, &json!([])), "{report}");
    }
    assert_eq!(fs::read_to_string(dir.path().join("migrations/V1__schema.surql")).unwrap(), text);
    assert_eq!(run_in(dir.path(), &["check", "-q"]), (0, String::new(), String::new()));
}

#[test]
fn no_name_leads_out_of_the_folder_or_to_a_file_that_a_build_would_refuse() {
    let dir = folder(&[("migrations/V1__users.surql", V1)]);
    let long = "n".repeat(300);
    for name in ["", " ", "..", "../up", "a/b", "a\\b", "a.b", "A", "a b", "-", "--", "a\n", "\u{1b}[31m", &long] {
        let (code, _, stderr) = run_in(dir.path(), &["new", "--", name]);
        assert!(code == 2 || (code == 1 && name == long), "{name:?}: {stderr}");
        assert!(!stderr.contains('\u{1b}'), "{stderr:?}");
    }
    assert_eq!(fs::read_dir(dir.path().join("migrations")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn the_manifest_of_phases_passes_the_build_once_it_speaks_of_the_own_tables() {
    let dir = folder(&[(
        "migrations/V1__users.surql",
        "DEFINE TABLE person SCHEMAFULL;\nDEFINE FIELD phone ON person TYPE option<string>;\n",
    )]);
    let (code, report) = json_in(dir.path(), &["new", "rename_phone", "--phased", "--tag", "phones"]);
    assert_eq!((code, &report["tag"]), (0, &json!("phones")), "{report}");
    let path = dir.path().join("migrations/V2__rename_phone.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (code, _, stderr) = run_in(dir.path(), &["check"]);
    assert!(code == 1 && stderr.contains("V2__rename_phone.toml"), "it is not shipped by accident: {stderr}");
    let edited = text.replace("user", "person").replace("email", "mobile").replace("mail", "phone");
    fs::write(&path, edited).unwrap();
    let (code, report) = json_in(dir.path(), &["check", "--locked"]);
    let codes: Vec<_> = report["diagnostics"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(code, 1, "only because it is not locked: {report}");
    assert!(codes.iter().all(|code| **code == "M509"), "{report}");
    assert_eq!(run_in(dir.path(), &["lock", "-q"]).0, 0);
    assert_eq!(run_in(dir.path(), &["check", "--locked", "-q"]).0, 0);
    assert_eq!(report["migrations"][1]["breaking"], json!(true), "{report}");
}
