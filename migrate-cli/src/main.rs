//! `cargo migrate`: the developer's tool over a folder of SurrealDB schema migrations.
//!
//! It loads a folder exactly as a build does, so what it says is what a build would say. Exit codes: 0 done, 1 the
//! folder has errors or the work failed, 2 the command line cannot be understood, 3 a check found something pending or a drift.
#![forbid(unsafe_code)]

// What every command is told, how it speaks, and how it ends.
mod annotation;
mod args;
mod database;
mod diagnostic;
mod failure;
mod folder;
mod help;
mod outcome;
mod replace;
mod terminal;

// The commands over a folder.
mod catalog;
mod check;
mod diff;
mod explain;
mod graph;
mod init;
mod lock;
mod new;
mod schema_files;
mod shell;
mod tag;
mod template;
mod undo_text;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches, ValueEnum};

use crate::args::{Args, Command, Global, Style};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::Terminal;

fn main() -> ExitCode {
    // `cargo migrate check` runs `cargo-migrate migrate check`.
    let mut words: Vec<_> = std::env::args_os().collect();
    if words.get(1).is_some_and(|word| word == "migrate") {
        words.remove(1);
    }
    let is_json = asks_for_json(&words);
    let matches = Args::command().color(choice(&words)).try_get_matches_from(words);
    let Args { global, command } = match matches.and_then(|mut matches| Args::from_arg_matches_mut(&mut matches)) {
        Ok(args) => args,
        Err(error) => return failure::report_usage(&error, is_json),
    };
    let terminal = Terminal::new(&global);
    match run(command, &global, terminal) {
        Ok(outcome) => outcome.exit(),
        Err(failure) => failure.report(terminal),
    }
}

fn run(command: Command, global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    if !command.styles().contains(&global.format) {
        let name = |style: &Style| style.to_possible_value().map(|value| value.get_name().to_owned());
        let known: Vec<_> = command.styles().iter().filter_map(name).collect();
        return Err(Failure::Usage(format!("this command prints its result as {}", known.join(" or "))));
    }
    match command {
        Command::Init => init::run(global, terminal),
        Command::New(args) => new::run(&args, global, terminal),
        Command::Check(args) => check::run(&args, global, terminal),
        Command::Lock => lock::run(global, terminal),
        Command::Catalog(args) => catalog::run(&args, global, terminal),
        Command::Diff(args) => diff::run(&args, global, terminal),
        Command::Graph => graph::run(global, terminal),
        Command::UndoText(args) => undo_text::run(&args, global, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Database(args) => database::run(args, global, terminal),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    }
}

/// Whether the words ask for JSON, as far as that can be told of words that make no command.
fn asks_for_json(words: &[OsString]) -> bool {
    says(words, "--format", "json")
}

/// In which colours help and mistakes are told, which is before the words make a command.
fn choice(words: &[OsString]) -> ColorChoice {
    if says(words, "--color", "always") {
        ColorChoice::Always
    } else if says(words, "--color", "never") {
        ColorChoice::Never
    } else {
        ColorChoice::Auto
    }
}

fn says(words: &[OsString], option: &str, value: &str) -> bool {
    let is_pair = |pair: &[OsString]| pair[0] == option && pair[1] == value;
    let is_one =
        |word: &OsString| word.to_str().and_then(|word| word.strip_prefix(option)) == Some(&format!("={value}"));
    words.windows(2).any(is_pair) || words.iter().any(is_one)
}
