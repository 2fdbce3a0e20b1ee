//! The real `surreal` server, in a process of its own that ends with the test, asked over HTTP.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

/// Far longer than an unoptimised server takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    process: Child,
}

impl Server {
    pub(crate) fn start() -> Self {
        let server = Self::spawn("ws", &[]);
        server.wait(|server| server.ask("GET /health", "").is_some());
        server
    }

    /// One that talks to nobody without TLS, the questions of these tests included.
    pub(crate) fn start_with_tls(certificate: &Path, key: &Path) -> Self {
        let files = ["--web-crt".as_ref(), certificate.as_os_str(), "--web-key".as_ref(), key.as_os_str()];
        let server = Self::spawn("wss", &files);
        server.wait(|server| TcpStream::connect_timeout(&server.address, PATIENCE).is_ok());
        server
    }

    fn wait(&self, is_up: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_up(self) {
            assert!(begun.elapsed() < PATIENCE, "the server does not answer");
            sleep(Duration::from_millis(50));
        }
    }

    fn spawn(scheme: &'static str, options: &[&OsStr]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let process = Command::new(surreal())
            .args(["start", "--no-banner", "--log", "error", "--user", "root", "--pass", "root", "--bind"])
            .arg(address.to_string())
            .args(options)
            .arg("memory")
            // The server of this workspace ends when this pipe does: even a killed test leaves none behind.
            .env("SURREAL_TEST_ENDS_WITH_STDIN", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { address, scheme, process }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The results of statements, by root.
    pub(crate) fn query(&self, text: &str) -> Vec<Value> {
        let answer = self.ask("POST /sql", text).expect("the server answers");
        let results: Vec<Value> = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        let result = |mut one: Value| {
            assert_eq!(one["status"], "OK", "{text}: {one}");
            one["result"].take()
        };
        results.into_iter().map(result).collect()
    }

    /// The rows of one statement in a context.
    pub(crate) fn rows(&self, context: &str, text: &str) -> Value {
        let (namespace, database) = context.split_once('/').unwrap();
        self.query(&format!("USE NS {namespace} DB {database}; {text};")).pop().unwrap()
    }

    /// All namespaces with their databases, the schemas of those, and the rows of their ledgers and logs.
    pub(crate) fn everything(&self) -> Value {
        let mut all = Map::new();
        let info = self.query("INFO FOR ROOT;").pop().unwrap();
        all.insert("root".to_owned(), json!([info["namespaces"], info["users"], info["accesses"]]));
        for namespace in names(&info["namespaces"]) {
            let info = self.query(&format!("USE NS {namespace}; INFO FOR NS;")).pop().unwrap();
            for database in names(&info["databases"]) {
                let context = format!("{namespace}/{database}");
                let info = self.rows(&context, "INFO FOR DB");
                let rows = |table: &String| self.rows(&context, &format!("SELECT * FROM {table}"));
                let rows: Vec<_> = names(&info["tables"]).iter().map(rows).collect();
                all.insert(context, json!({ "info": info, "rows": rows }));
            }
            all.insert(namespace, info);
        }
        all.into()
    }

    /// The body of an answer, or nothing while nobody listens or is let in.
    fn ask(&self, what: &str, body: &str) -> Option<String> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let head = format!(
            "{what} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Basic cm9vdDpyb290\r\n\
             Accept: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8(answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        // It listens a moment before it knows its root user.
        if head.starts_with("HTTP/1.1 401") {
            return None;
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        Some(if is_chunked { joined(body) } else { body.to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone either way; a panic in a drop would hide the reason of the first one.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn names(object: &Value) -> Vec<String> {
    object.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
}

fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.push_str(&rest[..length]);
        chunks = &rest[length + 2..];
    }
    body
}

/// The server that `MIGRATE_TEST_SURREAL` names, or the one that this workspace builds beside the program.
fn surreal() -> PathBuf {
    if let Some(program) = std::env::var_os("MIGRATE_TEST_SURREAL") {
        return program.into();
    }
    let built = Path::new(env!("CARGO_BIN_EXE_cargo-migrate")).with_file_name("surreal");
    assert!(
        built.exists(),
        "{} is not there: test the whole workspace, or name a `surreal` in MIGRATE_TEST_SURREAL",
        built.display()
    );
    built
}
