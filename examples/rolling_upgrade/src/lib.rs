//! Replaces the replicas of a service one by one by those of the next release, back and forth again, under load.
//!
//! Whatever takes part is a process of its own. `notes_v1` and `notes_v2` are two releases of one service, each a binary
//! that carries its own schema and no other. `rolling_upgrade` is the demonstration, which starts them, and the database
//! server (`start`, as `surreal start`). This library is what they share.
#![forbid(unsafe_code)]

mod args;
mod database;
mod demonstration;
mod error;
mod load;
mod release;
mod replica;
mod report;
mod service;
mod stdin;
mod store;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use crate::args::{Args, Serve};
use crate::error::{Error, with_causes};
pub use crate::release::{MODULE, NEWEST, Release};

/// One replica of a release: serves until its standard input ends.
pub fn serve(release: &'static Release) -> ExitCode {
    let Serve { url } = Serve::parse();
    ended(run(service::serve(release, &url)).map(|()| ExitCode::SUCCESS))
}

/// The demonstration, or the database server that it starts.
pub fn demonstrate() -> ExitCode {
    // The server reads its own arguments, which are those of `surreal`.
    if std::env::args_os().nth(1).is_some_and(|role| role == database::ROLE) {
        stdin::exit_at_its_end();
        return surrealdb_server::init(surrealdb_server::core::CommunityComposer());
    }
    let args = Args::parse();
    let shown = run(demonstration::run(&args)).and_then(|report| {
        report.print(args.format, &mut io::stdout().lock()).map_err(Error::Output)?;
        Ok(if report.is_flawless() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    });
    ended(shown)
}

fn run<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    Runtime::new().map_err(Error::Runtime)?.block_on(work)
}

fn ended(result: Result<ExitCode, Error>) -> ExitCode {
    result.unwrap_or_else(|error| {
        // `eprintln!` would panic where nobody reads standard error.
        let _ = writeln!(io::stderr(), "error: {}", with_causes(&error));
        ExitCode::FAILURE
    })
}
