use std::env::consts::EXE_SUFFIX;
use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::error::Error;
use crate::store::PATIENCE;

/// What a replica says before its address, once it can be sent requests.
pub(crate) const READY: &str = "ready ";

/// A process of the service. It is killed when this is dropped.
pub(crate) struct Replica {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Replica {
    /// Starts one of the release whose binary has this name, and waits until it is ready.
    pub(crate) async fn start(binary: &'static str, url: &str) -> Result<Self, Error> {
        let failed = |source| Error::Start("replica", source);
        let demonstration = std::env::current_exe().map_err(failed)?;
        let program = demonstration.with_file_name(format!("{binary}{EXE_SUFFIX}"));
        if !program.is_file() {
            return Err(Error::NotBuilt(binary));
        }
        let mut command = Command::new(program);
        command.arg(url).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn().map_err(failed)?;
        let stdout = process.stdout.take().ok_or(Error::Ended("replica"))?;
        let said = timeout(PATIENCE, ready(BufReader::new(stdout).lines())).await;
        let address = said.map_err(|_| Error::NotReady("replica", PATIENCE))?.ok_or(Error::Ended("replica"))?;
        Ok(Self { process, address })
    }

    /// Tells it to finish what it has begun, and waits until it has ended.
    pub(crate) async fn drain(mut self) -> Result<(), Error> {
        drop(self.process.stdin.take());
        let ended = timeout(PATIENCE, self.process.wait()).await.map_err(|_| Error::Late(PATIENCE))?;
        let status = ended.map_err(Error::Drain)?;
        if status.success() { Ok(()) } else { Err(Error::Exit(status)) }
    }
}

async fn ready(mut lines: Lines<BufReader<ChildStdout>>) -> Option<SocketAddr> {
    let line = lines.next_line().await.ok()??;
    line.strip_prefix(READY)?.parse().ok()
}
