use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use migrate_runtime::cli;

use super::connection::Connection;

/// A command over databases, and how to reach them.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    pub(crate) command: cli::Command,
}

/// Each command of the runtime is a command here, with the options of the connection added to its own: a new one needs
/// nothing but to be there.
impl Subcommand for Database {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        let own = cli::Command::augment_subcommands(clap::Command::new("database"));
        let with_connection = |one: &clap::Command| Connection::augment_args(one.clone());
        command.subcommands(own.get_subcommands().map(with_connection))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        cli::Command::has_subcommand(name)
    }
}

impl FromArgMatches for Database {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let command = cli::Command::from_arg_matches(matches)?;
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (_, matches) = matches.subcommand().ok_or_else(missing)?;
        Ok(Self { connection: Connection::from_arg_matches(matches)?, command })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
