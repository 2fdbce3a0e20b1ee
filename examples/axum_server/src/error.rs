use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use migrate_runtime::ModulesError;

/// Why the service could not start, or why it ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the database {0} cannot be opened")]
    Open(String, #[source] Box<surrealdb::Error>),
    #[error("there is no database in {}, and only a start makes one", .0.display())]
    NoFolder(PathBuf),
    #[error("{0} is not in the environment, and the server asks for it")]
    Credentials(&'static str, #[source] std::env::VarError),
    #[error("the server refused the user {0}")]
    SignIn(String, #[source] Box<surrealdb::Error>),
    #[error("the tenant {0} cannot be broken")]
    Break(String, #[source] Box<surrealdb::Error>),
    #[error("the embedded migrations do not fit together")]
    Modules(#[from] ModulesError),
    #[error("nothing can be listened to")]
    Listen(#[source] io::Error),
    #[error("signals cannot be listened to")]
    Signals(#[source] io::Error),
    #[error("requests can no longer be served")]
    Serve(#[source] io::Error),
    #[error("the address cannot be written")]
    Output(#[source] io::Error),
}

/// The error and everything that led to it, in one line.
pub(crate) fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
