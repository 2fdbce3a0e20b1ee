//! The real `surreal` server, in a process of its own that ends with the test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::auth::Root;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::LIMIT;

pub(crate) struct Server {
    address: String,
    data: TempDir,
    process: Child,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        let data = TempDir::new().expect("a temporary folder");
        let process = spawn(&address, data.path());
        let server = Self { address, data, process };
        server.root().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// A connection, signed in as root, once the server answers.
    pub(crate) async fn root(&self) -> Surreal<Any> {
        let signed_in = async || {
            let db = connect(self.url()).await?;
            db.signin(Root { username: "root".to_owned(), password: "root".to_owned() }).await?;
            surrealdb::Result::Ok(db)
        };
        let patiently = async {
            loop {
                match signed_in().await {
                    Ok(db) => return db,
                    Err(_) => sleep(Duration::from_millis(50)).await,
                }
            }
        };
        timeout(LIMIT, patiently).await.expect("the server answers in time")
    }

    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("the server can be killed");
    }

    /// On the same port, with the same data.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(&self.address, self.data.path());
        self.root().await;
    }
}

fn spawn(address: &str, data: &Path) -> Child {
    let mut command = Command::new(program());
    command.args(["start", "--no-banner", "--log", "error", "--user", "root", "--pass", "root", "--bind", address]);
    command.arg(format!("surrealkv://{}", data.join("data").display()));
    // The server of this workspace ends when this pipe does: even a killed test leaves none behind.
    command.env("SURREAL_TEST_ENDS_WITH_STDIN", "1").stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().expect("the server can be started")
}

/// The server that `MIGRATE_TEST_SURREAL` names, or the one that this workspace builds beside the service.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("MIGRATE_TEST_SURREAL") {
        return program.into();
    }
    let built = Path::new(env!("CARGO_BIN_EXE_axum_server")).with_file_name("surreal");
    assert!(
        built.exists(),
        "{} is not there: test the whole workspace, or name a `surreal` in MIGRATE_TEST_SURREAL",
        built.display()
    );
    built
}
