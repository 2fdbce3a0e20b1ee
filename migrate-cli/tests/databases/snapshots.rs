//! `snapshot` and `compare`: what a schema was, and how two of them differ.

use std::fs;

use serde_json::{Value, json};

use crate::server::Server;
use crate::{folder, json, run};

const EU: [&str; 4] = ["--ns", "acme", "--db", "eu"];

#[test]
fn snapshots_are_taken_listed_shown_exported_and_pruned() {
    let (server, dir, files) = (Server::start(), folder(), tempfile::tempdir().unwrap());
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU].concat()).code, 0);
    let snapshot = |words: &[&str]| json(&server, dir.path(), &[&["snapshot"], words, &EU].concat());
    let stored = || server.rows("acme/eu", "SELECT VALUE record::id(id) FROM _schema_snapshot ORDER BY taken_at");
    let path = |name: &str| files.path().join(name).to_str().unwrap().to_owned();

    let (code, error) = snapshot(&["show"]);
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("no_such_snapshot")), "{error}");
    let (code, taken) = snapshot(&["take"]);
    let first = taken["contexts"][0]["found"]["id"].as_str().unwrap().to_owned();
    assert_eq!((code, stored()), (0, json!([first])), "{taken}");
    server.rows("acme/eu", "DEFINE TABLE extra");
    assert_eq!(snapshot(&["take"]).0, 0);

    let before = server.everything();
    let (code, list) = snapshot(&["list"]);
    let found = |list: &Value| list["contexts"][0]["found"].as_array().unwrap().clone();
    assert_eq!((code, found(&list).len(), &found(&list)[1]["id"]), (0, 2, &json!(first)), "{list}");
    assert_eq!(found(&snapshot(&["list", "-n", "1"]).1).len(), 1);
    let (code, shown) = snapshot(&["show", &first]);
    assert_eq!((code, shown["objects"].as_object().unwrap().len()), (0, 3), "{shown}");
    assert_eq!(snapshot(&["show"]).1["objects"].as_object().unwrap().len(), 4);
    let (code, error) = snapshot(&["show", "01M80H4T4XRW1PY4KTS05T9BBA"]);
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("no_such_snapshot")), "{error}");
    assert_eq!(run(&server, dir.path(), &[&["snapshot", "show", "a b"][..], &EU].concat()).code, 2);
    let table = run(&server, dir.path(), &[&["snapshot", "list"][..], &EU].concat()).stdout;
    assert!(table.contains("app V2") && table.contains("on request"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");

    let (code, exported) = snapshot(&["export", &path("first.json"), "--id", &first]);
    assert_eq!((code, &exported["checksum"]), (0, &found(&list)[1]["checksum"]), "{exported}");
    assert_eq!(snapshot(&["export", &path("now.json")]).0, 0);
    let written = fs::read_to_string(path("now.json")).unwrap();
    assert!(written.contains("table extra"), "{written}");
    let (code, error) = snapshot(&["export", &path("now.json")]);
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("io")), "a file is never written over: {error}");
    assert_eq!(fs::read_to_string(path("now.json")).unwrap(), written);
    assert_eq!(server.everything(), before);

    assert_eq!(run(&server, dir.path(), &[&["snapshot", "prune"][..], &EU].concat()).code, 2);
    let (code, pruned) = snapshot(&["prune", "--keep", "1"]);
    assert_eq!((code, &pruned["contexts"][0]["found"]), (0, &json!({ "removed": 1, "left": 1 })), "{pruned}");
    assert_eq!(snapshot(&["prune", "--days", "1"]).1["contexts"][0]["found"]["removed"], 0);
    for words in [&["take"][..], &["list"], &["prune", "--keep", "1"]] {
        let absent = [&["snapshot"], words, &["--ns", "acme", "--db", "absent"]].concat();
        let (code, absent) = json(&server, dir.path(), &absent);
        assert_eq!((code, &absent["contexts"][0]["kind"]), (1, &json!("absent")), "{absent}");
    }
}

#[test]
fn compare_takes_schemas_from_wherever_they_are() {
    let (server, dir, files) = (Server::start(), folder(), tempfile::tempdir().unwrap());
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU, &["--db", "us"]].concat()).code, 0);
    let file = files.path().join("eu.json");
    let file = file.to_str().unwrap();
    for words in [&["export", file][..], &["take"]] {
        assert_eq!(run(&server, dir.path(), &[&["snapshot"], words, &EU].concat()).code, 0, "{words:?}");
    }
    server.rows("acme/eu", "DEFINE PARAM $limit VALUE 10");
    let before = server.everything();
    let compare = |words: &[&str]| json(&server, dir.path(), &[&["compare"], words, &EU].concat());
    let of_file = format!("file:{file}");
    for same in [["embedded", "app@2"], [&of_file, "newest"], ["live:acme/us", &of_file], ["embedded", "newest"]] {
        let (code, comparison) = compare(&same);
        assert_eq!((code, &comparison["equal"]), (0, &json!(true)), "{same:?}: {comparison}");
    }
    for differ in [["embedded", "live"], ["app@1", "app@2"], ["live:acme/us", "live"], [&of_file, "live"]] {
        let (code, comparison) = compare(&differ);
        assert_eq!((code, &comparison["added"]), (3, &json!(1)), "{differ:?}: {comparison}");
    }
    assert_eq!(compare(&["embedded", "live", "--unmanaged", "param limit"]).0, 0);
    let shown = run(&server, dir.path(), &[&["compare", "app@1", "app@2"][..], &EU].concat());
    assert!(shown.code == 3 && shown.stdout.contains("+ field user.bio"), "{shown:?}");

    fs::write(files.path().join("broken.json"), "{}").unwrap();
    let broken = file.replace("eu.json", "broken.json");
    let cases: [([&str; 2], i32, &str); 6] = [
        (["live", "app@9"], 2, "usage"),
        (["other@1", "live"], 2, "usage"),
        (["live:acme/absent", "live"], 1, "absent"),
        (["file:no-such-file", "live"], 1, "io"),
        ([&format!("file:{broken}"), "live"], 1, "snapshot_unreadable"),
        (["snapshot:01M80H4T4XRW1PY4KTS05T9BBA", "live"], 1, "no_such_snapshot"),
    ];
    for (words, code, kind) in cases {
        let (ended, error) = compare(&words);
        assert_eq!((ended, &error["error"]["kind"]), (code, &json!(kind)), "{words:?}: {error}");
    }
    let nonsense = run(&server, dir.path(), &[&["compare", "live", "yesterday"][..], &EU].concat());
    assert!(nonsense.code == 2 && nonsense.stderr.contains("MODULE@VERSION"), "{nonsense:?}");
    assert_eq!(server.everything(), before);
}
