use clap::{Args, ValueEnum};

/// How a command shows what it found and how far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Presentation {
    /// How to print the result: for a person, or as one JSON object on standard output.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: Format,
    /// Shows no progress.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person.
    #[default]
    Table,
    /// For a program.
    Json,
}
