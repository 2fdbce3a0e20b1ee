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

#[test]
fn thresholds_say_from_where_on_a_validation_warns() {
    let index = ("V2__by_mail.surql", "-- migrate: allow(M424) it is small\nDEFINE INDEX mail ON user FIELDS email;\n");
    let slow = ("V3__slow.surql", "LET $pause = sleep(1500ms);\n");
    let (server, dir) = (Server::start(), folder_of(&[("V1__users.surql", V1), index, slow]));
    let command = |words: &[&str]| json(&server, dir.path(), &[words, &EU].concat());
    let codes = |words: &[&str]| -> (i32, Vec<String>) {
        let (code, validation) = command(&[&["validate"][..], words].concat());
        let findings = validation["validations"][0]["findings"].as_array().unwrap();
        (code, findings.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect())
    };
    assert_eq!(command(&["up", "--to", "1"]).0, 0);
    server.rows("acme/eu", "INSERT INTO user [{ email: 'a' }, { email: 'b' }, { email: 'c' }]");
    assert_eq!(codes(&[]), (0, vec![]));
    assert_eq!(codes(&["--warn-rows", "2"]), (3, vec!["index_build".to_owned()]));
    assert_eq!(codes(&["--warn-rows", "3"]), (0, vec![]));
    assert_eq!(codes(&["--warn-slow", "0.5"]), (3, vec!["slow".to_owned()]));
    assert_eq!(codes(&["--warn-statements", "0"]).1, ["many_statements", "many_statements"]);
    assert!(codes(&["--try-for", "0.2"]).1.contains(&"timed_out".to_owned()));

    // The same where they are a condition.
    let (code, report) = command(&["up", "--validate", "--warn-rows", "2"]);
    assert_eq!((code, &report["failures"][0]["kind"]), (1, &json!("invalid")), "{report}");
    let alone = run(&server, dir.path(), &[&["up"][..], &EU, &["--warn-rows", "2"]].concat());
    assert!(alone.code == 2 && alone.stderr.contains("--validate"), "{alone:?}");
    assert_eq!(command(&["up", "--validate", "--warn-rows", "3"]).0, 0);
}

#[test]
fn as_many_rows_in_the_way_are_named_as_were_asked_for() {
    let narrow =
        "-- migrate: allow(M301) tried first\nDEFINE FIELD OVERWRITE email ON user TYPE string ASSERT $value != '';\n";
    let (server, dir) = (Server::start(), folder_of(&[("V1__users.surql", V1), ("V2__narrow.surql", narrow)]));
    let command = |words: &[&str]| json(&server, dir.path(), &[words, &EU].concat());
    assert_eq!(command(&["up", "--to", "1"]).0, 0);
    server.rows("acme/eu", "INSERT INTO user [{ email: '' }, { email: '' }, { email: '' }]");
    let examples = |words: &[&str]| {
        let (_, validation) = command(&[&["validate"][..], words].concat());
        let findings = validation["validations"][0]["findings"].as_array().unwrap();
        let found =
            findings.iter().find(|one| one["code"] == "refused_values").unwrap_or_else(|| panic!("{validation}"));
        found["rows"]["examples"].as_array().unwrap().len()
    };
    assert_eq!((examples(&[]), examples(&["--examples", "1"])), (3, 1));
}
