//! The database server, as another process of this program.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio, exit};
use std::time::{Duration, Instant};
use std::{io, thread};

use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::auth::Root;

use crate::Failure;

/// The first argument of the process that is the server: the command of the server's own command line.
pub(crate) const ROLE: &str = "start";

/// A server that keeps everything in memory, and ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    process: Child,
}

impl Server {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let process = Command::new(std::env::current_exe()?)
            .args([ROLE, "--no-banner", "--user", "root", "--pass", "root", "--log", "error"])
            .args(["--bind", &address.to_string(), "memory"])
            .stdin(Stdio::piped())
            .spawn()?;
        let mut server = Self { address, process };
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.process.try_wait()? {
                return Err(format!("the server ended: {status}").into());
            }
            if begin.elapsed() > Duration::from_mins(1) {
                return Err("the server does not answer".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone either way.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A new connection, signed in where there is somebody to sign in to.
pub(crate) async fn connection(url: &str) -> Result<Surreal<Any>, Failure> {
    let db = connect(url).await?;
    if !url.starts_with("mem") {
        db.signin(Root { username: "root".to_owned(), password: "root".to_owned() }).await?;
    }
    Ok(db)
}

/// Is the server, until whoever started it is gone.
pub(crate) fn serve() -> ExitCode {
    thread::spawn(|| {
        let mut rest = io::stdin().lock();
        while rest.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
        exit(1);
    });
    surrealdb_server::init(surrealdb_server::core::CommunityComposer())
}
