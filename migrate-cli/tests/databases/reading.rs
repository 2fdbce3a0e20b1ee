//! Commands that only read: what they say, and that they leave everything as it is.

use serde_json::{Value, json};

use crate::server::Server;
use crate::{folder, folder_of, json, program, ran, root, run};

/// The commands that write nothing, whatever they are told.
const READS: [&str; 13] = [
    "status",
    "validate",
    "list",
    "drift",
    "compare",
    "log",
    "lease",
    "live",
    "replicas",
    "rollout-status",
    "snapshot-list",
    "snapshot-show",
    "snapshot-export",
];

/// Those that write unless they are told not to. All but `status` of `rollout` are.
const WRITES: [&str; 8] =
    ["up", "undo", "restore", "baseline", "adopt", "repair-schema", "snapshot-take", "snapshot-prune"];

#[test]
fn what_only_reads_writes_nothing_and_creates_nothing() {
    let (server, dir) = (Server::start(), folder());
    server.query("USE NS acme DB old; CREATE note:1; USE NS acme DB empty;");
    assert_eq!(run(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu"]).code, 0);
    let before = server.everything();
    let many: [&[&str]; 18] = [
        &["status"],
        &["status", "--verify"],
        &["status", "--index", "ops/index"],
        &["log"],
        &["lease"],
        &["live"],
        &["up", "--dry-run"],
        &["up", "--dry-run", "--to", "1"],
        &["list"],
        &["list", "--state", "pending"],
        &["validate"],
        &["drift"],
        &["snapshot", "list"],
        &["drift", "--against", "snapshot"],
        &["baseline", "--dry-run"],
        &["adopt", "--from", "surql", "--dry-run"],
        &["rollout", "status", "1"],
        &["validate", "--warn-statements", "0"],
    ];
    for command in many {
        let selections = [
            &["--ns", "acme", "--db", "eu", "--db", "old", "--db", "absent"][..],
            &["--ns", "nowhere", "--db", "absent"],
            &["--all-in", "nowhere"],
        ];
        for selection in selections {
            let ran = run(&server, dir.path(), &[command, selection].concat());
            assert_ne!(ran.code, 2, "{command:?}: {ran:?}");
        }
        let registry = ["--registry", "SELECT * FROM tenant", "--in", "nowhere/system"];
        assert_eq!(run(&server, dir.path(), &[command, &registry].concat()).code, 1, "{command:?}");
    }
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let exported = ["a", "b", "c", "d"].map(file);
    let mut exported = exported.iter();
    for (namespace, database) in [("acme", "eu"), ("acme", "old"), ("acme", "absent"), ("nowhere", "absent")] {
        let commands: [&[&str]; 7] = [
            &["undo", "--to", "1", "--plan"],
            &["snapshot", "show"],
            &["snapshot", "export", exported.next().unwrap()],
            &["compare", "embedded", "live"],
            &["compare", "newest", "app@1"],
            &["compare", "live", "snapshot:01M80H4T4XRW1PY4KTS05T9BBA"],
            &["compare", "live:nowhere/absent", "live:acme/absent"],
        ];
        for command in commands {
            let ran = run(&server, dir.path(), &[command, &["--ns", namespace, "--db", database]].concat());
            assert_ne!(ran.code, 2, "{command:?}: {ran:?}");
        }
    }
    assert_eq!(run(&server, dir.path(), &["replicas", "--in", "nowhere/system"]).code, 0);
    assert_eq!(run(&server, dir.path(), &["replicas", "--in", "acme/old"]).code, 0);
    assert_eq!(server.everything(), before);
    let tried: Vec<_> = many.iter().map(|words| words[0]).chain(["snapshot", "compare", "replicas"]).collect();
    assert!(READS.iter().all(|name| tried.contains(&name.split('-').next().unwrap())), "all of them were tried");
}

#[test]
fn of_each_command_over_databases_is_said_whether_it_writes() {
    let pages = tempfile::tempdir().unwrap();
    assert_eq!(ran(program(pages.path()).args(["man", "--into"]).arg(pages.path())).code, 0);
    let mut found = 0;
    for entry in std::fs::read_dir(pages.path()).unwrap() {
        let path = entry.unwrap().path();
        // Those with a connection are about databases.
        if !std::fs::read_to_string(&path).unwrap().contains("fI<URL>") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().strip_prefix("cargo-migrate-").unwrap().to_owned();
        let reads = READS.contains(&name.as_str());
        let writes = WRITES.contains(&name.as_str()) || (name.starts_with("rollout-") && !reads);
        assert!(
            reads != writes,
            "put `{name}` into one of the lists of this test, and where it reads, into the one above"
        );
        found += 1;
    }
    assert!(found >= 20, "{found}");
}

#[test]
fn status_says_where_each_database_stands_and_its_exit_code_what_is_to_be_done() {
    let (server, dir) = (Server::start(), folder());
    let one = folder_of(&[("V1__users.surql", crate::V1)]);
    server.query("USE NS acme DB empty;");
    assert_eq!(run(&server, one.path(), &["up", "--ns", "acme", "--db", "eu"]).code, 0);

    let (code, status) = json(&server, dir.path(), &["status", "--all-in", "acme"]);
    assert_eq!((code, &status["pending"], &status["contexts"]), (3, &json!(2), &json!(2)), "{status}");
    let [empty, eu] = &status["statuses"].as_array().unwrap()[..] else { panic!("{status}") };
    assert_eq!((&empty["database"], &eu["state"]), (&json!("empty"), &json!("pending")));
    assert_eq!(eu["modules"], json!([{ "module": "app", "recorded": 1, "known": 2 }]));
    assert_eq!(eu["migrations"], json!([{ "module": "app", "version": 2, "name": "bio" }]));
    assert_eq!(empty["migrations"].as_array().unwrap().len(), 2);

    let shown = run(&server, dir.path(), &["status", "--all-in", "acme"]);
    assert!(shown.stdout.contains("app V1 of V2") && shown.stdout.contains("2 pending"), "{shown:?}");
    assert!(shown.stdout.lines().all(|line| line.chars().count() <= 80), "{shown:?}");

    assert_eq!(run(&server, dir.path(), &["up", "--all-in", "acme"]).code, 0);
    assert_eq!(json(&server, dir.path(), &["status", "--all-in", "acme"]).0, 0);

    // The older folder is behind what it finds, and can live with that.
    let (code, status) = json(&server, one.path(), &["status", "--ns", "acme", "--db", "eu"]);
    assert_eq!((code, &status["statuses"][0]["state"]), (0, &json!("ahead")), "{status}");

    // One that does not exist, and one whose ledger says what never was.
    let (code, status) = json(&server, dir.path(), &["status", "--ns", "acme", "--db", "eu", "--db", "absent"]);
    assert_eq!((code, &status["absent"], &status["up_to_date"]), (1, &json!(1), &json!(1)), "{status}");
    server.rows("acme/eu", "DELETE _migrations:['app', 1]");
    let (code, status) = json(&server, dir.path(), &["status", "--ns", "acme", "--db", "eu"]);
    assert_eq!((code, &status["statuses"][0]["kind"]), (1, &json!("missing")), "{status}");
    assert!(status["statuses"][0]["reason"].as_str().unwrap().contains("V1__users.surql"), "{status}");
}

#[test]
fn verify_finds_what_the_index_does_not_know_and_up_puts_it_right() {
    let (server, dir) = (Server::start(), folder());
    let with_index = |words: &[&str]| {
        let index = ["--ns", "acme", "--db", "eu", "--index", "ops/index"];
        json(&server, dir.path(), &[words, &index].concat())
    };
    assert_eq!(with_index(&["up"]).0, 0);
    let (code, status) = with_index(&["status"]);
    assert_eq!((code, &status["statuses"][0]["evidence"]), (0, &json!("index")), "{status}");
    // As a restored backup leaves it.
    server.query("USE NS acme DB eu; DELETE _migrations:['app', 2]; REMOVE FIELD bio ON user;");
    assert_eq!(with_index(&["status"]).0, 0, "the index is trusted");
    let before = server.everything();
    let (code, status) = with_index(&["status", "--verify"]);
    assert_eq!((code, &status["statuses"][0]["index"]["state"]), (3, &json!("wrong")), "{status}");
    assert_eq!(server.everything(), before);
    let (code, report) = with_index(&["up", "--verify"]);
    assert_eq!((code, &report["migrated"]), (0, &json!(1)), "{report}");
    assert_eq!(with_index(&["status", "--verify"]).0, 0);
}

#[test]
fn log_tells_what_happened_and_to_what() {
    let (server, dir) = (Server::start(), folder());
    server.query(
        "USE NS acme DB empty; USE NS acme DB eu; DEFINE TABLE user SCHEMAFULL; DEFINE FIELD bio ON user TYPE int;",
    );
    assert_eq!(run(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu"]).code, 1);
    server.query("USE NS acme DB eu; REMOVE TABLE user;");
    assert_eq!(run(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu"]).code, 0);

    let (code, log) = json(&server, dir.path(), &["log", "--all-in", "acme"]);
    let events = |log: &Value, at: usize| -> Vec<String> {
        let entries = log["contexts"][at]["found"].as_array().unwrap();
        entries.iter().map(|entry| format!("{} {}", entry["event"].as_str().unwrap(), entry["version"])).collect()
    };
    assert_eq!((code, events(&log, 0)), (0, Vec::new()));
    assert_eq!(events(&log, 1)[0], "failed 1", "{log}");
    let mut applied = events(&log, 1)[1..].to_vec();
    applied.sort();
    assert_eq!(applied, ["applied 1", "applied 2"]);
    let one = |words: &[&str]| json(&server, dir.path(), &[&["log", "--ns", "acme", "--db", "eu"], words].concat()).1;
    assert_eq!(events(&one(&["--of", "2"]), 0), ["applied 2"]);
    assert_eq!(events(&one(&["-n", "1"]), 0).len(), 1);
    assert_eq!(events(&one(&["--module", "other"]), 0), Vec::<String>::new());

    let shown = run(&server, dir.path(), &["log", "--ns", "acme", "--db", "eu"]).stdout;
    assert!(shown.contains("failed app V1__users") && shown.contains("already exists"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let absent = json(&server, dir.path(), &["log", "--ns", "acme", "--db", "absent"]);
    assert_eq!((absent.0, &absent.1["contexts"][0]["kind"]), (1, &json!("absent")));
}

#[test]
fn lease_tells_who_is_at_it_and_whether_that_has_lapsed() {
    let slow = "-- migrate: stepwise\nDEFINE TABLE note;\nCREATE note:1;\n";
    let (server, dir) = (Server::start(), folder_of(&[("V1__slow.surql", slow)]));
    let lease = || {
        let (code, lease) = json(&server, dir.path(), &["lease", "--ns", "acme", "--db", "eu"]);
        (code, lease["contexts"][0]["found"].clone())
    };
    server.query("USE NS acme DB eu;");
    assert_eq!(
        lease(),
        (
            0,
            json!({ "state": "free", "holder": null, "since": null, "expires_at": null, "token": 0,
        "steps": 0, "at": [] })
        )
    );
    assert_eq!(run(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu"]).code, 0);
    let (_, free) = lease();
    assert_eq!((&free["state"], &free["holder"]["binary"]), (&json!("free"), &json!("cargo-migrate")), "{free}");
    // As a replica leaves it that was killed in the middle.
    server.query(
        "USE NS acme DB eu; UPDATE _migration_lease:heartbeat SET expires_at = time::now() + 1h, token = 1; \
         UPDATE _migrations:['app', 1] SET status = 'running', cursor = 1;",
    );
    let (_, held) = lease();
    assert_eq!((&held["state"], &held["at"][0]["done"], &held["at"][0]["of"]), (&json!("held"), &json!(1), &json!(2)));
    server.query("USE NS acme DB eu; UPDATE _migration_lease:heartbeat SET expires_at = time::now() - 1s;");
    assert_eq!(lease().1["state"], "lapsed");
    let shown = run(&server, dir.path(), &["lease", "--ns", "acme", "--db", "eu"]).stdout;
    assert!(shown.contains("lapsed") && shown.contains("1 of 2") && shown.contains("cargo-migrate"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
}

#[test]
fn live_shows_the_schema_of_the_database_itself() {
    let (server, dir) = (Server::start(), folder());
    assert_eq!(run(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu"]).code, 0);
    server.rows("acme/eu", "DEFINE TABLE audit_1");
    let (code, live) = json(&server, dir.path(), &["live", "--ns", "acme", "--db", "eu", "--unmanaged", "audit_*"]);
    let objects = live["contexts"][0]["objects"].as_object().unwrap();
    assert_eq!(code, 0);
    assert_eq!(objects.keys().collect::<Vec<_>>(), ["field user.bio", "field user.email", "table user"]);
    let shown = run(&server, dir.path(), &["live", "--ns", "acme", "--db", "eu"]).stdout;
    assert!(shown.starts_with("-- acme/eu\n") && shown.contains("DEFINE TABLE audit_1"), "{shown}");
}

#[test]
fn replicas_and_status_go_over_http_and_by_the_environment_alone() {
    let (server, dir) = (Server::start(), folder());
    let with = |words: &[&str]| {
        let mut command = root(&server, dir.path());
        command.env("SURREAL_URL", server.http()).env("SURREAL_NAMESPACE", "acme").env("SURREAL_DATABASE", "eu");
        crate::ran(command.args(words))
    };
    assert_eq!(with(&["up"]).code, 0);
    assert_eq!(with(&["status", "--format", "json"]).json()["up_to_date"], 1);
    let replicas = with(&["replicas", "--in", "ops/system", "--format", "json"]);
    assert_eq!((replicas.code, replicas.json()), (0, json!({ "replicas": [] })));
}
