//! `up`: what it applies, what it creates, who goes first.

use std::fs;

use serde_json::{Value, json};

use crate::server::Server;
use crate::{folder, json, run};

/// The namespaces and databases that exist, without the server's own.
fn existing(server: &Server) -> Vec<String> {
    let everything = server.everything();
    let contexts = everything.as_object().unwrap().keys().filter(|name| name.contains('/'));
    contexts.filter(|name| !name.starts_with("main/")).cloned().collect()
}

#[test]
fn up_applies_what_is_pending_and_creates_only_what_is_named() {
    let (server, dir) = (Server::start(), folder());
    let plan = run(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu", "--dry-run"]);
    assert!(plan.code == 0 && plan.stdout.contains("would be created"), "{plan:?}");
    assert_eq!(existing(&server), Vec::<String>::new());

    let (code, report) = json(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu", "--db", "us"]);
    assert_eq!((code, &report["migrated"], &report["left_out"]), (0, &json!(2), &json!([])), "{report}");
    assert_eq!(existing(&server), ["acme/eu", "acme/us"]);
    let by = server.rows("acme/eu", "SELECT VALUE applied_by.binary FROM ONLY _migrations:['app', 2]");
    assert_eq!(by, "cargo-migrate");

    let again = run(&server, dir.path(), &["up", "--all-in", "acme"]);
    assert!(again.code == 0 && again.stdout.contains("2 up to date"), "{again:?}");
    assert_eq!(run(&server, dir.path(), &["up", "--all-in", "nowhere"]).code, 1);
    assert_eq!(existing(&server), ["acme/eu", "acme/us"]);
}

#[test]
fn what_only_a_registry_names_is_left_out_until_it_exists() {
    let (server, dir) = (Server::start(), folder());
    server.query(
        "USE NS acme DB one; USE NS ops DB system; CREATE tenant:1 SET namespace = 'acme', database = 'one'; \
         CREATE tenant:2 SET namespace = 'acme', database = 'typo';",
    );
    let selection = ["--registry", "SELECT namespace, database FROM tenant", "--in", "ops/system"];
    let up = |words: &[&str]| json(&server, dir.path(), &[&["up"][..], &selection, words].concat());
    let (code, plan) = up(&["--dry-run"]);
    assert_eq!((code, &plan["pending"]), (1, &json!(1)), "{plan}");
    let (code, report) = up(&[]);
    assert_eq!((code, &report["migrated"]), (1, &json!(1)), "{report}");
    let typo = json!([{ "namespace": "acme", "database": "typo" }]);
    assert_eq!(report["left_out"], typo);
    let (code, plan) = json(&server, dir.path(), &[&["up", "--dry-run"][..], &selection].concat());
    assert_eq!((code, &plan["left_out"], &plan["absent"]), (1, &typo, &json!(0)), "{plan}");
    assert_eq!(existing(&server), ["acme/one", "ops/system"]);
    let shown = run(&server, dir.path(), &[&["up"][..], &selection].concat());
    assert!(shown.stdout.contains("absent     acme/typo"), "{shown:?}");
    server.query("USE NS acme DB typo;");
    assert_eq!(up(&[]).0, 0);
}

#[test]
fn after_a_refused_canary_or_a_spent_budget_the_others_are_left_as_they_were() {
    let (server, dir) = (Server::start(), folder());
    server.query("USE NS acme DB b; DEFINE TABLE user; USE NS acme DB a; USE NS acme DB c;");
    let up = |words: &[&str]| json(&server, dir.path(), &[&["up", "--all-in", "acme"], words].concat());
    let (code, report) = up(&["--canary", "acme/b"]);
    assert_eq!((code, &report["failed"], &report["not_attempted"]), (1, &json!(1), &json!(2)), "{report}");
    let (code, report) = up(&["--failure-budget", "1", "--concurrency", "1", "--canary", "acme/b"]);
    assert_eq!((code, &report["migrated"]), (1, &json!(0)), "{report}");
    // One tenant's failure is that tenant's alone.
    let (code, report) = up(&[]);
    assert_eq!((code, &report["failed"], &report["migrated"]), (1, &json!(1), &json!(2)), "{report}");
    let failure = &report["failures"][0];
    assert_eq!((&failure["database"], &failure["file"]), (&json!("b"), &json!("V1__users.surql")));

    let shown = run(&server, dir.path(), &["up", "--all-in", "acme"]);
    assert!(shown.code == 1 && shown.stdout.contains("refused    acme/b"), "{shown:?}");
    assert!(shown.stdout.lines().all(|line| line.chars().count() <= 80), "{shown:?}");
    for words in [&["--canary", "acme/none"][..], &["--canary", "1", "--canary", "acme/b"]] {
        let (code, error): (_, Value) = up(words);
        assert_eq!((code, &error["error"]["kind"]), (2, &json!("usage")), "{error}");
    }
}

#[test]
fn a_version_may_be_named_by_a_tag_wherever_one_is_named() {
    let (server, dir) = (Server::start(), folder());
    fs::write(dir.path().join("migrations.toml"), "module = \"app\"\n[tags]\nlaunch = 1\n").unwrap();
    let ends = |words: &[&str], code: i32| {
        let ran = run(&server, dir.path(), &[words, &["--ns", "acme", "--db", "eu"]].concat());
        assert_eq!(ran.code, code, "{words:?}: {ran:?}");
        ran.stdout
    };
    ends(&["up", "--to", "launch"], 0);
    ends(&["status"], 3);
    ends(&["compare", "app@launch", "live"], 0);
    ends(&["up", "--to", "app=V2"], 0);
    assert!(ends(&["log", "--of", "launch"], 0).contains("users"));
    assert!(!ends(&["log", "--of", "V2"], 0).contains("users"));
    assert!(ends(&["undo", "--to", "launch", "--plan"], 0).contains("V2"));
    ends(&["baseline", "--at", "launch", "--dry-run"], 1);
    ends(&["adopt", "--from", "surql", "--at", "launch", "--dry-run"], 1);
    for words in [&["up", "--to", "lunch"][..], &["undo", "--to", "app=0", "--plan"], &["log", "--of", "lunch"]] {
        let ran = run(&server, dir.path(), &[words, &["--ns", "acme", "--db", "eu"]].concat());
        assert!(ran.code == 2 && ran.stderr.contains("neither a version of app nor one of its tags"), "{ran:?}");
    }
}
