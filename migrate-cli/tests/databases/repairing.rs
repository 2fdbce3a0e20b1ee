//! `repair-schema`: the plan, what has to be approved, versions and tags, and what is refused.

use std::fs;

use serde_json::json;

use crate::server::Server;
use crate::{folder, json, run};

const EU: [&str; 4] = ["--ns", "acme", "--db", "eu"];

/// A database with both migrations, a row, and changes by hand.
fn drifted(server: &Server, dir: &std::path::Path) {
    assert_eq!(run(server, dir, &[&["up"][..], &EU].concat()).code, 0);
    let changes = "CREATE user:1 SET email = 'a@b.c'; DEFINE FIELD OVERWRITE email ON user TYPE string COMMENT 'x'; \
        DEFINE FIELD mine ON user TYPE option<int>; UPDATE user:1 SET mine = 7; DEFINE TABLE audit; CREATE audit:1";
    server.rows("acme/eu", changes);
}

#[test]
fn a_schema_is_planned_approved_repaired_and_then_in_sync() {
    let (server, dir) = (Server::start(), folder());
    drifted(&server, dir.path());
    let repair = |words: &[&str]| json(&server, dir.path(), &[&["repair-schema"][..], &EU, words].concat());

    let before = server.everything();
    let (code, plan) = repair(&["--plan"]);
    assert_eq!((code, &plan["report"], &plan["plan"]["safety"]), (3, &json!(null), &json!("data_loss")), "{plan}");
    assert_eq!(plan["plan"]["strangers"], json!(["table audit"]), "{plan}");
    assert_eq!(plan["plan"]["losses"][0]["reason"], "field user.mine goes, and 1 record has a value in it", "{plan}");
    let (code, refused) = repair(&[]);
    assert_eq!((code, &refused["error"]["kind"]), (1, &json!("not_approved")), "{refused}");
    let shown = run(&server, dir.path(), &[&["repair-schema"][..], &EU].concat());
    assert!(shown.code == 1 && shown.stdout.contains("1. REMOVE FIELD IF EXISTS mine ON `user`;"), "{shown:?}");
    assert!(shown.stdout.contains("nothing was done") && shown.stdout.contains("--approve data-loss"), "{shown:?}");
    assert_eq!(server.everything(), before);

    let (code, done) = repair(&["--force"]);
    assert_eq!(
        (code, &done["report"]["statements"], &done["report"]["ledger_rows"]),
        (0, &json!(3), &json!(0)),
        "{done}"
    );
    assert_eq!(done["report"]["checksum"], done["plan"]["checksum"], "{done}");
    assert_eq!(server.rows("acme/eu", "SELECT * FROM user"), json!([{ "id": "user:1", "email": "a@b.c" }]));
    assert_eq!(server.rows("acme/eu", "SELECT VALUE id FROM audit"), json!(["audit:1"]));
    let drift = [&["drift"][..], &EU, &["--unmanaged", "audit"]].concat();
    assert_eq!(run(&server, dir.path(), &drift).code, 0);
    let again = run(&server, dir.path(), &[&["repair-schema"][..], &EU].concat());
    assert!(again.code == 0 && again.stdout.contains("the schema is what it should be"), "{again:?}");
    assert_eq!(repair(&["--plan"]).0, 0);
    let (_, log) = json(&server, dir.path(), &[&["log"][..], &EU].concat());
    let last = log["contexts"][0]["found"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["event"], &last["checksum"]), (&json!("schema_repaired"), &done["plan"]["checksum"]), "{log}");
    let shown = run(&server, dir.path(), &[&["log"][..], &EU].concat());
    assert!(shown.code == 0 && shown.stdout.contains("schema_repaired"), "{shown:?}");
}

#[test]
fn a_database_without_a_history_is_brought_to_a_version_or_a_tag_and_recorded_there() {
    let (server, dir) = (Server::start(), folder());
    fs::write(dir.path().join("migrations.toml"), "module = \"app\"\n[tags]\n\"release-1\" = 1\n").unwrap();
    server.rows("acme/eu", "DEFINE TABLE user SCHEMALESS; CREATE user:1 SET email = 'a@b.c'");
    let repair = |words: &[&str]| json(&server, dir.path(), &[&["repair-schema"][..], &EU, words].concat());
    let (code, error) = repair(&[]);
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("impossible")), "{error}");
    assert!(error["error"]["message"].as_str().unwrap().contains("nothing is recorded here"), "{error}");
    let (code, done) = repair(&["--to", "app=release-1"]);
    assert_eq!((code, &done["report"]["versions"]), (0, &json!([{ "module": "app", "version": 1 }])), "{done}");
    assert_eq!(done["plan"]["ledger"][0]["becomes"], "applied", "{done}");
    let (code, done) = repair(&["--to", "V2"]);
    assert_eq!((code, &done["report"]["ledger_rows"]), (0, &json!(1)), "{done}");
    assert_eq!(run(&server, dir.path(), &[&["status"][..], &EU].concat()).code, 0);
    assert_eq!(run(&server, dir.path(), &[&["drift"][..], &EU].concat()).code, 0);
    let shown =
        run(&server, dir.path(), &[&["repair-schema"][..], &EU, &["--to", "1", "--approve", "unsafe"]].concat());
    assert!(shown.code == 0 && shown.stdout.contains("ledger   app V2__bio: applied → rolled_back"), "{shown:?}");
    assert_eq!(run(&server, dir.path(), &[&["status"][..], &EU].concat()).code, 3);
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let (server, dir) = (Server::start(), folder());
    assert_eq!(run(&server, dir.path(), &[&["up"][..], &EU, &["--db", "us"]].concat()).code, 0);
    let before = server.everything();
    let repair = |words: &[&str]| json(&server, dir.path(), &[&["repair-schema"], words].concat());
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--all-in", "acme"], 2, "usage"),
        (&["--ns", "acme", "--db", "eu", "--db", "us"], 2, "usage"),
        (&["--ns", "acme", "--db", "absent"], 1, "absent"),
        (&["--ns", "acme", "--db", "eu", "--to", "other=1"], 2, "usage"),
        (&["--ns", "acme", "--db", "eu", "--to", "7"], 2, "usage"),
        (&["--ns", "acme", "--db", "eu", "--to", "no-such-tag"], 2, "usage"),
    ];
    for (words, code, kind) in cases {
        let (ended, error) = repair(words);
        assert_eq!((ended, &error["error"]["kind"]), (code, &json!(kind)), "{words:?}: {error}");
    }
    for words in [&["--approve", "everything"][..], &["--approve", "unsafe", "--force"]] {
        let ran = run(&server, dir.path(), &[&["repair-schema"][..], &EU, words].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words:?}: {ran:?}");
    }
    assert_eq!(server.everything(), before);
    let help = run(&server, dir.path(), &["repair-schema", "--help"]);
    assert!(help.stdout.starts_with("Brings the schema of one database") && help.stdout.contains("--plan"), "{help:?}");
    server.rows("acme/eu", "UPDATE _migrations:['app', 2] SET status = 'ready_to_complete'");
    let shown = run(&server, dir.path(), &[&["repair-schema"][..], &EU].concat());
    assert!(shown.code == 1 && shown.stderr.contains("bring it to its end or take it back first"), "{shown:?}");
}
