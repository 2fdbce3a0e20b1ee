//! Exit codes: each that a command over databases can end with, by what brings it about.

use std::path::Path;

use crate::server::Server;
use crate::{V1, V2, folder_of, program, ran, run};

const EU: [&str; 4] = ["--ns", "acme", "--db", "eu"];
const NOWHERE: [&str; 4] = ["--ns", "nowhere", "--db", "absent"];

const PHASED: &str = "[[step]]\nid = \"add\"\nphase = \"start\"\nsql = 'DEFINE FIELD age ON user TYPE option<int>'\n\n\
                      [[step]]\nid = \"drop\"\nphase = \"complete\"\nsql = 'REMOVE FIELD bio ON user'\n";

#[test]
fn each_command_over_databases_ends_with_the_code_that_says_how() {
    let server = Server::start();
    let one = folder_of(&[("V1__users.surql", V1)]);
    let two = folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2)]);
    let rows = folder_of(&[("V1__users.surql", V1), ("V2__low.surql", "UPDATE user SET email = 'a';\n")]);
    let fails = folder_of(&[("V1__users.surql", V1), ("V2__fails.surql", "CREATE user:1;\nCREATE user:1;\n")]);
    let phased = folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2), ("V3__age.toml", PHASED)]);
    let files = tempfile::tempdir().unwrap();
    let (file, export) = (files.path().join("eu.json"), files.path().join("export"));
    let (file, export) = (file.to_str().unwrap(), export.to_str().unwrap());
    let file_side = format!("file:{file}");
    let ends = |dir: &Path, words: &[&str], selection: &[&str], code: i32| {
        let ran = run(&server, dir, &[words, selection].concat());
        assert_eq!(ran.code, code, "{words:?} {selection:?}: {ran:?}");
        assert!(!ran.stdout.is_empty(), "what was found is told in any case, {words:?}: {ran:?}");
    };
    let (one, two, rows, fails, phased) = (one.path(), two.path(), rows.path(), fails.path(), phased.path());

    ends(two, &["up", "--dry-run"], &EU, 0);
    ends(one, &["up"], &EU, 0);
    ends(one, &["status"], &EU, 0);
    ends(two, &["status"], &EU, 3);
    ends(two, &["validate"], &EU, 0);
    ends(rows, &["validate"], &EU, 3);
    ends(fails, &["validate"], &EU, 1);
    ends(fails, &["up"], &EU, 1);
    ends(rows, &["up", "--validate"], &EU, 1);
    server.rows("acme/eu", "DELETE _migrations:['app', 2]");
    ends(two, &["up", "--validate", "--warn-rows", "7"], &EU, 0);
    ends(two, &["list"], &EU, 0);
    ends(two, &["log"], &EU, 0);
    ends(two, &["lease"], &EU, 0);
    ends(two, &["live"], &EU, 0);
    ends(two, &["drift"], &EU, 0);
    ends(two, &["snapshot", "take"], &EU, 0);
    ends(two, &["snapshot", "list"], &EU, 0);
    ends(two, &["snapshot", "show"], &EU, 0);
    ends(two, &["snapshot", "export", file], &EU, 0);
    ends(two, &["snapshot", "prune", "--keep", "1"], &EU, 0);
    ends(two, &["compare", "embedded", "live"], &EU, 0);
    ends(two, &["compare", "app@1", "live"], &EU, 3);
    ends(two, &["compare", &file_side, "live"], &EU, 0);
    ends(two, &["baseline", "--dry-run"], &EU, 1);
    server.query(&format!("USE NS acme DB bare; {V1}"));
    ends(two, &["baseline", "--dry-run"], &["--ns", "acme", "--db", "bare"], 0);
    ends(two, &["baseline"], &["--ns", "acme", "--db", "bare"], 0);
    ends(two, &["adopt", "--from", "surql", "--dry-run"], &EU, 1);
    ends(two, &["undo", "--to", "1", "--plan"], &EU, 0);
    ends(two, &["undo", "--to", "1"], &EU, 1);
    ends(two, &["undo", "--to", "1", "--approve", "data-loss", "--export", export], &EU, 0);
    ends(two, &["up"], &EU, 0);
    ends(two, &["restore", export], &EU, 0);
    ends(two, &["replicas", "--in", "ops/system"], &[], 0);
    server.rows("acme/eu", "DEFINE FIELD strange ON user TYPE option<int>");
    ends(two, &["drift"], &EU, 3);
    ends(phased, &["up"], &EU, 0);
    ends(phased, &["rollout", "status", "3"], &EU, 3);
    ends(phased, &["rollout", "rollback", "3"], &EU, 0);
}

#[test]
fn what_is_not_there_and_is_asked_about_or_written_to_ends_with_1() {
    let (server, two) = (Server::start(), crate::folder());
    let two = two.path();
    let about_what_is_there: [&[&str]; 17] = [
        &["status"],
        &["list"],
        &["log"],
        &["lease"],
        &["live"],
        &["drift"],
        &["compare", "embedded", "live"],
        &["compare", "newest", "embedded"],
        &["compare", "file:no/such.json", "embedded"],
        &["snapshot", "take"],
        &["snapshot", "list"],
        &["snapshot", "show"],
        &["snapshot", "export", "no/such/folder.json"],
        &["snapshot", "prune", "--keep", "1"],
        &["baseline"],
        &["undo", "--to", "1"],
        &["adopt", "--from", "surql"],
    ];
    for words in about_what_is_there {
        let ran = run(&server, two, &[words, &NOWHERE].concat());
        assert_eq!(ran.code, 1, "{words:?}: {ran:?}");
    }
    let restored = run(&server, two, &[&["restore", "no-such-export"][..], &EU].concat());
    assert_eq!(restored.code, 1, "{restored:?}");
    assert_eq!(ran(program(two).args(["replicas", "--url", "ws://127.0.0.1:1", "--wait", "0"])).code, 1);
}

#[test]
fn what_cannot_be_understood_ends_with_2_and_says_so_on_standard_error() {
    let (server, two) = (Server::start(), crate::folder());
    let two = two.path();
    let mistakes: [&[&str]; 20] = [
        &["status", "--all-in"],
        &["up", "--canary", "a"],
        &["up", "--warn-rows", "7"],
        &["up", "--validate", "--dry-run"],
        &["validate", "--warn-slow", "soon"],
        &["list", "--state", "lost"],
        &["undo"],
        &["undo", "--to", "1", "--last", "1"],
        &["restore"],
        &["drift", "--against", "nothing"],
        &["compare", "live"],
        &["compare", "live", "acme"],
        &["snapshot"],
        &["snapshot", "show", "a b"],
        &["snapshot", "prune"],
        &["baseline", "--at", "0"],
        &["adopt"],
        &["log", "-n", "some"],
        &["replicas", "--in", "ops"],
        &["rollout", "pause"],
    ];
    for words in mistakes {
        let ran = run(&server, two, &[words, &EU].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words:?}: {ran:?}");
    }
    // Nothing is selected, and nobody says where the database is.
    for words in [&["status"][..], &["up"], &["validate"], &["drift"], &["log"], &["lease"], &["live"], &["list"]] {
        let ran = run(&server, two, words);
        assert!(ran.code == 2 && ran.stderr.contains("--all-in NAMESPACE"), "{words:?}: {ran:?}");
        let ran = crate::ran(program(two).args(words).args(EU));
        assert!(ran.code == 2 && ran.stderr.contains("--url"), "{words:?}: {ran:?}");
    }
}
