//! `cargo migrate`: the developer's tool over a folder of SurrealDB schema migrations.
//!
//! It loads a folder exactly as a build does, so what it says is what a build would say. Exit codes: 0 done, 1 the
//! folder has errors or the work failed, 2 the command line cannot be understood.
#![forbid(unsafe_code)]

mod args;
mod catalog;
mod check;
mod failure;
mod folder;
mod lock;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    // `cargo migrate check` runs `cargo-migrate migrate check`.
    let mut words: Vec<_> = std::env::args_os().collect();
    if words.get(1).is_some_and(|word| word == "migrate") {
        words.remove(1);
    }
    let result = match Args::parse_from(words).command {
        Command::Check(args) => check::run(&args),
        Command::Lock(args) => lock::run(&args),
        Command::Catalog(args) => catalog::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
