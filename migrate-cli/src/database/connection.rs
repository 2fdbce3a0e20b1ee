use std::path::PathBuf;

use clap::{Args, ValueEnum};
use migrate_runtime::Context;

use super::address::Address;
use super::error::Error;
use super::secret::Secret;

/// How to reach the database, and as whom.
///
/// No value of these is ever printed: the environment and the command line may hold secrets.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Where the database is: ws, wss, http or https; mem:// and surrealkv:// where this is built with engines.
    #[arg(long, value_name = "URL", env = "SURREAL_URL", hide_env_values = true)]
    url: String,
    /// The user.
    #[arg(long, value_name = "NAME", env = "SURREAL_USER", hide_env_values = true)]
    user: Option<String>,
    /// The user's password; better in the environment, which no list of processes shows.
    #[arg(long, value_name = "PASSWORD", env = "SURREAL_PASS", hide_env_values = true)]
    pass: Option<Secret>,
    /// A token to sign in with, instead of a user and a password.
    #[arg(long, value_name = "TOKEN", env = "SURREAL_TOKEN", hide_env_values = true)]
    token: Option<Secret>,
    /// What the user is a user of.
    #[arg(
        long,
        value_name = "LEVEL",
        value_enum,
        default_value_t,
        env = "SURREAL_AUTH_LEVEL",
        hide_env_values = true,
        ignore_case = true
    )]
    pub(crate) auth_level: Level,
    /// The namespace of the user, unless it is the one that the command is about.
    #[arg(long, value_name = "NAMESPACE", env = "SURREAL_NAMESPACE", hide_env_values = true)]
    pub(crate) auth_ns: Option<String>,
    /// The database of the user, unless it is the one that the command is about. Where both are in the environment or given, and the
    /// command selects no database, they are the database that it is about.
    #[arg(long, value_name = "DATABASE", env = "SURREAL_DATABASE", hide_env_values = true)]
    pub(crate) auth_db: Option<String>,
    /// Trusts the certificates in this PEM file, and no others, where the address begins with wss or https: for a server
    /// whose certificate is its own or of an authority of yours.
    #[arg(long, value_name = "FILE", env = "SURREAL_CA_CERT", hide_env_values = true)]
    pub(crate) ca_cert: Option<PathBuf>,
    /// How long to wait for a server that does not answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) wait: u32,
    /// The system context that holds the fleet index, where the servers have one.
    #[arg(long, value_name = "NAMESPACE/DATABASE", value_parser = context)]
    pub(crate) index: Option<Context>,
}

/// What a user is a user of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// The whole server
    #[default]
    Root,
    /// A namespace
    #[value(alias = "ns")]
    Namespace,
    /// A database
    #[value(alias = "db")]
    Database,
}

/// By what the database knows who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Credentials<'a> {
    None,
    User { name: &'a str, password: &'a Secret },
    Token(&'a Secret),
}

impl Connection {
    pub(crate) fn address(&self) -> Result<Address<'_>, Error> {
        Address::parse(&self.url)
    }

    pub(crate) fn credentials(&self) -> Result<Credentials<'_>, Error> {
        match (&self.token, &self.user, &self.pass) {
            (Some(token), ..) => Ok(Credentials::Token(token)),
            (None, Some(name), Some(password)) => Ok(Credentials::User { name, password }),
            (None, None, None) => Ok(Credentials::None),
            (None, Some(_), None) => Err(Error::HalfACredential { missing: "SURREAL_PASS" }),
            (None, None, Some(_)) => Err(Error::HalfACredential { missing: "SURREAL_USER" }),
        }
    }

    /// The context that is meant where the command selects none.
    pub(crate) fn context(&self) -> Result<Option<Context>, Error> {
        let (Some(namespace), Some(database)) = (&self.auth_ns, &self.auth_db) else { return Ok(None) };
        Ok(Some(Context::new(namespace, database).map_err(Error::Context)?))
    }
}

fn context(text: &str) -> Result<Context, String> {
    let (namespace, database) = text.split_once('/').ok_or("it is written NAMESPACE/DATABASE, such as ops/system")?;
    Context::new(namespace, database).map_err(|error| error.to_string())
}
