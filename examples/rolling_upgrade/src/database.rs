//! The database server, in a process of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

use migrate_runtime::Context;
use tokio::process::{Child, ChildStdin, Command};

use crate::error::Error;
use crate::store::{self, Connection};

/// The first argument by which the executable of the demonstration is the server: the command that starts `surreal`.
pub(crate) const ROLE: &str = "start";

/// A server that keeps everything in memory and ends with this.
pub(crate) struct Database {
    process: Child,
    /// Waiting for a child closes what it reads from, and the server ends by that.
    _stdin: Option<ChildStdin>,
    pub(crate) url: String,
}

impl Database {
    pub(crate) fn start() -> Result<Self, Error> {
        let failed = |source| Error::Start("database server", source);
        let address = free_address().map_err(failed)?;
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.args([ROLE, "--no-banner", "--log", "error", "--user", "root", "--pass", "root"]);
        command.args(["--bind", &address, "memory"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut process = command.spawn().map_err(failed)?;
        Ok(Self { _stdin: process.stdin.take(), process, url: format!("ws://{address}") })
    }

    /// A connection, once the server answers.
    pub(crate) async fn connect(&mut self) -> Result<Connection, Error> {
        tokio::select! {
            db = store::open(&self.url) => db,
            _ = self.process.wait() => Err(Error::Ended("database server")),
        }
    }

    /// Ends it, and waits until it is gone.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        self.process.kill().await.map_err(Error::Drain)
    }
}

/// Creates the databases of the tenants. The first replica brings them to its version.
pub(crate) async fn create(db: &Connection, tenants: &[Context]) -> Result<(), Error> {
    for tenant in tenants {
        store::ask(db, tenant, "RETURN NONE;", "").await.map_err(|error| Error::Create(error.into()))?;
    }
    Ok(())
}

/// Somebody else may take the port before the server does; then it ends at once, and so does the demonstration.
fn free_address() -> std::io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.to_string())
}
