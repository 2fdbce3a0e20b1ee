use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use migrate_core::Version;

/// Checks, locks and shows the SurrealDB schema migrations of a folder.
///
/// Exit codes: 0 done, 1 the folder has errors or the work failed, 2 the command line cannot be understood, 3 a check found something
/// pending or a drift.
#[derive(Debug, Parser)]
#[command(name = "cargo-migrate", bin_name = "cargo migrate", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command is told.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The migrations folder. `graph` takes several.
    #[arg(long, global = true, value_name = "DIR", default_value = "migrations")]
    pub(crate) dir: Vec<PathBuf>,
    /// How to print the result: for a person, or for a program on standard output.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Style,
    /// When to use colours: `auto` where a person looks, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Color,
    /// Says nothing but what is wrong and what was asked for: no warnings, no notes.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Style {
    /// For a person.
    #[default]
    Table,
    /// One JSON object, also where something fails: then it holds `error`.
    Json,
    /// Annotations of a pull request on GitHub (`check`).
    Github,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reports everything that a build would say about the folder, and what each migration does.
    Check(Check),
    /// Writes migrations.lock: what it holds has been shipped and may not change any more.
    Lock,
    /// Shows the schema that the migrations give, as the database would report it.
    Catalog(Catalog),
    /// Prints what makes a shell complete the words of this command.
    Completions(Completions),
    /// Prints the manual page, or writes one for each command into a folder.
    Man(Man),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Makes migrations that are not locked yet an error, as a release build does.
    #[arg(long)]
    pub(crate) locked: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Catalog {
    /// The version after which to show it; the last one unless given.
    #[arg(long, value_name = "VERSION")]
    pub(crate) at: Option<Version>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The folder to write all pages into, which must exist.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) into: Option<PathBuf>,
}

impl Command {
    /// The ways in which it can print its result.
    pub(crate) const fn styles(&self) -> &'static [Style] {
        match self {
            Self::Check(_) => &[Style::Table, Style::Json, Style::Github],
            _ => &[Style::Table, Style::Json],
        }
    }
}
