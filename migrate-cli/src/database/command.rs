use clap::builder::{Resettable, StyledStr};
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use migrate_runtime::cli;

use super::connection::Connection;

/// A command over databases, and how to reach them.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    pub(crate) command: cli::Command,
}

/// There are never so many commands over files.
const BEHIND_FILES: usize = 100;

/// Each command of the runtime is a command here, with the options of the connection added to its own: a new one needs
/// nothing but to be there.
impl Subcommand for Database {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        let own = cli::Command::augment_subcommands(clap::Command::new("database"));
        // Behind the commands over files, in the order that they have among themselves.
        let in_order =
            |(at, command): (usize, clap::Command)| with_connection(command).display_order(BEHIND_FILES + at);
        command.subcommands(own.get_subcommands().cloned().enumerate().map(in_order))
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
        let (_, mut matches) = matches.subcommand().ok_or_else(missing)?;
        while let Some((_, inner)) = matches.subcommand() {
            matches = inner;
        }
        Ok(Self { connection: Connection::from_arg_matches(matches)?, command })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The options of the connection stand behind the last word of a command, where one would write them.
fn with_connection(command: clap::Command) -> clap::Command {
    let command = as_called_here(command);
    if command.has_subcommands() {
        return command.mut_subcommands(with_connection);
    }
    // It would say what the connection is instead of what the command does.
    let as_it_was = |text: Option<&StyledStr>| text.cloned().map_or(Resettable::Reset, Resettable::Value);
    let (about, long_about) = (as_it_was(command.get_about()), as_it_was(command.get_long_about()));
    Connection::augment_args(command).about(about).long_about(long_about)
}

/// Examples say how the command is called inside of any server, `migrate …`.
fn as_called_here(command: clap::Command) -> clap::Command {
    let here = |text: &StyledStr| text.to_string().replace("\n  migrate ", "\n  cargo migrate ");
    let (after, after_long) = (command.get_after_help().map(here), command.get_after_long_help().map(here));
    let told = |text: Option<String>| text.map_or(Resettable::Reset, |text| Resettable::Value(text.into()));
    command.after_help(told(after)).after_long_help(told(after_long))
}
