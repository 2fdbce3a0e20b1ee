use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use migrate_build::LoadError;
use migrate_core::Version;

use crate::args::Args;
use crate::terminal;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The folder has errors, and they were printed already.
    #[error("the folder has errors")]
    Reported,
    /// The folder has errors.
    #[error(transparent)]
    Folder(#[from] LoadError),
    /// The command line names a version that is not there.
    #[error("there is no V{version} in the folder, which {}", .last.map_or_else(|| "is empty".to_owned(), |last| format!("ends at V{last}")))]
    NoSuchVersion { version: Version, last: Option<Version> },
    /// A file could not be written.
    #[error("{} could not be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// Standard output could not be written.
    #[error("the result could not be printed: {0}")]
    Print(#[from] io::Error),
}

impl Failure {
    /// Says on standard error what is wrong, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Reported => {}
            Self::Folder(error) => terminal::diagnostics(error.diagnostics()),
            // Whoever reads our output has seen enough.
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Self::NoSuchVersion { .. } => {
                Args::command().error(ErrorKind::ValueValidation, self).exit();
            }
            Self::Write { .. } | Self::Print(_) => eprintln!("error: {self}"),
        }
        ExitCode::FAILURE
    }
}
