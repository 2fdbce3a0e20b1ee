use clap::{Parser, ValueEnum};

/// Upgrades, downgrades and upgrades a service again while it is used, replica by replica, and
/// counts the requests that fail.
///
/// Everything runs in processes of its own on the loopback, and ends with this one.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment, after_long_help = EXIT)]
pub(crate) struct Args {
    /// How many replicas serve at a time.
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) replicas: u8,

    /// How many tenants there are, each with a database of its own.
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) tenants: u8,

    /// For a person or for a program.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Table,
    Json,
}

/// One replica of a service that keeps notes.
///
/// It says `ready` and its address once it can be sent requests, and ends when its standard input does.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Serve {
    /// Where the database is.
    pub(crate) url: String,
}

const EXIT: &str = "\
Exit code:
  0  no request failed, and every write that was confirmed is there
  1  one failed or is not there, or something could not be started
  2  the arguments are wrong";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_defined_soundly() {
        Args::command().debug_assert();
        Serve::command().debug_assert();
    }
}
