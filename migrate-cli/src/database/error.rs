use std::io;
use std::path::PathBuf;

use migrate_runtime::{ContextError, ModulesError};

/// Why no database was worked on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the folders do not fit together: {0}")]
    Modules(#[source] ModulesError),
    #[error("the address of the database is written SCHEME://HOST:PORT, such as ws://127.0.0.1:8000")]
    NoScheme,
    #[error("the address of the database begins with none of {known}")]
    Scheme { known: String },
    #[error(
        "the address of the database holds credentials, which may be seen there: put them into SURREAL_USER and SURREAL_PASS"
    )]
    CredentialsInUrl,
    #[error("a user without a password, or a password without a user, signs in nobody: {missing} is missing")]
    HalfACredential { missing: &'static str },
    #[error("{level} users sign in to {what}: say which by {option}, or name it to the command")]
    UserOfNothing { level: &'static str, what: &'static str, option: &'static str },
    #[error("the namespace and the database of the environment are no context: {0}")]
    Context(#[source] ContextError),
    #[error("{} does not exist, and only `up` creates a database", .0.display())]
    NoFolder(PathBuf),
    #[error(
        "this program is built without the engine for {address}: install it with `--features embedded`, or give the address of a server"
    )]
    NoEngine { address: String },
    #[error(
        "{address} could not be reached within {wait} s: {cause}\n  help: see whether the server is up and the address right, `ws` and `http` without TLS, `wss` and `https` with it; `--wait` says how long to try"
    )]
    Unreachable { address: String, wait: u32, cause: String },
    #[error(
        "{address} shows a certificate that is not trusted: {cause}\n  help: give the certificate of the server or of its authority with `--ca-cert FILE`; a server's own certificate must name its host, and be no authority's (`basicConstraints=CA:FALSE`)"
    )]
    Certificate { address: String, cause: String },
    #[error("{} cannot be used as `--ca-cert`: {cause}", path.display())]
    CaCert { path: PathBuf, cause: String },
    #[error(
        "{address} does not let this user in: {cause}\n  help: check SURREAL_USER and SURREAL_PASS, or SURREAL_TOKEN, and whether `--auth-level`, `--auth-ns` and `--auth-db` say what the user is a user of"
    )]
    SignIn { address: String, cause: String },
    #[error("{address} could not be opened: {cause}")]
    Open { address: String, cause: String },
    #[error("no runtime could be started: {0}")]
    Runtime(#[source] io::Error),
}

impl Error {
    /// Whether another command line would help.
    pub(crate) const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoScheme
                | Self::Scheme { .. }
                | Self::CredentialsInUrl
                | Self::HalfACredential { .. }
                | Self::UserOfNothing { .. }
                | Self::Context(_)
                | Self::NoEngine { .. }
        )
    }

    /// A word for programs.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Modules(_) => "modules",
            Self::SignIn { .. } => "sign_in",
            Self::Unreachable { .. } => "unreachable",
            Self::Certificate { .. } => "certificate",
            Self::NoFolder(_) => "absent",
            Self::Open { .. } | Self::Runtime(_) | Self::CaCert { .. } => "io",
            _ => "usage",
        }
    }
}
