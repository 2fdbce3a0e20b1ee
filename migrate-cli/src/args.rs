use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use migrate_build::{MigrationName, Rename, Revision};
use migrate_runtime::cli::Coloring;

use crate::database::Database;
use crate::help;

/// Checks, locks and shows the SurrealDB schema migrations of a folder.
///
/// Exit codes: 0 done, 1 the folder has errors or the work failed, 2 the command line cannot be understood, 3 a check found something
/// pending or a drift.
#[derive(Debug, Parser)]
#[command(name = "cargo-migrate", bin_name = "cargo migrate", version, arg_required_else_help = true, term_width = 80)]
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
    /// The migrations folder. `graph` and the commands over databases take several.
    #[arg(long, global = true, value_name = "DIR", default_value = "migrations")]
    pub(crate) dir: Vec<PathBuf>,
    /// How to print the result: for a person, or for a program on standard output.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Style,
    /// When to use colours: `auto` where a person looks, as `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` say.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Coloring,
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
    /// The language of Graphviz (`graph`).
    Dot,
    /// The language of Mermaid, which GitHub draws in Markdown (`graph`).
    Mermaid,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Begins a migrations folder, with all that a crate needs to embed it.
    ///
    /// It makes the folder with a first migration and a migrations.toml, writes build.rs where the crate has none, and prints the
    /// lines that Cargo.toml, main.rs and an existing build.rs need. What is there stays as it is, so that it can be run again.
    #[command(after_long_help = help::INIT)]
    Init,
    #[command(after_long_help = help::NEW)]
    New(New),
    /// Reports everything that a build would say about the folder, and what each migration does.
    ///
    /// Diagnostics go to standard error, the table of migrations to standard output. `--format github` prints annotations of a pull
    /// request instead, `--format json` one object with all of it.
    #[command(after_long_help = help::CHECK)]
    Check(Check),
    /// Writes migrations.lock: what it holds has been shipped and may not change any more.
    ///
    /// Entries are added for migrations that are not in it yet, and for corrections that migrations.toml accepts. Where a locked one was
    /// changed otherwise, nothing is written.
    #[command(after_long_help = help::LOCK)]
    Lock,
    /// Shows the schema that the migrations give, as the database would report it.
    ///
    /// No database is asked: the build's own model of it folds the chain.
    #[command(after_long_help = help::CATALOG)]
    Catalog(Catalog),
    #[command(after_long_help = help::DIFF)]
    Diff(Diff),
    /// Shows the chains of one or several folders: versions, what they require, and their tags.
    ///
    /// As a table, as JSON, or in the language of Graphviz (`--format dot`) or Mermaid (`--format mermaid`).
    #[command(after_long_help = help::GRAPH)]
    Graph,
    /// Shows the text that undoes a migration, and what running it loses.
    ///
    /// It is that of the down file where there is one, and otherwise derived from the schemas before and after. `undo` runs it.
    #[command(after_long_help = help::UNDO_TEXT)]
    UndoText(UndoText),
    /// Explains a diagnostic by its code or name, or lists all of them.
    ///
    /// What is wrong, an example, what to do, and whether a file may allow it.
    #[command(after_long_help = help::EXPLAIN)]
    Explain(Explain),
    #[command(flatten)]
    Database(Box<Database>),
    /// Prints what makes a shell complete the words of this command.
    ///
    /// The words are those of the program `cargo-migrate`, which may be called by that name as well.
    #[command(display_order = 1_000, after_long_help = help::COMPLETIONS)]
    Completions(Completions),
    /// Prints the manual page, or writes one for each command into a folder.
    #[command(display_order = 1_001, after_long_help = help::MAN)]
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
    /// The version or tag after which to show it; the last one unless given.
    #[arg(long, value_name = "VERSION")]
    pub(crate) at: Option<Revision>,
}

/// Writes the next migration: a template, or the way to a desired schema.
///
/// A plain template holds no statement, so that it cannot be shipped by accident; `--phased` writes an example to be replaced. With `--from`, the way from the last version to a schema is
/// written: nothing where nothing changed, and what loses data, refuses older binaries or looks like a rename only where
/// `--force`, `--phased` or `--rename` says so.
#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// Its name: `add_bio` for `V3__add_bio.surql`.
    pub(crate) name: MigrationName,
    /// Writes a manifest of phases instead: `V3__add_bio.toml`.
    #[arg(long)]
    pub(crate) phased: bool,
    /// Gives the new version a name, in migrations.toml.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<Revision>,
    /// What the schema shall be: a file of `DEFINE` statements, or a folder of such `.surql` files. May be given several times.
    #[arg(long, value_name = "PATH")]
    pub(crate) from: Vec<PathBuf>,
    /// What has a new name, so that its rows or values are taken along: `old=new` for a table, `table.old=new` for a field.
    #[arg(long, value_name = "OLD=NEW", requires = "from")]
    pub(crate) rename: Vec<Rename>,
    /// Writes what loses data or refuses older binaries as well, and allows it in the file.
    #[arg(long, requires = "from")]
    pub(crate) force: bool,
}

/// Shows how the schemas of two versions, or of two folders, differ.
///
/// Each side is a version or a tag of the folder, `0` for the empty schema, or another migrations folder, whose last schema it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The earlier side.
    #[arg(value_name = "A")]
    pub(crate) before: String,
    /// The later side.
    #[arg(value_name = "B")]
    pub(crate) after: String,
    /// Exits with 3 if they differ.
    #[arg(long)]
    pub(crate) exit_code: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct UndoText {
    /// The version or tag of the migration.
    #[arg(value_name = "VERSION")]
    pub(crate) version: Revision,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// `M302`, or `data-loss`.
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// For which shell.
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
            Self::Graph => &[Style::Table, Style::Json, Style::Dot, Style::Mermaid],
            _ => &[Style::Table, Style::Json],
        }
    }
}
