//! `list`, `validate`, and what `up` has of it: what is known before anything is applied, and how far to go.

use serde_json::{Value, json};

use crate::server::Server;
use crate::{V1, V2, folder, folder_of, json, run};

const EU: [&str; 4] = ["--ns", "acme", "--db", "eu"];

#[test]
fn list_shows_where_each_migration_stands() {
    let (server, dir) = (Server::start(), folder());
    let one = folder_of(&[("V1__users.surql", V1)]);
    assert_eq!(run(&server, one.path(), &[&["up"][..], &EU].concat()).code, 0);
    let list = |words: &[&str]| {
        let (code, list) = json(&server, dir.path(), &[&["list"][..], &EU, words].concat());
        let migrations = list["contexts"][0]["found"]["migrations"].as_array().unwrap();
        let stands = |one: &Value| format!("{} {}", one["version"], one["status"].as_str().unwrap());
        (code, migrations.iter().map(stands).collect::<Vec<_>>())
    };
    assert_eq!(list(&[]), (0, vec!["1 applied".to_owned(), "2 pending".to_owned()]));
    assert_eq!(list(&["--state", "pending"]).1, ["2 pending"]);
    assert_eq!(list(&["--state", "applied", "--state", "failed"]).1, ["1 applied"]);
    assert_eq!(list(&["--module", "other"]).1, Vec::<String>::new());
    let unknown = run(&server, dir.path(), &[&["list"][..], &EU, &["--state", "lost"]].concat());
    assert!(unknown.code == 2 && unknown.stderr.contains("rolled_back"), "{unknown:?}");

    let (code, absent) = json(&server, dir.path(), &["list", "--ns", "acme", "--db", "absent"]);
    assert_eq!((code, &absent["contexts"][0]["found"]["presence"]), (1, &json!("absent")), "{absent}");

    // It fails, and the ways out are told.
    server.rows("acme/eu", "DEFINE FIELD bio ON user TYPE int");
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU].concat()).code, 1);
    let shown = run(&server, dir.path(), &[&["list"][..], &EU].concat());
    assert!(shown.stdout.contains("app V2__bio") && shown.stdout.contains("way out"), "{shown:?}");
    assert!(shown.stdout.contains("already exists"), "{shown:?}");
    assert!(shown.stdout.lines().all(|line| line.chars().count() <= 80), "{shown:?}");
}

#[test]
fn validate_tells_what_would_fail_and_up_is_kept_from_it() {
    let allow = "-- migrate: allow(M301) nobody writes yet\n-- migrate: allow(M424) it is small\n";
    let unique = format!("{allow}DEFINE INDEX email ON user FIELDS email UNIQUE;\n");
    let unique = ("V2__unique.surql", unique.as_str());
    let (server, dir) = (Server::start(), folder_of(&[("V1__users.surql", V1), unique]));
    let command = |words: &[&str]| json(&server, dir.path(), &[words, &EU].concat());
    let (code, report) = command(&["up", "--to", "1"]);
    assert_eq!((code, &report["migrated"]), (0, &json!(1)), "{report}");
    server.query("USE NS acme DB eu; CREATE user:1 SET email = 'a@b.c'; CREATE user:2 SET email = 'a@b.c';");

    let before = server.everything();
    let (code, validation) = command(&["validate"]);
    assert_eq!((code, &validation["fail"]), (1, &json!(1)), "{validation}");
    let codes: Vec<_> =
        validation["validations"][0]["findings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert!(codes.contains(&&json!("duplicate_values")), "{validation}");
    let shown = run(&server, dir.path(), &[&["validate"][..], &EU].concat());
    assert!(shown.code == 1 && shown.stdout.contains("error[duplicate_values]"), "{shown:?}");
    for words in [&["up", "--validate"][..], &["up", "--validate", "--force"]] {
        let (code, report) = command(words);
        assert_eq!((code, &report["failures"][0]["kind"]), (1, &json!("invalid")), "{report}");
    }
    assert_eq!(server.everything(), before);

    server.query("USE NS acme DB eu; DELETE user;");
    let (code, validation) = command(&["validate"]);
    assert_eq!((code, &validation["pass"]), (0, &json!(1)), "{validation}");
    assert_eq!(command(&["validate", "--require-down-files"]).0, 1);
    assert_eq!(command(&["up", "--validate"]).0, 0);
}

#[test]
fn warnings_end_a_validation_with_3_and_are_overruled_by_force_alone() {
    let lower = ("V2__lower.surql", "UPDATE user SET email = string::lowercase(email);\n");
    let (server, dir) = (Server::start(), folder_of(&[("V1__users.surql", V1), lower]));
    let command = |words: &[&str]| json(&server, dir.path(), &[words, &EU].concat());
    assert_eq!(command(&["up", "--to", "app=1"]).0, 0);
    // What the second one writes over cannot be undone.
    let (code, validation) = command(&["validate"]);
    assert_eq!((code, &validation["pass_with_warnings"]), (3, &json!(1)), "{validation}");
    let (code, report) = command(&["up", "--validate"]);
    assert_eq!((code, &report["failures"][0]["kind"]), (1, &json!("invalid")), "{report}");
    let (code, report) = command(&["up", "--validate", "--force"]);
    assert_eq!((code, &report["migrated"]), (0, &json!(1)), "{report}");
    let (_, log) = command(&["log"]);
    assert!(log.to_string().contains("\"forced\""), "{log}");
}

#[test]
fn up_stops_at_a_version_and_refuses_one_that_is_not_there() {
    let (server, dir) = (Server::start(), folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2)]));
    let up = |words: &[&str]| json(&server, dir.path(), &[&["up"][..], &EU, words].concat());
    server.query("USE NS acme DB eu;");
    let (code, plan) = up(&["--to", "1", "--dry-run"]);
    assert_eq!((code, plan["statuses"][0]["migrations"].as_array().unwrap().len()), (0, 1), "{plan}");
    assert_eq!(up(&["--to", "1"]).0, 0);
    assert_eq!(server.rows("acme/eu", "SELECT VALUE version FROM _migrations"), json!([1]));
    for words in [&["--to", "9"][..], &["--to", "other=1"], &["--to", "1", "--to", "2"]] {
        let (code, error) = up(words);
        assert_eq!((code, &error["error"]["kind"]), (2, &json!("usage")), "{words:?}: {error}");
    }
    for words in [&["--force"][..], &["--validate", "--dry-run"], &["--to", "first"]] {
        assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU, words].concat()).code, 2, "{words:?}");
    }
    let (code, report) = up(&[]);
    assert_eq!((code, &report["migrated"]), (0, &json!(1)), "{report}");
}
