//! A process of the service, which ends with the test, and requests to it.

pub(crate) mod server;

use std::process::{Output, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Longer than anything here takes on a slow machine: a test that waits longer has failed.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

pub(crate) struct Service {
    process: Child,
    address: String,
    log: JoinHandle<String>,
    client: Client<HttpConnector, Full<axum::body::Bytes>>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Response {
    pub(crate) fn of(self) -> (u16, Value) {
        (self.status, self.body)
    }
}

/// How a process ended, and what it logged.
pub(crate) struct Stopped {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum_server"));
    command.args(arguments).env_remove("RUST_LOG").env_remove("SURREAL_USER").env_remove("SURREAL_PASS");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs it to its end.
pub(crate) async fn run(arguments: &[&str]) -> Output {
    run_with(arguments, &[]).await
}

pub(crate) async fn run_with(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = command(arguments);
    let output = command.envs(environment.iter().copied()).output();
    timeout(LIMIT, output).await.expect("it ends").expect("it can be started")
}

impl Service {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[]).await
    }

    pub(crate) async fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(&[&["--listen", "127.0.0.1:0"], arguments].concat());
        let mut process = command.envs(environment.iter().copied()).spawn().expect("the binary can be started");
        let mut errors = process.stderr.take().expect("it is piped");
        let log = tokio::spawn(async move {
            let mut log = Vec::new();
            errors.read_to_end(&mut log).await.expect("the log can be read");
            String::from_utf8_lossy(&log).into_owned()
        });
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let line = timeout(LIMIT, lines.next_line()).await.expect("it listens in time").expect("it can be read");
        let Some(address) = line.as_deref().and_then(|line| line.strip_prefix("listening on http://")) else {
            panic!("it does not listen: {}", log.await.expect("the log was read"));
        };
        let address = address.to_owned();
        Self { process, address, log, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn get(&self, path: &str, tenant: Option<&str>) -> Response {
        self.send("GET", path, tenant, None).await
    }

    pub(crate) async fn post(&self, path: &str, tenant: Option<&str>, body: Option<&Value>) -> Response {
        self.send("POST", path, tenant, body).await
    }

    async fn send(&self, method: &str, path: &str, tenant: Option<&str>, body: Option<&Value>) -> Response {
        let mut request = axum::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(tenant) = tenant {
            request = request.header("x-tenant", tenant);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(Full::from(body)).expect("a request");
        let response = timeout(LIMIT, self.client.request(request)).await.expect("an answer in time");
        let (head, body) = response.expect("an answer").into_parts();
        let body = timeout(LIMIT, body.collect()).await.expect("a body in time").expect("a body").to_bytes();
        let retry_after = head.headers.get("retry-after").map(|value| value.to_str().expect("text").to_owned());
        let body = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
        Response { status: head.status.as_u16(), retry_after, body }
    }

    /// Waits until the service says that it is ready.
    pub(crate) async fn ready(&self) {
        let ready = async {
            while self.get("/ready", None).await.status != 200 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LIMIT, ready).await.expect("it gets ready");
    }

    /// Sends the head of a request to write a note, and waits until the service asks for the body.
    pub(crate) async fn begin_note(&self, tenant: &str, note: &Value) -> UnderWay {
        let body = note.to_string();
        let mut stream = TcpStream::connect(&self.address).await.expect("a connection");
        let head = format!(
            "POST /notes HTTP/1.1\r\nhost: {}\r\nx-tenant: {tenant}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("the head is sent");
        let mut go_on = [0; 25];
        timeout(LIMIT, stream.read_exact(&mut go_on)).await.expect("an answer in time").expect("an answer");
        assert_eq!(go_on, *b"HTTP/1.1 100 Continue\r\n\r\n");
        UnderWay { stream, body }
    }

    pub(crate) async fn signal(&self, name: &str) {
        let id = self.process.id().expect("it runs");
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().await;
        assert!(status.expect("a shell").success());
    }

    /// Waits until nobody listens any more.
    pub(crate) async fn refuses_connections(&self) {
        let refused = async {
            while TcpStream::connect(&self.address).await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LIMIT, refused).await.expect("it stops listening");
    }

    /// Waits for its end.
    pub(crate) async fn stopped(mut self) -> Stopped {
        let status = timeout(LIMIT, self.process.wait()).await.expect("it ends").expect("it can be waited for");
        Stopped { code: status.code(), log: self.log.await.expect("the log was read") }
    }

    /// Tells it to stop, and expects that it does so in order.
    pub(crate) async fn stop(self) -> Stopped {
        self.signal("TERM").await;
        let stopped = self.stopped().await;
        assert_eq!(stopped.code, Some(0), "{}", stopped.log);
        assert!(!stopped.log.contains("panicked") && !stopped.log.contains("took too long"), "{}", stopped.log);
        stopped
    }
}

/// A request of which the body is still to be sent.
pub(crate) struct UnderWay {
    stream: TcpStream,
    body: String,
}

impl UnderWay {
    /// Sends the body, and reads the answer until the connection is closed.
    pub(crate) async fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.expect("the body is sent");
        let mut response = Vec::new();
        let read = timeout(LIMIT, self.stream.read_to_end(&mut response)).await;
        read.expect("the connection is closed").expect("an answer");
        String::from_utf8_lossy(&response).into_owned()
    }
}
