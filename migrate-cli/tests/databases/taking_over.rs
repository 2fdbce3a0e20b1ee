//! `baseline` and `adopt`.

use serde_json::json;

use crate::server::Server;
use crate::{V1, V2, folder, json, run};

#[test]
fn baseline_plans_then_records_what_the_schema_shows() {
    let (server, dir) = (Server::start(), folder());
    server.query(&format!("USE NS acme DB eu; {V1} DEFINE TABLE audit_1; USE NS acme DB other; DEFINE TABLE user;"));
    let baseline = |words: &[&str]| json(&server, dir.path(), &[&["baseline", "--all-in", "acme"], words].concat());
    let unmanaged = ["--unmanaged", "audit_*"];
    let (code, plan) = baseline(&[&unmanaged[..], &["--dry-run"]].concat());
    assert_eq!((code, &plan["planned"], &plan["refused"]), (1, &json!(1), &json!(1)), "{plan}");
    assert_eq!(plan["refusals"][0]["kind"], "different");
    assert!(!plan["refusals"][0]["differences"].as_array().unwrap().is_empty(), "{plan}");
    assert_eq!(server.rows("acme/eu", "INFO FOR DB")["tables"].as_object().unwrap().len(), 2);

    let (_, taken) = baseline(&unmanaged);
    assert_eq!((&taken["recorded"], &taken["taken_over"][0]["modules"][0]["version"]), (&json!(1), &json!(1)));
    let (_, again) = baseline(&unmanaged);
    assert_eq!(again["already_recorded"], 1, "{again}");
    let (code, status) = json(&server, dir.path(), &["status", "--ns", "acme", "--db", "eu"]);
    assert_eq!((code, &status["statuses"][0]["modules"][0]["recorded"]), (3, &json!(1)), "{status}");
    let shown = run(&server, dir.path(), &["baseline", "--all-in", "acme"]);
    assert!(shown.stdout.contains("1 refused") && shown.stdout.contains("acme/other"), "{shown:?}");
}

#[test]
fn a_baseline_names_its_version_or_is_told_that_there_is_none() {
    let (server, dir) = (Server::start(), folder());
    server.query(&format!("USE NS acme DB eu; {V1} {V2}"));
    let at = |version: &str| json(&server, dir.path(), &["baseline", "--ns", "acme", "--db", "eu", "--at", version]);
    let (code, error) = at("7");
    assert_eq!((code, &error["error"]["kind"]), (2, &json!("usage")), "{error}");
    assert_eq!(at("other=1").0, 2);
    assert_eq!(at("1").0, 1, "the schema is that of V2");
    let (code, taken) = at("app=2");
    assert_eq!((code, &taken["recorded"]), (0, &json!(1)), "{taken}");
    let absent = json(&server, dir.path(), &["baseline", "--ns", "acme", "--db", "absent"]);
    assert_eq!((absent.0, &absent.1["refusals"][0]["kind"]), (1, &json!("absent")));
}

#[test]
fn adopt_takes_over_the_ledger_of_another_tool() {
    let (server, dir) = (Server::start(), folder());
    server.query(&format!(
        "USE NS acme DB eu; {V1} {V2} DEFINE TABLE script_migration SCHEMAFULL; \
         DEFINE FIELD script_name ON script_migration TYPE string; \
         DEFINE FIELD executed_at ON script_migration TYPE datetime VALUE time::now() READONLY; \
         CREATE script_migration SET script_name = '20230101_120000_Users'; \
         CREATE script_migration SET script_name = '20230102_120000_Bio';"
    ));
    let adopt = |words: &[&str]| {
        let words = [&["adopt", "--from", "surrealdb-migrations", "--ns", "acme", "--db", "eu"], words].concat();
        json(&server, dir.path(), &words)
    };
    let (code, plan) = adopt(&["--dry-run"]);
    assert_eq!((code, &plan["planned"]), (0, &json!(1)), "{plan}");
    let (code, taken) = adopt(&[]);
    assert_eq!((code, &taken["recorded"]), (0, &json!(1)), "{taken}");
    assert_eq!(json(&server, dir.path(), &["status", "--ns", "acme", "--db", "eu"]).0, 0);
    assert_eq!(adopt(&["--map", "x=9"]).0, 2);
    let none = json(&server, dir.path(), &["adopt", "--from", "surql", "--ns", "acme", "--db", "eu"]);
    assert_eq!((none.0, &none.1["refusals"][0]["kind"]), (1, &json!("no_ledger")), "{}", none.1);
}
