//! `rollout`: where a phased migration stands, its completion, and its way back.

use serde_json::json;

use crate::server::Server;
use crate::{V1, V2, folder_of, json, run};

const PHASED: &str = r#"
[[step]]
id = "add_mail"
phase = "start"
sql = 'DEFINE FIELD mail ON user TYPE option<string>'

[[step]]
id = "fill_mail"
phase = "start"
backfill = { table = "user", where = "mail IS NONE", set = "mail = email", batch = 100 }

[[step]]
id = "remove_bio"
phase = "complete"
sql = 'REMOVE FIELD bio ON user'
"#;
const ALL: [&str; 2] = ["--all-in", "acme"];

/// Two databases with a row each, in which the phased migration is started by a new binary.
fn started(server: &Server) -> tempfile::TempDir {
    let old = folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2)]);
    let both = ["--ns", "acme", "--db", "eu", "--db", "us"];
    assert_eq!(run(server, old.path(), &[&["up"][..], &both].concat()).code, 0);
    for context in ["acme/eu", "acme/us"] {
        server.rows(context, "CREATE user:1 SET email = 'a@b.c'");
    }
    let dir = folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2), ("V3__mail.toml", PHASED)]);
    assert_eq!(run(server, dir.path(), &[&["up"][..], &both].concat()).code, 0);
    dir
}

#[test]
fn a_phased_migration_is_looked_at_completed_and_then_has_no_way_back() {
    let server = Server::start();
    let dir = started(&server);
    let rollout = |words: &[&str]| json(&server, dir.path(), &[&["rollout"][..], words, &ALL].concat());
    let before = server.everything();
    let (code, status) = rollout(&["status", "app=3"]);
    let standing = |status: &serde_json::Value| {
        let contexts = status["contexts"].as_array().unwrap().iter();
        contexts.map(|one| one["found"]["state"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((code, standing(&status)), (3, vec![json!("ready_to_complete"); 2]), "{status}");
    assert_eq!(status["contexts"][0]["found"]["legal"], json!(["complete", "rollback"]), "{status}");
    assert_eq!(server.everything(), before, "it only looks");

    let (code, completed) = rollout(&["complete", "3"]);
    assert_eq!((code, standing(&completed)), (0, vec![json!("applied"); 2]), "{completed}");
    let row = json!([{ "id": "user:1", "email": "a@b.c", "mail": "a@b.c" }]);
    assert_eq!(server.rows("acme/us", "SELECT * FROM user"), row);
    assert_eq!(rollout(&["status", "3"]).0, 0);
    let (code, refused) = rollout(&["rollback", "3"]);
    assert_eq!((code, &refused["contexts"][0]["kind"]), (1, &json!("illegal_move")), "{refused}");
    assert_eq!(rollout(&["repair", "3"]).1["contexts"][0]["found"]["concluded"]["concluded"], "nothing_to_do");
}

#[test]
fn a_start_is_taken_back_in_one_database_and_left_in_the_other() {
    let server = Server::start();
    let dir = started(&server);
    let eu = ["--ns", "acme", "--db", "eu"];
    let shown = run(&server, dir.path(), &[&["rollout", "rollback", "app=3"][..], &eu].concat());
    assert!(shown.code == 0 && shown.stdout.contains("acme/eu   app V3__mail is rolled back"), "{shown:?}");
    assert_eq!(server.rows("acme/eu", "SELECT * FROM user"), json!([{ "id": "user:1", "email": "a@b.c" }]));
    let shown = run(&server, dir.path(), &[&["rollout", "status", "3"][..], &ALL].concat());
    assert!(shown.code == 3 && shown.stdout.contains("acme/us   app V3__mail is ready to complete"), "{shown:?}");
    assert!(shown.stdout.contains("possible: `complete`,"), "{shown:?}");
}

#[test]
fn what_is_not_phased_not_there_or_not_said_is_refused() {
    let server = Server::start();
    let dir = started(&server);
    let before = server.everything();
    let cases: [(&[&str], i32, &str); 4] = [
        (&["status", "app=2"], 1, "not_phased"),
        (&["complete", "other=3"], 1, "no_such_module"),
        (&["complete", "9"], 1, "no_such_version"),
        (&["status", "3", "--ns", "acme", "--db", "absent"], 1, "absent"),
    ];
    for (words, code, kind) in cases {
        let of = if words.contains(&"--ns") { &[][..] } else { &ALL[..] };
        let (ended, told) = json(&server, dir.path(), &[&["rollout"][..], words, of].concat());
        assert_eq!((ended, &told["contexts"][0]["kind"]), (code, &json!(kind)), "{words:?}: {told}");
    }
    assert_eq!(run(&server, dir.path(), &[&["rollout", "complete"][..], &ALL].concat()).code, 2);
    assert_eq!(server.everything(), before);
    let help = run(&server, dir.path(), &["rollout", "complete", "--help"]);
    assert!(help.stdout.starts_with("Completes it in each database"), "{help:?}");
}
