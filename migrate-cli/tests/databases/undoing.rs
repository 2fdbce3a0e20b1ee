//! `undo` and `restore`: what is printed, what has to be approved, what comes back.

use serde_json::json;

use crate::server::Server;
use crate::{V1, V2, folder, folder_of, json, run};

const EU: [&str; 4] = ["--ns", "acme", "--db", "eu"];

/// A database with both migrations and one row that has a value for what the second defines.
fn with_a_row(server: &Server, dir: &std::path::Path) {
    assert_eq!(run(server, dir, &[&["up"][..], &EU].concat()).code, 0);
    server.rows("acme/eu", "CREATE user:1 SET email = 'a@b.c', bio = 'x'");
}

#[test]
fn an_undo_is_planned_then_approved_then_done_and_what_went_is_restored() {
    let (server, dir) = (Server::start(), folder());
    with_a_row(&server, dir.path());
    let undo = |words: &[&str]| json(&server, dir.path(), &[&["undo"][..], &EU, words].concat());

    let before = server.everything();
    let (code, plan) = undo(&["--to", "app=1", "--plan"]);
    assert_eq!((code, &plan["report"], &plan["plan"]["safety"]), (0, &json!(null), &json!("data_loss")), "{plan}");
    assert_eq!(plan["plan"]["steps"][0]["goes"], json!([{ "object": "field user.bio", "rows": 1 }]), "{plan}");
    let (code, refused) = undo(&["--to", "1"]);
    assert_eq!((code, &refused["error"]["kind"]), (1, &json!("not_approved")), "{refused}");
    assert_eq!(refused["plan"]["steps"].as_array().unwrap().len(), 1);
    let shown = run(&server, dir.path(), &[&["undo"][..], &EU, &["--last", "1"]].concat());
    assert!(shown.code == 1 && shown.stdout.contains("1. app V2__bio   DATA_LOSS"), "{shown:?}");
    assert!(shown.stdout.contains("nothing was undone") && shown.stdout.contains("--approve data-loss"), "{shown:?}");
    assert_eq!(server.everything(), before);

    let beside = tempfile::tempdir().unwrap();
    let export = beside.path().join("export");
    let export = export.to_str().unwrap();
    let (code, undone) = undo(&["--to", "app=1", "--approve", "data-loss", "--export", export]);
    assert_eq!((code, &undone["report"]["undone"][0]["version"]), (0, &json!(2)), "{undone}");
    assert_eq!(undone["report"]["exported"]["tables"][0]["rows"], 1, "{undone}");
    assert_eq!(server.rows("acme/eu", "SELECT * FROM user"), json!([{ "id": "user:1", "email": "a@b.c" }]));
    let (code, status) = json(&server, dir.path(), &[&["status"][..], &EU].concat());
    assert_eq!((code, &status["pending"]), (3, &json!(1)), "{status}");

    let restore = |directory: &str| json(&server, dir.path(), &[&["restore", directory][..], &EU].concat());
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU].concat()).code, 0);
    let (code, restored) = restore(export);
    assert_eq!((code, &restored["tables"][0]["written"]), (0, &json!(1)), "{restored}");
    assert_eq!(server.rows("acme/eu", "SELECT VALUE bio FROM user"), json!(["x"]));
    assert_eq!(restore(export).1["tables"][0]["left"], 1);
    let (code, error) = restore("no-such-directory");
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("restore")), "{error}");
    // It holds a file already.
    let (code, error) = undo(&["--last", "1", "--approve", "data-loss", "--export", export]);
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("export")), "{error}");
}

#[test]
fn everything_of_a_module_goes_and_nothing_is_left_to_undo() {
    let (server, dir) = (Server::start(), folder());
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU].concat()).code, 0);
    let undo = |words: &[&str]| run(&server, dir.path(), &[&["undo"][..], &EU, words].concat());
    let undone = undo(&["--all-of", "app", "--approve", "unsafe"]);
    assert!(undone.code == 0 && undone.stdout.contains("acme/eu: 2 migrations undone"), "{undone:?}");
    assert_eq!(server.rows("acme/eu", "SELECT VALUE status FROM _migrations"), json!(["rolled_back", "rolled_back"]));
    let nothing = undo(&["--last", "3"]);
    assert!(nothing.code == 0 && nothing.stdout.contains("nothing to undo"), "{nothing:?}");
}

#[test]
fn only_down_files_are_run_where_that_is_said() {
    let (server, dir) = (Server::start(), folder());
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU].concat()).code, 0);
    let down = ["--to", "1", "--down-files-only", "--approve", "data-loss"];
    let (code, error) = json(&server, dir.path(), &[&["undo"][..], &EU, &down].concat());
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("not_explicit")), "{error}");
    let down_file = ("V2__bio.down.surql", "REMOVE FIELD bio ON user;\n");
    let explicit = folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2), down_file]);
    let (code, undone) = json(&server, explicit.path(), &[&["undo"][..], &EU, &down].concat());
    assert_eq!((code, &undone["plan"]["steps"][0]["source"]), (0, &json!("explicit")), "{undone}");
}

#[test]
fn an_undo_of_what_is_not_there_or_of_more_than_one_database_is_refused() {
    let (server, dir) = (Server::start(), folder());
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU, &["--db", "us"]].concat()).code, 0);
    let before = server.everything();
    let undo = |words: &[&str]| json(&server, dir.path(), &[&["undo"], words].concat());
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--all-in", "acme", "--to", "1"], 2, "usage"),
        (&["--ns", "acme", "--db", "eu", "--db", "us", "--last", "1"], 2, "usage"),
        (&["--ns", "acme", "--db", "absent", "--last", "1"], 1, "absent"),
        (&["--ns", "acme", "--db", "eu", "--to", "other=1"], 1, "no_such_module"),
        (&["--ns", "acme", "--db", "eu", "--to", "7"], 1, "no_such_version"),
    ];
    for (words, code, kind) in cases {
        let (ended, error) = undo(words);
        assert_eq!((ended, &error["error"]["kind"]), (code, &json!(kind)), "{words:?}: {error}");
    }
    let lines: [&[&str]; 5] = [
        &[],
        &["--to", "1", "--last", "1"],
        &["--to", "none"],
        &["--last", "0"],
        &["--to", "1", "--approve", "everything"],
    ];
    for words in lines {
        let ran = run(&server, dir.path(), &[&["undo"][..], &EU, words].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words:?}: {ran:?}");
    }
    assert_eq!(server.everything(), before);
    let help = run(&server, dir.path(), &["undo", "--help"]);
    assert!(
        help.stdout.starts_with("Undoes migrations of one database") && help.stdout.contains("data-loss"),
        "{help:?}"
    );
}

#[test]
fn an_undo_that_failed_is_listed_with_the_way_out() {
    let down = "REMOVE FIELD bio ON user;\nIF (SELECT VALUE id FROM user) { THROW 'not today' };\n";
    let files = [("V1__users.surql", V1), ("V2__bio.surql", V2), ("V2__bio.down.surql", down)];
    let (server, dir) = (Server::start(), folder_of(&files));
    with_a_row(&server, dir.path());
    let (code, error) =
        json(&server, dir.path(), &[&["undo"][..], &EU, &["--last", "1", "--approve", "unsafe"]].concat());
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("failed")), "{error}");
    let (code, list) = json(&server, dir.path(), &[&["list"][..], &EU, &["--state", "applied"]].concat());
    let second = &list["contexts"][0]["found"]["migrations"][1];
    assert_eq!((code, &second["undo_error"]["statement"]), (0, &json!(2)), "{list}");
    let shown = run(&server, dir.path(), &[&["list"][..], &EU].concat()).stdout;
    assert!(shown.contains("undo       of V2__bio.surql: ") && shown.contains("not today"), "{shown}");
    assert!(shown.contains("way out    its undo failed and was taken back"), "{shown}");

    let (code, status) = json(&server, dir.path(), &[&["status"][..], &EU].concat());
    let undo = &status["statuses"][0]["failed_undos"][0];
    assert_eq!((code, &undo["version"], &undo["left"]), (0, &json!(2), &json!("applied")), "{status}");
    server.rows("acme/eu", "UPDATE _migrations:['app', 2] SET status = 'started'");
    let shown = run(&server, dir.path(), &[&["status"][..], &EU].concat());
    // Whatever line it is broken into.
    let words = shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.code == 1 && words.contains("undo acme/eu: the undo of app V2__bio failed: "), "{shown:?}");
    assert!(words.contains("not today") && words.contains("`list` tells the ways out"), "{shown:?}");
}
