use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use migrate_runtime::{ContextError, FleetError, ModulesError};

use crate::tenant::Tenant;

/// Why nothing could be started, or why it ended early. A refused tenant is no error: it is in the report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the database in {} cannot be opened", .folder.display())]
    Open { folder: PathBuf, source: Box<surrealdb::Error> },
    #[error("there is no database in {}, and only a start makes one", .0.display())]
    NoFolder(PathBuf),
    #[error("{doing}")]
    Query { doing: String, source: Box<surrealdb::Error> },
    #[error("{tenant} was asked {question:?} and answered {answer:?}")]
    Answer { tenant: Tenant, question: &'static str, answer: Option<String> },
    #[error("the embedded migrations do not fit together")]
    Modules(#[from] ModulesError),
    #[error("the registry has no such name")]
    Context(#[from] ContextError),
    #[error("the registry cannot be read")]
    Fleet(#[from] FleetError),
    #[error("the result cannot be written")]
    Output(#[source] io::Error),
}

impl Error {
    /// Says what a query was for.
    pub(crate) fn while_doing(doing: impl Into<String>) -> impl FnOnce(surrealdb::Error) -> Self {
        |source| Self::Query { doing: doing.into(), source: source.into() }
    }
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
