use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::auth::Root;
use tempfile::TempDir;

/// Where a [`Server`] keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In its memory: a killed server forgets everything.
    Memory,
    /// On disk: a killed server finds again what it had committed.
    SurrealKv,
}

/// The real `surreal` server, in a process of its own on a loopback port, with a user `root` whose password is `root`.
///
/// It can be killed and started again on the same port and data. It is stopped when this is dropped; if that is because
/// a test failed, what it had logged is written to standard error.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    options: Vec<String>,
    storage: Storage,
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

/// An existing `surreal` to use instead of the one that this workspace builds.
const PROGRAM: &str = "MIGRATE_TEST_SURREAL";

/// Far longer than an unoptimised server takes on a busy machine, and it ends.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a server logged last is enough to see why it died.
const SHOWN: usize = 16_000;

impl Server {
    /// Starts a server and waits until it answers. `program` is the one of this workspace; an existing one that the
    /// environment variable `MIGRATE_TEST_SURREAL` names is used instead.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(program: impl AsRef<Path>, storage: Storage) -> Self {
        Self::start_with(program, storage, &[])
    }

    /// The same with further options of `surreal start`.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start_with(program: impl AsRef<Path>, storage: Storage, options: &[&str]) -> Self {
        let mut server = Self::stopped(program, storage, options);
        // Somebody else may take the port between the look and the start.
        for _ in 0..5 {
            if server.try_start() {
                return server;
            }
            server.port = free_port();
        }
        panic!("the server does not start:\n{}", server.logged())
    }

    /// A server that is not running yet, on a port that is free now.
    ///
    /// # Panics
    ///
    /// When there is no place for its data.
    pub fn stopped(program: impl AsRef<Path>, storage: Storage, options: &[&str]) -> Self {
        let program = std::env::var_os(PROGRAM).map_or_else(|| program.as_ref().to_owned(), PathBuf::from);
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { program, options, storage, port: free_port(), folder, process: None }
    }

    /// Starts it, on the port and with the data that it had, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it runs already or does not start.
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        assert!(self.try_start(), "the server did not start again:\n{}", self.logged());
    }

    /// Ends it at once, as SIGKILL does, and waits until it is gone.
    ///
    /// # Panics
    ///
    /// When it cannot be ended.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the server can be killed");
            process.wait().expect("the server ends");
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where the SDK connects to.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address())
    }

    /// A new connection, signed in as root.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    pub async fn root(&self) -> Surreal<Any> {
        signed_in(&self.url()).await.unwrap_or_else(|error| panic!("{error}\n{}", self.logged()))
    }

    /// What it logged.
    pub fn logged(&self) -> String {
        let bytes = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(SHOWN)..]).into_owned()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Starts the process, and tells whether it answers on the port. If another process has that port, it ends by itself.
    fn try_start(&mut self) -> bool {
        let log = File::options().create(true).append(true).open(self.log()).expect("a file for the log");
        let path = match self.storage {
            Storage::Memory => "memory".to_owned(),
            Storage::SurrealKv => format!("surrealkv://{}", self.folder.path().join("data").display()),
        };
        let process = Command::new(&self.program)
            .args(["start", "--no-banner", "--user", "root", "--pass", "root", "--log", "info"])
            .args(["--bind", &self.address().to_string()])
            .args(&self.options)
            .arg(path)
            // It ends when this pipe does: even a killed test leaves no server behind.
            .env("SURREAL_TEST_ENDS_WITH_STDIN", "1")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("the log has a second handle"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.program.display()));
        let process = self.process.insert(process);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if process.try_wait().expect("the state of a child").is_some() {
                self.process = None;
                return false;
            }
            if is_healthy(address) {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not answer:\n{}", self.logged())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It is gone either way, and a panic in a drop would hide the reason of the first one.
            let _ = process.kill();
            let _ = process.wait();
        }
        if thread::panicking() {
            eprintln!("--- the server on {} logged:\n{}---", self.url(), self.logged());
        }
    }
}

/// A new connection to a server of these tests, signed in as root.
///
/// # Errors
///
/// Whatever the SDK says.
pub async fn signed_in(url: &str) -> surrealdb::Result<Surreal<Any>> {
    let db = connect(url).await?;
    db.signin(Root { username: "root".to_owned(), password: "root".to_owned() }).await?;
    Ok(db)
}

/// A port that nobody listens on, below those that outgoing connections get: while a server is down, a client that
/// connects to a port of that range again and again may be given that very port, and talks to itself.
fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(20_000..32_000)).take(1_000).find(is_free).expect("a free port")
}

fn is_healthy(address: SocketAddr) -> bool {
    let answer = || -> std::io::Result<Vec<u8>> {
        let patience = Duration::from_secs(5);
        let mut stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    answer().is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200"))
}
