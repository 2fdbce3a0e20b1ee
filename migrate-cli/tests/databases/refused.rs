//! What does not work: who is told what, how soon, and that no secret is shown.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;
use crate::{Ran, folder, json, program, ran, root};

/// A password that stands nowhere else.
const SECRET: &str = "hunter2-is-not-shown";

fn assert_not_shown(ran: &Ran) {
    assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET), "{ran:?}");
}

#[test]
fn who_may_not_in_is_told_and_no_secret_is_shown() {
    let (server, dir) = (Server::start(), folder());
    let selection = ["status", "--ns", "acme", "--db", "eu"];
    let by_environment = ran(root(&server, dir.path()).env("SURREAL_PASS", SECRET).args(selection));
    let by_flag = ran(root(&server, dir.path()).args(selection).args(["--pass", SECRET]));
    let by_token = ran(root(&server, dir.path()).args(selection).args(["--token", SECRET]));
    for refused in [&by_environment, &by_flag, &by_token] {
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(
            refused.stderr.contains("does not let this user in") && refused.stderr.contains("help:"),
            "{refused:?}"
        );
        assert_not_shown(refused);
    }
    let json = ran(root(&server, dir.path()).env("SURREAL_PASS", SECRET).args(selection).args(["--format", "json"]));
    assert_eq!((json.code, &json.json()["error"]["kind"]), (1, &json!("sign_in")));
    assert_not_shown(&json);

    // Nobody signs in at all.
    let nobody = ran(program(dir.path()).args(["--quiet", "up", "--ns", "a", "--db", "b", "--url", &server.url()]));
    assert!(nobody.code == 1 && nobody.stdout.contains("Anonymous access not allowed"), "{nobody:?}");
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2_and_shows_no_secret() {
    let dir = folder();
    let with_secret = |words: &[&str]| {
        let mut command = program(dir.path());
        command.env("SURREAL_PASS", SECRET).env("SURREAL_TOKEN", SECRET);
        ran(command.args(words))
    };
    let url = format!("ws://root:{SECRET}@127.0.0.1:1");
    let lines: [&[&str]; 8] = [
        &["status", "--ns", "a", "--db", "b"],
        &["status", "--ns", "a", "--url", "ws://127.0.0.1:1"],
        &["status", "--ns", "a", "--db", "b", "--all-in", "c", "--url", "ws://127.0.0.1:1"],
        &["status", "--registry", "SELECT 1", "--url", "ws://127.0.0.1:1"],
        &["status", "--ns", "a", "--db", "b", "--url", &url],
        &["status", "--ns", "a", "--db", "b", "--url", "ftp://127.0.0.1"],
        &["status", "--ns", "a", "--db", "b", "--url", "ws://127.0.0.1:1", "--auth-level", "everything"],
        &["up", "--ns", "a", "--db", "b", "--url", "ws://127.0.0.1:1", "--canary", "a"],
    ];
    for line in lines {
        let ran = with_secret(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line:?}: {ran:?}");
        assert_not_shown(&ran);
    }
    let half = ran(program(dir.path()).args([
        "status",
        "--ns",
        "a",
        "--db",
        "b",
        "--url",
        "ws://127.0.0.1:1",
        "--user",
        "root",
    ]));
    assert!(half.code == 2 && half.stderr.contains("SURREAL_PASS is missing"), "{half:?}");
    for words in [&["--help"][..], &["status", "--help"], &["up", "-h"]] {
        let help = with_secret(words);
        assert_eq!(help.code, 0, "{help:?}");
        assert_not_shown(&help);
    }
}

#[test]
fn a_server_that_is_not_there_is_given_up_in_time() {
    let dir = folder();
    for url in ["ws://127.0.0.1:1", "http://127.0.0.1:1", "ws://no.such.host.invalid:8000"] {
        let begun = Instant::now();
        let words = ["status", "--ns", "a", "--db", "b", "--url", url, "--wait", "1", "--format", "json"];
        let unreachable = ran(program(dir.path()).args(words));
        assert!(begun.elapsed() < Duration::from_secs(20), "{url}");
        let error = unreachable.json();
        assert_eq!((unreachable.code, &error["error"]["kind"]), (1, &json!("unreachable")), "{url}: {error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(url), "{error}");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let dir = folder();
    // It takes connections, and nobody ever answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for scheme in ["ws", "wss", "http"] {
        let url = format!("{scheme}://{}", silent.local_addr().unwrap());
        let begun = Instant::now();
        let words = ["status", "--ns", "a", "--db", "b", "--url", &url, "--wait", "1"];
        let given_up = ran(program(dir.path()).args(words));
        assert!(given_up.code == 1 && given_up.stderr.contains("could not be reached within 1 s"), "{given_up:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{url}");
    }
}

#[test]
fn users_with_less_than_all_rights_do_what_they_may_and_are_told_the_rest() {
    let (server, dir) = (Server::start(), folder());
    server.query(
        "USE NS mine DB own; DEFINE USER viewer ON DATABASE PASSWORD 'pw' ROLES VIEWER; \
         DEFINE USER editor ON DATABASE PASSWORD 'pw' ROLES EDITOR; \
         DEFINE USER landlord ON NAMESPACE PASSWORD 'pw' ROLES OWNER; USE NS foreign DB f;",
    );
    let by = |user: &str, level: &str, words: &[&str]| {
        let mut command = root(&server, dir.path());
        command.env("SURREAL_USER", user).env("SURREAL_PASS", "pw").env("SURREAL_AUTH_LEVEL", level);
        let ran = ran(command.args(words).args(["--format", "json"]));
        (ran.code, ran.json())
    };
    let own = ["--ns", "mine", "--db", "own"];
    let (code, status) = by("viewer", "database", &[&["status"][..], &own].concat());
    assert_eq!((code, &status["pending"]), (3, &json!(1)), "{status}");
    let (code, report) = by("viewer", "database", &[&["up"][..], &own].concat());
    let reason = report["failures"][0]["reason"].as_str().unwrap();
    assert!(code == 1 && reason.contains("Not enough permissions"), "{report}");
    let (code, report) = by("editor", "database", &[&["up"][..], &own].concat());
    assert_eq!((code, &report["migrated"]), (0, &json!(1)), "{report}");
    for command in ["log", "lease", "live"] {
        assert_eq!(by("viewer", "database", &[&[command][..], &own].concat()).0, 0, "{command}");
    }

    let (code, report) = by("landlord", "namespace", &["up", "--all-in", "mine"]);
    assert_eq!((code, &report["up_to_date"]), (0, &json!(1)), "{report}");
    let foreign = ["status", "--ns", "foreign", "--db", "f", "--auth-ns", "mine"];
    let (code, status) = by("landlord", "namespace", &foreign);
    assert_eq!((code, &status["refused"]), (1, &json!(1)), "{status}");
    let (code, error) = by("landlord", "namespace", &["status", "--all-in", "foreign", "--auth-ns", "mine"]);
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("fleet")), "{error}");
    let (code, _) = json(&server, dir.path(), &["status", "--all-in", "mine"]);
    assert_eq!(code, 0);
}

#[test]
fn no_connection_that_fails_shows_a_secret_however_much_is_logged() {
    let (server, dir) = (Server::start(), folder());
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/databases/tls/certificate.pem");
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/databases/tls/key.pem");
    let encrypted = Server::start_with_tls(certificate.as_ref(), key.as_ref());
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let urls = [
        server.url(),
        server.http(),
        encrypted.url(),
        encrypted.url().replace("wss", "https"),
        encrypted.url().replace("wss", "ws"),
        "ws://127.0.0.1:1".to_owned(),
        "http://127.0.0.1:1".to_owned(),
        format!("ws://{}", silent.local_addr().unwrap()),
        format!("ws://127.0.0.1:1/{SECRET}?token={SECRET}"),
        format!("ws://root:{SECRET}@127.0.0.1:1"),
        format!("{SECRET}://127.0.0.1:1"),
        SECRET.to_owned(),
    ];
    for url in &urls {
        for (by, words) in [
            ("a password", &["--user", "root", "--pass", SECRET][..]),
            ("a token", &["--token", SECRET]),
            ("the environment", &[]),
        ] {
            for format in ["table", "json"] {
                let mut command = program(dir.path());
                if words.is_empty() {
                    command.env("SURREAL_USER", "root").env("SURREAL_PASS", SECRET);
                }
                command.env("RUST_LOG", "trace").env("SURREAL_URL", url).args(words);
                command.args(["status", "--ns", "a", "--db", "b", "--wait", "1", "--format", format]);
                let refused = ran(&mut command);
                assert!(matches!(refused.code, 1 | 2), "{by}: {refused:?}");
                assert_not_shown(&refused);
                assert!(!(refused.stdout + &refused.stderr).is_empty(), "something is said of {by}");
            }
        }
    }
    // One that works, and a command that does not.
    let mut refused = root(&server, dir.path());
    refused.env("RUST_LOG", "trace").env("SURREAL_TOKEN", SECRET).args(["up", "--ns", "a", "--db", "b"]);
    assert_not_shown(&ran(&mut refused));
}
