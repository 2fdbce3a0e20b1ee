use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use migrate_runtime::cli;

use crate::tenant::Tenant;

/// Serves the notes of many tenants, each of which has a database of its own.
///
/// The schema is compiled into this binary. A tenant's database is brought to it when the
/// first request for it arrives, or beforehand with `--eager`. A tenant that cannot be
/// brought there is answered with 503 and the reason; all others are served.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes any that is free. The address is printed to standard output.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub(crate) listen: SocketAddr,

    /// Keep the database in this folder; made where there is none. Without it and `--url`, everything is in memory and
    /// gone at the end.
    #[arg(long, value_name = "DIR", value_parser = folder)]
    pub(crate) data: Option<PathBuf>,

    /// Use the SurrealDB server at this address instead of an embedded one, such as `ws://127.0.0.1:8001`, as the user
    /// that the environment names in `SURREAL_USER` and `SURREAL_PASS`.
    #[arg(long, value_name = "URL", conflicts_with = "data", value_parser = url)]
    pub(crate) url: Option<String>,

    /// How long to wait for that server when it is not up yet.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u16,

    /// What that user is a user of.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t)]
    pub(crate) user_of: Level,

    /// Bring all tenants that exist up to date in the background, beginning at once; `/ready` says when it is done.
    #[arg(long)]
    pub(crate) eager: bool,

    /// How long a request waits while its tenant is migrated. After that it is answered with 503, and the migration
    /// goes on.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    patience: u16,

    /// How long requests and migrations under way have to end after SIGTERM or SIGINT.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    grace: u16,

    /// Migrate all tenants that exist, print the report and end, without listening: for an init container or a
    /// maintenance job.
    #[arg(long, conflicts_with = "eager")]
    pub(crate) migrate_only: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Break this tenant before serving; can be given several times.
    ///
    /// Its database is replaced by one as a prototype would have left it, with a table `note` that somebody made by
    /// hand: what it held is lost, and V1 of the schema cannot be applied.
    #[arg(long = "break", value_name = "TENANT", value_parser = tenant)]
    pub(crate) broken: Vec<Tenant>,
}

/// What it does instead of listening.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Looks after the databases of the tenants.
    Migrate(cli::Migrate),
}

/// What a user of the server is a user of.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Level {
    /// The whole server
    #[default]
    Root,
    /// The namespace of the tenants
    Namespace,
}

const EXAMPLES: &str = "\
Examples:
  axum_server                        in memory, on http://127.0.0.1:8000
  axum_server --data ./data --eager  on disk, all tenants migrated at the start
  SURREAL_USER=root SURREAL_PASS=root axum_server --url ws://127.0.0.1:8001
  axum_server --data ./data migrate status   where each tenant stands; nothing is written
  axum_server --data ./data --migrate-only   all tenants migrated, and nobody served

  curl -X POST localhost:8000/contexts/acme
  curl localhost:8000/notes -H 'x-tenant: acme' --json '{\"text\": \"buy milk\"}'
  curl localhost:8000/notes -H 'x-tenant: acme'

Exit code:
  0  it was told to stop, by SIGTERM or SIGINT, and did; or every tenant is migrated
  1  it could not start or went wrong; or a tenant could not be migrated
  2  the arguments are wrong
  3  `migrate status` found that something is pending";

impl Args {
    /// Reads the arguments, and ends the process with a message where they are wrong or ask for help.
    pub(crate) fn get() -> Self {
        let args = Self::parse();
        // Not where the address is parsed: what cannot be parsed is quoted.
        if args.url.as_deref().is_some_and(holds_credentials) {
            let message = "the address in --url holds credentials: put them into SURREAL_USER and SURREAL_PASS";
            Self::command().error(ErrorKind::ValueValidation, message).exit();
        }
        args
    }

    /// How long to wait for a server that is not up yet.
    pub(crate) fn wait(&self) -> Duration {
        Duration::from_secs(self.wait.into())
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience.into())
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.grace.into())
    }
}

fn tenant(name: &str) -> Result<Tenant, String> {
    Tenant::parse(name).map_err(|error| error.to_string())
}

fn folder(path: &str) -> Result<PathBuf, String> {
    match path {
        "" => Err("a folder has a name".to_owned()),
        path if path.contains('?') => Err("the engine takes what follows a `?` for its options".to_owned()),
        path => Ok(path.into()),
    }
}

fn url(url: &str) -> Result<String, String> {
    if url.starts_with("ws://") || url.starts_with("wss://") {
        Ok(url.to_owned())
    } else {
        Err("it begins with ws:// or wss://".to_owned())
    }
}

fn holds_credentials(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    place.split('/').next().is_some_and(|place| place.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_stand_before_the_host() {
        assert!(holds_credentials("ws://root:pw@db:8000/rpc") && !holds_credentials("ws://db:8000/a@b"));
    }

    #[test]
    fn the_arguments_are_defined_soundly() {
        Args::command().debug_assert();
    }
}
