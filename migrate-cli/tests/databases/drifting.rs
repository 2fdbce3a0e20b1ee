//! `drift`: what is not as it should be.

use serde_json::json;

use crate::server::Server;
use crate::{folder, json, run};

#[test]
fn drift_names_what_differs_and_ends_with_3() {
    let (server, dir) = (Server::start(), folder());
    assert_eq!(run(&server, dir.path(), &["up", "--ns", "acme", "--db", "eu", "--db", "us"]).code, 0);
    let drift = |words: &[&str]| json(&server, dir.path(), &[&["drift", "--all-in", "acme"], words].concat());
    let (code, report) = drift(&[]);
    assert_eq!((code, &report["in_sync"]), (0, &json!(2)), "{report}");

    server.rows("acme/eu", "REMOVE FIELD bio ON user");
    server.rows("acme/us", "DEFINE TABLE audit_1");
    let before = server.everything();
    let (code, report) = drift(&[]);
    assert_eq!((code, &report["drifted"]), (3, &json!(2)), "{report}");
    let (code, report) = drift(&["--unmanaged", "audit_*"]);
    assert_eq!((code, &report["drifted"], &report["in_sync"]), (3, &json!(1), &json!(1)), "{report}");
    assert_eq!(report["drifts"][0]["differences"][0]["object"], "field user.bio", "{report}");
    let shown = run(&server, dir.path(), &["drift", "--all-in", "acme"]);
    assert!(shown.code == 3 && shown.stdout.contains("field user.bio is missing"), "{shown:?}");
    assert!(shown.stdout.contains("drifted    acme/us"), "{shown:?}");

    // Nobody can tell, and that goes before what differs.
    let (code, report) = json(&server, dir.path(), &["drift", "--ns", "acme", "--db", "eu", "--db", "absent"]);
    assert_eq!((code, &report["unknowns"][0]["kind"]), (1, &json!("absent")), "{report}");
    assert_eq!(server.everything(), before);
    assert_eq!(run(&server, dir.path(), &["drift", "--all-in", "acme", "--against", "memory"]).code, 2);
}
