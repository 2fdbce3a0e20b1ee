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
    let machine = Machine::this();
    let rows = all(args).await?;
    println!("{}\n", table::render(&rows));
    let targets = targets::targets(&rows);
    for target in &targets {
        println!("{target}");
    }
    println!("\nWhat each does:");
    for who in Contender::value_variants() {
        println!("    {}: {}", who.name(), who.does());
    }
    if let Some(path) = &args.json {
        let does: Vec<_> = Contender::value_variants().iter().map(|who| json!({ "who": who.name(), "does": who.does() })).collect();
        let all = json!({ "machine": machine, "rows": rows, "targets": targets, "who": does });
        std::fs::write(path, serde_json::to_string_pretty(&all)? + "\n")?;
    }
    Ok(())
}

/// Asks every question.
async fn all(args: &Args) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for &place in &args.places {
        for &fleet in args.fleets.iter().filter(|_| args.asks(Question::UpToDate)) {
            eprintln!("up to date, {}, {} × {} …", place.name(), fleet.contexts, fleet.migrations);
            rows.extend(up_to_date::near(args, place, fleet).await?);
        }
        if place == Place::Server && args.asks(Question::Latency) {
            eprintln!("up to date, 2 ms away …");
            rows.extend(up_to_date::far(args, DISTANT).await?);
        }
        for &length in args.chains.iter().filter(|_| args.asks(Question::Fresh)) {
            eprintln!("fresh, {}, {length} migrations …", place.name());
            rows.extend(fresh::fresh(args, place, length).await?);
        }
        if place == Place::Server && args.asks(Question::Replicas) {
            rows.extend(replicas::replicas(args).await?);
        }
    }
    Ok(rows)
}
