//! A server with a certificate of its own, as many stand in a private network.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;
use crate::{Ran, folder, ran, root};

/// Made for `localhost` and 127.0.0.1, until the year 2120. Its key protects nothing.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/databases/tls").join(name)
}

fn status(server: &Server, url: &str, words: &[&str]) -> Ran {
    let dir = folder();
    let mut command = root(server, dir.path());
    command.env("SURREAL_URL", url).args(["status", "--ns", "acme", "--db", "eu"]);
    ran(command.args(words))
}

#[test]
fn a_certificate_of_ones_own_is_trusted_where_it_is_given_and_refused_at_once_elsewhere() {
    let certificate = file("certificate.pem");
    let server = Server::start_with_tls(&certificate, &file("key.pem"));
    let trusting = ["--ca-cert", certificate.to_str().unwrap(), "--wait", "30", "--format", "json"];
    for scheme in ["wss", "https"] {
        let url = server.url().replace("wss", scheme);
        let trusted = status(&server, &url, &trusting);
        assert_eq!((trusted.code, &trusted.json()["absent"]), (1, &json!(1)), "{url}: {trusted:?}");

        let begun = Instant::now();
        let refused = status(&server, &url, &["--wait", "30"]);
        assert!(refused.code == 1 && refused.stderr.contains("invalid peer certificate"), "{url}: {refused:?}");
        assert!(refused.stderr.contains("--ca-cert FILE"), "{refused:?}");
        assert!(begun.elapsed() < Duration::from_secs(25), "waiting helps nobody");
        let refused = status(&server, &url, &["--format", "json"]);
        assert_eq!((refused.code, &refused.json()["error"]["kind"]), (1, &json!("certificate")), "{refused:?}");
    }
    let plain = server.url().replace("wss", "ws");
    let plain = status(&server, &plain, &["--wait", "1"]);
    assert!(plain.code == 1 && plain.stderr.contains("`wss` and `https` with it"), "{plain:?}");
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let server = Server::start();
    let key = file("key.pem");
    for (path, said) in [(key.to_str().unwrap(), "holds no certificate"), ("no/such.pem", "No such file")] {
        let refused = status(&server, &server.url(), &["--ca-cert", path]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains(path) && refused.stderr.contains(said), "{refused:?}");
    }
}
