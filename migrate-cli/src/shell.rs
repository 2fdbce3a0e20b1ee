//! What a shell needs to know about the command line: completions and manual pages.

use std::io::{Write, stdout};

use clap::CommandFactory;
use clap_complete::aot::generate;
use clap_mangen::Man;

use crate::args::{self, Args};
use crate::failure::Failure;
use crate::outcome::Outcome;

/// Prints what makes a shell complete the words of `cargo-migrate`.
pub(crate) fn completions(args: &args::Completions) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut command(), "cargo-migrate", &mut script);
    let script = String::from_utf8_lossy(&script);
    // The generator calls a program with a hyphen by two names, so that bash would find no words behind a command.
    stdout().write_all(script.replace("cargo__subcmd__migrate", "cargo__migrate").as_bytes())?;
    Ok(Outcome::Done)
}

/// Prints the manual page, or writes all of them.
pub(crate) fn man(args: &args::Man) -> Result<Outcome, Failure> {
    match &args.into {
        Some(folder) => clap_mangen::generate_to(command(), folder)
            .map_err(|source| Failure::Write { path: folder.clone(), source })?,
        None => Man::new(command()).render(&mut stdout())?,
    }
    Ok(Outcome::Done)
}

/// The command by the name of its program, which is what a shell sees.
fn command() -> clap::Command {
    Args::command().bin_name("cargo-migrate")
}
