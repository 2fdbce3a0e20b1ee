//! Measures what migrations cost, against the limit and against the peers.
//!
//!     cargo run --release --manifest-path tests/benchmark/Cargo.toml
//!
//! What is compared is measured in one run, in turns, on one engine, so that the ratios mean something where the times do not.
#![forbid(unsafe_code)]

mod args;
mod cell;
mod chain;
mod contender;
mod cpu;
mod fleet;
mod frames;
mod fresh;
mod limit;
mod loops;
mod machine;
mod memory;
mod ours;
mod peers;
mod proxy;
mod replicas;
mod rounds;
mod row;
mod server;
mod site;
mod spread;
mod state;
mod table;
mod targets;
mod up_to_date;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use serde_json::json;

use crate::args::{Args, Place, Question};
use crate::cell::Cell;
use crate::contender::Contender;
use crate::machine::Machine;
use crate::row::Row;

/// What goes wrong where nobody is measured ends the benchmark.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The fleet that is asked about from a distance.
const DISTANT: Cell = Cell { contexts: 1_000, migrations: 1 };

fn main() -> ExitCode {
    // The server is this program in another role, so that there is one thing to build.
    if std::env::args().nth(1).as_deref() == Some(server::ROLE) {
        return server::serve();
    }
    let args = Args::parse();
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::from);
    match runtime.and_then(|runtime| runtime.block_on(run(&args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Failure> {
    if let Some(who) = args.memory_of {
        return memory::print(args, who).await;
    }
    let mut found = Found { machine: Machine::this(), rows: Vec::new() };
    found.ask_all(args).await?;
    println!("{}\n", table::render(&found.rows));
    for target in targets::targets(&found.rows) {
        println!("{target}");
    }
    println!("\nWhat each does:");
    for who in Contender::value_variants() {
        println!("    {}: {}", who.name(), who.does());
    }
    Ok(())
}

/// What was measured so far.
struct Found {
    machine: Machine,
    rows: Vec<Row>,
}

impl Found {
    async fn ask_all(&mut self, args: &Args) -> Result<(), Failure> {
        for &place in &args.places {
            for &fleet in args.fleets.iter().filter(|_| args.asks(Question::UpToDate)) {
                eprintln!("up to date, {}, {} × {} …", place.name(), fleet.contexts, fleet.migrations);
                self.add(args, up_to_date::near(args, place, fleet).await?)?;
            }
            if place == Place::Server && args.asks(Question::Latency) {
                eprintln!("up to date, 2 ms away …");
                self.add(args, up_to_date::far(args, DISTANT).await?)?;
            }
            for &length in args.chains.iter().filter(|_| args.asks(Question::Fresh)) {
                eprintln!("fresh, {}, {length} migrations …", place.name());
                self.add(args, fresh::fresh(args, place, length).await?)?;
            }
            if place == Place::Server && args.asks(Question::Replicas) {
                self.add(args, replicas::replicas(args).await?)?;
            }
        }
        Ok(())
    }

    /// Keeps rows, and writes all there are: what takes long may be ended by somebody.
    fn add(&mut self, args: &Args, rows: Vec<Row>) -> Result<(), Failure> {
        self.rows.extend(rows);
        let Some(path) = &args.json else { return Ok(()) };
        let does = |who: &Contender| json!({ "who": who.name(), "does": who.does() });
        let does: Vec<_> = Contender::value_variants().iter().map(does).collect();
        let targets = targets::targets(&self.rows);
        let all = json!({ "machine": self.machine, "rows": self.rows, "targets": targets, "who": does });
        Ok(std::fs::write(path, serde_json::to_string_pretty(&all)? + "\n")?)
    }
}
