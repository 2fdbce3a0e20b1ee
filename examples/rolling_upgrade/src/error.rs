use std::error::Error as _;
use std::io;
use std::time::Duration;

use migrate_runtime::{ContextError, FleetError, ModulesError, RegistryError};

/// Why the demonstration or one of its processes could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no runtime")]
    Runtime(#[source] io::Error),
    #[error("`{0}` is not beside the demonstration: build it first, with `cargo build --bin {0}`")]
    NotBuilt(&'static str),
    #[error("the {0} cannot be started")]
    Start(&'static str, #[source] io::Error),
    #[error("the {0} ended before it was ready")]
    Ended(&'static str),
    #[error("the {0} is not ready after {1:?}")]
    NotReady(&'static str, Duration),
    #[error("a replica did not end in order")]
    Drain(#[source] io::Error),
    #[error("a replica ended with {0}")]
    Exit(std::process::ExitStatus),
    #[error("the database cannot be reached")]
    Reach(#[source] Box<surrealdb::Error>),
    #[error("a tenant cannot be created")]
    Create(#[source] Box<surrealdb::Error>),
    #[error("the rows cannot be counted")]
    Count(#[source] Box<surrealdb::Error>),
    #[error("the embedded migrations do not fit together")]
    Modules(#[from] ModulesError),
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("the tenants are not all up to date:\n{0}")]
    Migrate(String),
    #[error("the tenants cannot be looked up")]
    Fleet(#[from] FleetError),
    #[error("nothing can be listened to")]
    Listen(#[source] io::Error),
    #[error("it took longer than {0:?}")]
    Late(Duration),
    #[error("the output cannot be written")]
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
