use clap::{Args, ValueEnum};

/// How a command shows what it found and how far it is.
///
/// Its options are found behind `migrate` and behind each command. A program's own global options need other names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Presentation {
    /// How to print the result: for a person, or as one JSON object on standard output.
    // Global ones are handed to the commands around them too, where an option of that id may be of another type.
    #[arg(long, id = "migrate_format", value_name = "FORMAT", value_enum, default_value_t, global = true)]
    pub format: Format,
    /// Shows no progress.
    #[arg(long, short, id = "migrate_quiet", global = true)]
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
