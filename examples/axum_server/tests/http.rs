//! The service itself, started as a process and spoken to over HTTP.

mod service;

use serde_json::json;
use tempfile::TempDir;

use crate::service::server::Server;
use crate::service::{Service, Stopped};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_created_and_keeps_its_notes_to_itself() {
    let service = Service::start(&[]).await;
    assert_eq!(service.get("/health", None).await.of(), (200, json!({ "status": "alive" })));
    let ready = json!({ "ready": true, "database": true, "eager": "not_asked" });
    assert_eq!(service.get("/ready", None).await.of(), (200, ready));

    assert_eq!(service.post("/contexts/acme", None, None).await.of(), (201, json!({ "tenant": "acme" })));
    let again = service.post("/contexts/acme", None, None).await;
    assert_eq!((again.status, &again.body["kind"]), (409, &json!("already_exists")));
    service.post("/contexts/umbrella", None, None).await;

    assert_eq!(service.get("/notes", Some("acme")).await.of(), (200, json!([])));
    let note = json!({ "text": "it's `quoted`; REMOVE TABLE note;", "tags": ["a", "b"] });
    let written = service.post("/notes", Some("acme"), Some(&note)).await;
    assert_eq!((written.status, &written.body["text"], &written.body["tags"]), (201, &note["text"], &note["tags"]));
    assert_eq!(service.get("/notes", Some("acme")).await.of(), (200, json!([written.body])));
    assert_eq!(service.get("/notes", Some("umbrella")).await.of(), (200, json!([])));

    let counts = json!({ "served": 2, "refused": 0, "migrating": 0 });
    assert_eq!(service.get("/metrics", None).await.body["contexts"], counts);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_tenant_is_not_made_one_by_asking() {
    let service = Service::start(&[]).await;
    for _ in 0..2 {
        let unknown = service.get("/notes", Some("nobody")).await;
        assert_eq!((unknown.status, &unknown.body["kind"]), (404, &json!("no_such_context")));
        assert_eq!(unknown.retry_after, None);
    }
    assert_eq!(service.post("/contexts/nobody", None, None).await.status, 201, "nobody had created it");

    for name in ["Acme", "1", "a%60b", "a%2Fb", "%C3%A9", &"a".repeat(65)] {
        let invalid = service.post(&format!("/contexts/{name}"), None, None).await;
        assert_eq!((invalid.status, &invalid.body["kind"]), (422, &json!("invalid_tenant")), "{name}");
    }
    let invalid = service.get("/notes", Some("a b")).await;
    assert_eq!((invalid.status, &invalid.body["kind"]), (422, &json!("invalid_tenant")));
    let missing = service.get("/notes", None).await;
    assert_eq!((missing.status, &missing.body["kind"]), (400, &json!("no_tenant")));
    for body in [json!({}), json!({ "text": "" }), json!({ "text": 3 }), json!([])] {
        let invalid = service.post("/notes", Some("nobody"), Some(&body)).await;
        assert_eq!((invalid.status, &invalid.body["kind"]), (422, &json!("invalid_body")), "{body}");
    }
    let nowhere = service.get("/nowhere", None).await;
    assert_eq!((nowhere.status, &nowhere.body["kind"]), (404, &json!("no_such_path")));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_tenant_is_answered_with_503_while_another_one_is_served() {
    let service = Service::start(&["--break", "broken"]).await;
    assert_eq!(service.post("/contexts/acme", None, None).await.status, 201);
    for _ in 0..2 {
        let refused = service.get("/notes", Some("broken")).await;
        assert_eq!((refused.status, &refused.body["kind"]), (503, &json!("failed")));
        let reason = refused.body["reason"].as_str().unwrap();
        assert!(reason.contains("V1__notes.surql:1") && reason.contains("already exists"), "{reason}");
        let pause = refused.retry_after.as_deref().unwrap().parse::<u64>().unwrap();
        assert!(pause >= 1 && refused.body["retry_after"] == pause, "{pause}");
        assert_eq!(service.get("/notes", Some("acme")).await.status, 200);
    }
    assert_eq!(service.post("/contexts/broken", None, None).await.status, 409);
    assert_eq!(service.get("/ready", None).await.status, 200, "the others can be served");
    assert_eq!(service.get("/metrics", None).await.body["contexts"]["refused"], 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_when_the_service_is_told_to_stop() {
    let service = Service::start(&[]).await;
    assert_eq!(service.post("/contexts/acme", None, None).await.status, 201);
    let under_way = service.begin_note("acme", &json!({ "text": "written at the very end" })).await;
    service.signal("TERM").await;
    service.refuses_connections().await;
    let response = under_way.finish().await;
    assert!(response.starts_with("HTTP/1.1 201 Created"), "{response}");
    assert!(response.contains("written at the very end"), "{response}");
    let Stopped { code, log } = service.stopped().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_cut_off() {
    let service = Service::start(&["--grace", "0"]).await;
    assert_eq!(service.post("/contexts/acme", None, None).await.status, 201);
    let under_way = service.begin_note("acme", &json!({ "text": "never sent" })).await;
    service.signal("INT").await;
    let Stopped { code, log } = service.stopped().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("cut off"), "{log}");
    drop(under_way);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_outlives_a_restart_and_an_eager_one_knows_every_tenant_before_the_first_request() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let data = ["--data", data.to_str().unwrap()];

    let service = Service::start(&data).await;
    for tenant in ["acme", "umbrella"] {
        assert_eq!(service.post(&format!("/contexts/{tenant}"), None, None).await.status, 201);
    }
    let note = json!({ "text": "kept" });
    assert_eq!(service.post("/notes", Some("acme"), Some(&note)).await.status, 201);
    service.stop().await;

    // On first touch, many at once.
    let service = Service::start(&data).await;
    assert_eq!(service.get("/metrics", None).await.body["contexts"]["served"], 0);
    let get = || service.get("/notes", Some("acme"));
    let responses = tokio::join!(get(), get(), get(), get(), get(), get(), get(), get());
    for response in <[_; 8]>::from(responses) {
        assert_eq!((response.status, &response.body[0]["text"]), (200, &json!("kept")));
    }
    assert_eq!(service.get("/metrics", None).await.body["contexts"]["served"], 1);
    assert_eq!(service.post("/contexts/acme", None, None).await.status, 409);
    service.stop().await;

    let service = Service::start(&[&data[..], &["--eager", "--break", "broken"]].concat()).await;
    service.ready().await;
    let metrics = service.get("/metrics", None).await.body;
    assert_eq!(metrics["contexts"], json!({ "served": 2, "refused": 1, "migrating": 0 }));
    assert_eq!(metrics["eager"], "done");
    assert_eq!(service.get("/notes", Some("acme")).await.body[0]["text"], "kept");
    assert_eq!(service.get("/notes", Some("broken")).await.status, 503);
    let Stopped { log, .. } = service.stop().await;
    assert!(log.contains("3 contexts: 2 up to date, 1 refused"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eager_start_without_any_tenant_is_ready() {
    let service = Service::start(&["--eager"]).await;
    service.ready().await;
    assert_eq!(service.get("/notes", Some("nobody")).await.status, 404);
    assert_eq!(service.post("/contexts/nobody", None, None).await.status, 201);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_only_ends_with_1_where_a_tenant_cannot_be_migrated_and_with_0_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let run = async |words: &[&str]| {
        let output = service::run(&[&["--data", &data], words].concat()).await;
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    let (code, said) = run(&["migrate", "status"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(!folder.path().join("data").exists(), "only looking makes no folder");
    let (code, said) = run(&["--migrate-only"]).await;
    assert!(code == Some(0) && said.contains("0 contexts"), "without any tenant there is nothing to do: {said}");

    let service = Service::start(&["--data", &data]).await;
    assert_eq!(service.post("/contexts/acme", None, None).await.status, 201);
    service.stop().await;
    let (code, said) = run(&["--migrate-only"]).await;
    assert!(code == Some(0) && said.contains("1 up to date") && !said.contains("listening"), "{said}");
    let (code, said) = run(&["migrate", "status"]).await;
    assert!(code == Some(0) && said.contains("notes/acme"), "{said}");
    let (code, said) = run(&["--migrate-only", "--break", "acme"]).await;
    assert!(code == Some(1) && said.contains("refused    notes/acme"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_explained() {
    for (arguments, code, complaint) in [
        (&["--data", "x", "--url", "ws://127.0.0.1:1"][..], 2, "cannot be used with"),
        (&["--url", "http://127.0.0.1:1"], 2, "it begins with ws://"),
        (&["--break", "A"], 2, "a tenant is called by"),
        (&["--listen", "nowhere"], 2, "invalid"),
        (&["--data", "Cargo.toml"], 1, "error: the database surrealkv://Cargo.toml cannot be opened"),
        (&["--help"], 0, "--patience"),
    ] {
        let output = service::run(arguments).await;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(complaint), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_an_owner_of_the_namespace_is_enough_and_a_removed_tenant_stays_removed() {
    let server = Server::start().await;
    let root = server.root().await;
    let define = "DEFINE NAMESPACE notes; USE NS notes; DEFINE USER service ON NAMESPACE PASSWORD 'pw' ROLES OWNER;";
    root.query(define).await.unwrap().check().unwrap();
    let url = server.url();
    let arguments = ["--url", &url, "--user-of", "namespace", "--eager"];
    let service = Service::start_with(&arguments, &[("SURREAL_USER", "service"), ("SURREAL_PASS", "pw")]).await;
    service.ready().await;
    assert_eq!(service.get("/notes", Some("acme")).await.status, 404);
    assert_eq!(service.post("/contexts/acme", None, None).await.status, 201);
    let note = json!({ "text": "on a server" });
    assert_eq!(service.post("/notes", Some("acme"), Some(&note)).await.status, 201);

    // Somebody removes the tenant, and nobody tells the service.
    root.query("USE NS notes; REMOVE DATABASE acme;").await.unwrap().check().unwrap();
    let noticed = service.post("/notes", Some("acme"), Some(&note)).await;
    assert_eq!((noticed.status, &noticed.body["kind"]), (503, &json!("database")));
    assert_eq!(service.get("/notes", Some("acme")).await.status, 404);
    let mut info = root.query("USE NS notes; INFO FOR NS;").await.unwrap().check().unwrap();
    let info = info.take::<surrealdb::types::Value>(1).unwrap().into_json_value();
    assert_eq!(info["databases"], json!({}), "and nothing was created in its place");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_is_found_again() {
    let mut server = Server::start().await;
    let url = server.url();
    let arguments = ["--url", &url, "--patience", "1"];
    let root = [("SURREAL_USER", "root"), ("SURREAL_PASS", "root")];
    let service = Service::start_with(&arguments, &root).await;
    assert_eq!(service.post("/contexts/acme", None, None).await.status, 201);

    server.kill().await;
    let ready = service.get("/ready", None).await;
    assert_eq!((ready.status, &ready.body["database"]), (503, &json!(false)));
    assert_eq!(service.get("/health", None).await.status, 200);
    // One that was not asked for yet, so the gate has to look.
    let away = service.get("/notes", Some("umbrella")).await;
    assert_eq!(away.status, 503, "{:?}", away.body);
    assert!(away.retry_after.is_some());

    server.restart().await;
    service.ready().await;
    let found = async {
        while service.get("/notes", Some("acme")).await.status != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(service::LIMIT, found).await.unwrap();
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_shown_however_much_is_logged() {
    const SECRET: &str = "hunter2-is-not-shown";
    let server = Server::start().await;
    let with_user = format!("ws://root:{SECRET}@127.0.0.1:9");
    for (url, code) in [(server.url().as_str(), 1), ("ws://127.0.0.1:9", 1), (&with_user, 2)] {
        let environment = [("SURREAL_USER", "root"), ("SURREAL_PASS", SECRET), ("RUST_LOG", "trace")];
        let output = service::run_with(&["--url", url, "--wait", "1", "--migrate-only"], &environment).await;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        let in_hexadecimal = SECRET.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert!(!said.contains(SECRET) && !said.contains(&in_hexadecimal), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_named() {
    let output = service::run(&["--url", "ws://127.0.0.1:9", "--listen", "127.0.0.1:0", "--wait", "1"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: the database ws://127.0.0.1:9 cannot be opened"), "{said}");
}
