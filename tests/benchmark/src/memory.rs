//! What a large fleet takes in memory, in a process that does nothing else.

use std::fs;
use std::process::Stdio;

use tokio::process::Command;

use crate::Failure;
use crate::args::Args;
use crate::cell::Cell;
use crate::chain::Chain;
use crate::contender::Contender;
use crate::fleet::fleet;
use crate::server::{Server, connection};

/// Lets another process find out that a fleet is up to date, and tells by how much that raised its peak, in MiB.
pub(crate) async fn measure(args: &Args, who: Contender, cell: Cell, server: &Server) -> Result<f64, Failure> {
    let name = clap::ValueEnum::to_possible_value(&who).ok_or("it has no name")?;
    let output = Command::new(std::env::current_exe()?)
        .args(["--memory-of", name.get_name(), "--url", &server.url()])
        .args(["--memory-fleet", &format!("{}x{}", cell.contexts, cell.migrations)])
        .args(["--fleet-tables", &args.fleet_tables.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .await?;
    if !output.status.success() {
        return Err(format!("the process whose memory is measured ended: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Is that other process: connected, idle, and then at work. The names of the contexts are part of what it takes.
pub(crate) async fn print(args: &Args, who: Contender) -> Result<(), Failure> {
    let url = args.url.as_deref().ok_or("there is no server")?;
    let (db, chain) = (connection(url).await?, Chain::new(args.memory_fleet.migrations, args.fleet_tables)?);
    // Resets the peak (proc(5)).
    fs::write("/proc/self/clear_refs", "5")?;
    let before = peak()?;
    who.look(&db, &fleet(who.namespace(), args.memory_fleet.contexts)?, chain).await?;
    println!("{}", (peak()? - before) / 1024.0);
    Ok(())
}

/// The most memory that this process has had since the peak was reset, in KiB.
fn peak() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system does not tell")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
