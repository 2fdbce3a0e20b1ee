use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use migrate_core::Version;

/// Checks, locks and shows the SurrealDB schema migrations of a folder.
///
/// Exit codes: 0 done, 1 the folder has errors or the work failed, 2 the command line cannot be understood.
#[derive(Debug, Parser)]
#[command(name = "cargo-migrate", bin_name = "cargo migrate", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reports everything that a build would say about the folder, and what each migration does.
    Check(Check),
    /// Writes migrations.lock: what it holds has been shipped and may not change any more.
    Lock(Lock),
    /// Shows the schema that the migrations give, as the database would report it.
    Catalog(Catalog),
}

#[derive(Debug, Parser)]
pub(crate) struct Folder {
    /// The migrations folder.
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Parser)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// How to print the result: for a person, or as one JSON object on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Makes migrations that are not locked yet an error, as a release build does.
    #[arg(long)]
    pub(crate) locked: bool,
}

#[derive(Debug, Parser)]
pub(crate) struct Lock {
    #[command(flatten)]
    pub(crate) folder: Folder,
}

#[derive(Debug, Parser)]
pub(crate) struct Catalog {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The version after which to show it; the last one unless given.
    #[arg(long, value_name = "VERSION")]
    pub(crate) at: Option<Version>,
    /// How to print it: a definition a line, or one JSON object from `kind name` to definition.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    #[default]
    Table,
    /// For a program.
    Json,
}
