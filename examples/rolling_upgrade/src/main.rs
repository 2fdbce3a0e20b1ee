//! Replaces the replicas of a service one by one by those of the next release, back and forth again, under load.
//!
//! One executable is everything that takes part, each in a process of its own: the database server (`start`, as
//! `surreal start`), the replicas of either release (`serve`), and the demonstration, which starts the others.
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

use crate::args::{Args, Role};
use crate::error::{Error, with_causes};

fn main() -> ExitCode {
    // The server reads its own arguments, which are those of `surreal`.
    if std::env::args_os().nth(1).is_some_and(|role| role == database::ROLE) {
        stdin::exit_at_its_end();
        return surrealdb_server::init(surrealdb_server::core::CommunityComposer());
    }
    match run(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            // `eprintln!` would panic where nobody reads standard error.
            let _ = writeln!(io::stderr(), "error: {}", with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, Error> {
    let runtime = Runtime::new().map_err(Error::Runtime)?;
    match &args.role {
        Some(Role::Serve { release, url }) => {
            runtime.block_on(service::serve(*release, url))?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let report = runtime.block_on(demonstration::run(args))?;
            report.print(args.format, &mut io::stdout().lock()).map_err(Error::Output)?;
            Ok(if report.is_flawless() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}
