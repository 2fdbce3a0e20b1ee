//! Several folders, a module each, in one command.

use serde_json::json;

use crate::server::Server;
use crate::{V1, folder_of, json, ran, root};

#[test]
fn several_folders_are_one_schema_in_the_order_of_what_they_require() {
    let auth = folder_of(&[("V1__users.surql", V1)]);
    std::fs::write(auth.path().join("migrations.toml"), "module = \"auth\"\n").unwrap();
    let app = folder_of(&[
        ("V1__posts.surql", "DEFINE TABLE post SCHEMAFULL;\n"),
        ("V2__author.surql", "-- migrate: requires auth 1\nDEFINE FIELD author ON post TYPE option<record<user>>;\n"),
    ]);
    let server = Server::start();
    let both = |words: &[&str]| {
        let mut command = root(&server, app.path());
        ran(command.arg("--dir").arg(auth.path()).args(words).args(["--ns", "acme", "--db", "eu", "--format", "json"]))
    };
    let up = both(&["up"]);
    assert_eq!((up.code, &up.json()["applied"].as_array().unwrap().len()), (0, &3), "{up:?}");
    let status = both(&["status"]).json();
    let versions = json!([
        { "module": "app", "recorded": 2, "known": 2 },
        { "module": "auth", "recorded": 1, "known": 1 },
    ]);
    assert_eq!(status["statuses"][0]["modules"], versions, "{status}");
    // Where there are several, which one is meant has to be said.
    let to = both(&["undo", "--to", "1", "--plan"]);
    assert_eq!((to.code, &to.json()["error"]["kind"]), (2, &json!("usage")), "{to:?}");
    let plan = both(&["undo", "--all-of", "auth", "--plan"]).json();
    let order: Vec<_> = plan["plan"]["steps"].as_array().unwrap().iter().map(|step| &step["module"]).collect();
    assert_eq!(order, ["app", "auth"], "what requires it goes first: {plan}");

    // One of them alone does not know what the other one requires.
    let (code, error) = json(&server, app.path(), &["status", "--ns", "acme", "--db", "eu"]);
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("modules")), "{error}");
    let mut twice = root(&server, app.path());
    let twice = ran(twice.arg("--dir").arg(app.path()).args(["status", "--ns", "acme", "--db", "eu"]));
    assert!(twice.code == 1 && twice.stderr.contains("app"), "{twice:?}");
}
