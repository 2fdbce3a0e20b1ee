//! `rollout`: a phased migration is started, looked at, completed, taken back and paused, over a fleet.

use serde_json::{Value, json};

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
const REPLICAS: [&str; 2] = ["--replicas-in", "ops/system"];
const BOTH: [&str; 6] = ["--ns", "acme", "--db", "eu", "--db", "us"];

/// Two databases with a row each, written by the binary of before, and the folder with the phased migration.
fn written(server: &Server) -> tempfile::TempDir {
    let old = folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2)]);
    assert_eq!(run(server, old.path(), &[&["up"][..], &BOTH].concat()).code, 0);
    for context in ["acme/eu", "acme/us"] {
        server.rows(context, "CREATE user:1 SET email = 'a@b.c'");
    }
    folder_of(&[("V1__users.surql", V1), ("V2__bio.surql", V2), ("V3__mail.toml", PHASED)])
}

/// The same, with the phased migration started by a new binary.
fn started(server: &Server) -> tempfile::TempDir {
    let dir = written(server);
    assert_eq!(run(server, dir.path(), &[&["up"][..], &BOTH].concat()).code, 0);
    dir
}

/// What a replica with the module at a version writes when it joins.
fn joins(server: &Server, id: &str, version: u64) {
    let chain = format!("sha256:{}", "0".repeat(64));
    let row = format!(
        "UPSERT _migration_replica:{id} SET replica = '{id}', binary = 'notes', process = 1, host = 'pod-{id}', \
         modules = {{ app: {{ version: {version}, chain: '{chain}' }} }}, started_at = time::now(), \
         seen_at = time::now(), expires_at = time::now() + 1h"
    );
    server.rows("ops/system", &row);
}

fn standing(status: &Value) -> Vec<Value> {
    status["contexts"].as_array().unwrap().iter().map(|one| one["found"]["state"].clone()).collect()
}

#[test]
fn a_phased_migration_is_looked_at_completed_and_then_has_no_way_back() {
    let server = Server::start();
    let dir = started(&server);
    joins(&server, "new", 3);
    let rollout = |words: &[&str]| json(&server, dir.path(), &[&["rollout"][..], words, &ALL, &REPLICAS].concat());
    let before = server.everything();
    let (code, status) = rollout(&["status", "app=3"]);
    assert_eq!((code, standing(&status)), (3, vec![json!("ready_to_complete"); 2]), "{status}");
    assert_eq!(status["contexts"][0]["found"]["legal"], json!(["complete", "rollback"]), "{status}");
    assert_eq!(status["states"], json!([{ "state": "ready_to_complete", "step": null, "contexts": 2 }]), "{status}");
    let (code, every) = rollout(&["status"]);
    assert_eq!((code, &every["rollouts"][0]), (3, &status), "{every}");
    assert_eq!(server.everything(), before, "it only looks");

    let (code, completed) = rollout(&["complete", "3", "--canary", "1", "--concurrency", "2", "--failure-budget", "1"]);
    assert_eq!((code, &completed["moved"], &completed["overrides"]), (0, &json!(2), &json!([])), "{completed}");
    assert_eq!(completed["outcomes"][1]["state"], "applied", "{completed}");
    let row = json!([{ "id": "user:1", "email": "a@b.c", "mail": "a@b.c" }]);
    assert_eq!(server.rows("acme/us", "SELECT * FROM user"), row);
    assert_eq!(rollout(&["status", "3"]).0, 0);
    assert_eq!(rollout(&["complete", "3"]).1["already_there"], 2);
    let (code, refused) = rollout(&["rollback", "3"]);
    assert_eq!((code, &refused["outcomes"][0]["kind"]), (1, &json!("illegal_move")), "{refused}");
    let (code, repaired) = json(&server, dir.path(), &[&["rollout", "repair", "3"][..], &ALL].concat());
    assert_eq!((code, &repaired["contexts"][0]["found"]["concluded"]["concluded"]), (0, &json!("nothing_to_do")));
}

#[test]
fn a_rollout_goes_in_waves_and_says_so() {
    let server = Server::start();
    let dir = started(&server);
    joins(&server, "new", 3);
    let waves = [&["rollout", "complete", "3", "--wave", "1,100%", "--bake", "1"][..], &ALL, &REPLICAS].concat();
    let (code, completed) = json(&server, dir.path(), &waves);
    let wave = |until: usize| json!({ "until": until, "moved": 1, "refused": 0, "not_tried": 0 });
    assert_eq!((code, &completed["waves"]), (0, &json!([wave(1), wave(2)])), "{completed}");
    let shown = run(&server, dir.path(), &[&["rollout", "rollback", "3", "--wave", "half"][..], &ALL].concat());
    assert!(shown.code == 2 && shown.stderr.contains("as in `20` or `5%`, not at `half`"), "{shown:?}");
    let shown = run(&server, dir.path(), &[&["rollout", "complete", "3", "--bake", "1"][..], &ALL].concat());
    assert!(shown.code == 2 && shown.stderr.contains("--wave"), "{shown:?}");
}

#[test]
fn a_start_is_left_run_and_taken_back_in_one_database() {
    let server = Server::start();
    let dir = written(&server);
    let shown = run(&server, dir.path(), &[&["up", "--phased-starts", "leave"][..], &BOTH].concat());
    assert!(shown.code == 0 && shown.stdout.contains("incomplete app V3 is not started   2 contexts"), "{shown:?}");
    let eu = ["--ns", "acme", "--db", "eu"];
    let shown = run(&server, dir.path(), &[&["rollout", "start", "app=3"][..], &ALL].concat());
    assert!(shown.code == 0 && shown.stdout.contains("moved      2 contexts   now ready to complete"), "{shown:?}");
    let shown = run(&server, dir.path(), &[&["rollout", "rollback", "app=3"][..], &eu].concat());
    assert!(shown.code == 0 && shown.stdout.contains("moved      1 context   now rolled back"), "{shown:?}");
    assert_eq!(server.rows("acme/eu", "SELECT * FROM user"), json!([{ "id": "user:1", "email": "a@b.c" }]));
    let shown = run(&server, dir.path(), &[&["rollout", "status", "3"][..], &ALL].concat());
    assert!(shown.code == 3 && shown.stdout.contains("acme/us   app V3__mail is ready to complete"), "{shown:?}");
    assert!(shown.stdout.contains("possible: `complete`,") && shown.stdout.contains("1   rolled back"), "{shown:?}");
    let shown = run(&server, dir.path(), &[&["rollout", "status"][..], &ALL].concat());
    assert!(shown.code == 3 && shown.stdout.contains("app V3__mail  ready to complete"), "{shown:?}");
}

#[test]
fn a_completion_is_refused_while_somebody_is_older_or_nobody_can_tell() {
    let server = Server::start();
    let dir = started(&server);
    let complete =
        |words: &[&str]| json(&server, dir.path(), &[&["rollout", "complete", "3"][..], words, &ALL].concat());
    let (code, refused) = complete(&[]);
    assert_eq!((code, &refused["error"]["kind"]), (1, &json!("unknown_replicas")), "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("--replicas-in"), "{refused}");
    joins(&server, "new", 3);
    joins(&server, "old", 2);
    let (code, refused) = complete(&REPLICAS);
    assert_eq!((code, &refused["error"]["kind"]), (1, &json!("older_replicas")), "{refused}");
    assert_eq!(refused["error"]["replicas"][0]["host"], "pod-old", "{refused}");
    let (code, waited) = complete(&[&REPLICAS[..], &["--when-ready", "--timeout", "1", "--every", "1"]].concat());
    assert_eq!((code, &waited["end"]), (3, &json!("timed_out")), "{waited}");
    assert_eq!(waited["waiting_for"]["kind"], "older_replicas", "{waited}");

    server.rows("ops/system", "DELETE _migration_replica:old");
    let (code, waited) = complete(&[&REPLICAS[..], &["--when-ready"]].concat());
    assert_eq!((code, &waited["end"], &waited["report"]["moved"]), (0, &json!("completed"), &json!(2)), "{waited}");
}

#[test]
fn what_is_overridden_is_told() {
    let server = Server::start();
    let dir = started(&server);
    let eu = ["--ns", "acme", "--db", "eu"];
    let rollout = |words: &[&str], of: &[&str]| json(&server, dir.path(), &[&["rollout"][..], words, of].concat());
    assert_eq!(rollout(&["rollback", "3"], &eu).0, 0);
    let accept = ["complete", "3", "--unknown-replicas", "accept"];
    let (code, refused) = rollout(&accept, &ALL);
    assert_eq!((code, &refused["error"]["kind"]), (1, &json!("not_ready")), "{refused}");
    assert_eq!(refused["error"]["contexts"][0]["database"], "eu", "{refused}");
    let (code, report) = rollout(&[&accept[..], &["--not-ready", "skip"]].concat(), &ALL);
    assert_eq!((code, &report["moved"], &report["not_ready"]), (1, &json!(1), &json!(1)), "{report}");
    assert_eq!(report["overrides"], json!(["unknown_replicas", "not_ready"]), "{report}");
    let begun = "SELECT VALUE overrides FROM _migration_log WHERE event = 'started' AND phase = 'complete'";
    assert_eq!(server.rows("acme/us", begun), json!([["unknown_replicas", "not_ready"]]));
    joins(&server, "old", 2);
    assert_eq!(rollout(&["start", "3"], &eu).0, 0);
    let (code, report) = rollout(&[&["complete", "3", "--older-replicas", "accept"][..], &REPLICAS].concat(), &eu);
    assert_eq!((code, &report["overrides"]), (0, &json!(["older_replicas"])), "{report}");
}

#[test]
fn a_pause_stops_everybody_until_it_is_lifted() {
    let server = Server::start();
    let dir = written(&server);
    let rollout = |words: &[&str]| json(&server, dir.path(), &[&["rollout"][..], words, &ALL, &REPLICAS].concat());
    assert_eq!(run(&server, dir.path(), &[&["rollout", "pause", "3"][..], &ALL].concat()).code, 2, "no registry");
    let (code, paused) = rollout(&["pause", "3", "--reason", "mail is down"]);
    assert_eq!((code, &paused["paused"]["reason"]), (0, &json!("mail is down")), "{paused}");
    let shown = run(&server, dir.path(), &[&["up"][..], &BOTH, &REPLICAS].concat());
    assert!(shown.code == 0 && shown.stdout.contains("is not started   2 contexts"), "{shown:?}");
    let (code, refused) = rollout(&["start", "3"]);
    assert_eq!((code, &refused["error"]["kind"]), (1, &json!("paused")), "{refused}");
    assert_eq!(refused["error"]["paused"]["reason"], "mail is down", "{refused}");
    assert_eq!(rollout(&["status", "3"]).1["paused"]["reason"], "mail is down");
    let (code, report) = rollout(&["start", "3", "--paused", "accept"]);
    assert_eq!((code, &report["moved"], &report["overrides"]), (0, &json!(2), &json!(["paused"])), "{report}");
    assert_eq!(rollout(&["resume", "3"]), (0, json!({ "module": "app", "version": 3, "paused": null })));
    assert_eq!(rollout(&["rollback", "3"]).0, 0);
}

#[test]
fn what_is_not_phased_not_there_or_not_said_is_refused() {
    let server = Server::start();
    let dir = started(&server);
    let before = server.everything();
    let cases: [(&[&str], i32, &str); 3] = [
        (&["status", "app=2"], 1, "not_phased"),
        (&["complete", "other=3"], 1, "no_such_module"),
        (&["complete", "9"], 1, "no_such_version"),
    ];
    for (words, code, kind) in cases {
        let (ended, told) = json(&server, dir.path(), &[&["rollout"][..], words, &ALL].concat());
        assert_eq!((ended, &told["error"]["kind"]), (code, &json!(kind)), "{words:?}: {told}");
    }
    let absent = ["rollout", "status", "3", "--ns", "acme", "--db", "absent"];
    let (code, told) = json(&server, dir.path(), &absent);
    assert_eq!((code, &told["contexts"][0]["kind"]), (1, &json!("absent")), "{told}");
    assert_eq!(run(&server, dir.path(), &[&["rollout", "complete"][..], &ALL].concat()).code, 2);
    let both = ["rollout", "complete", "3", "--when-ready", "--older-replicas", "accept"];
    assert_eq!(run(&server, dir.path(), &[&both[..], &ALL].concat()).code, 2);
    let canary = ["rollout", "complete", "3", "--unknown-replicas", "accept", "--canary", "acme/none"];
    assert_eq!(run(&server, dir.path(), &[&canary[..], &ALL].concat()).code, 2);
    assert_eq!(server.everything(), before);
    let help = run(&server, dir.path(), &["rollout", "complete", "--help"]);
    assert!(help.stdout.starts_with("Completes it in each database"), "{help:?}");
}
