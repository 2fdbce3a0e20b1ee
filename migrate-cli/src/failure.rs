use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use migrate_build::LoadError;
use migrate_core::Version;
use serde_json::{Value, json};

use crate::args::Args;
use crate::diagnostic;
use crate::terminal::{Format, Terminal};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The folder has errors, and they were printed already.
    #[error("the folder has errors")]
    Reported,
    /// The folder has errors.
    #[error("the folder `{folder}` has errors")]
    Folder { folder: String, source: LoadError },
    /// The words are those of a command, but together they make no sense.
    #[error("{0}")]
    Usage(String),
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
    /// A word for programs.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Reported | Self::Folder { .. } => "folder",
            Self::Usage(_) => "usage",
            Self::NoSuchVersion { .. } => "no_such_version",
            Self::Write { .. } | Self::Print(_) => "io",
        }
    }

    const fn is_usage(&self) -> bool {
        matches!(self, Self::Usage(_) | Self::NoSuchVersion { .. })
    }

    /// Says what is wrong, and gives the exit code.
    pub(crate) fn report(self, terminal: Terminal) -> ExitCode {
        let code = if self.is_usage() { USAGE } else { 1 };
        match (self, terminal.format) {
            // Whoever reads our output has seen enough.
            (Self::Print(error), _) if error.kind() == io::ErrorKind::BrokenPipe => {}
            (Self::Reported, _) => {}
            (failure, Format::Json) => print(failure.kind(), &failure.to_string(), failure.diagnostics()),
            (Self::Folder { source, .. }, _) => terminal.diagnostics(source.diagnostics()),
            (failure, _) if failure.is_usage() => {
                // Nothing is left to be told when standard error cannot be written.
                _ = Args::command().error(ErrorKind::ValueValidation, failure).print();
            }
            (failure, _) => eprintln!("error: {failure}"),
        }
        ExitCode::from(code)
    }

    fn diagnostics(&self) -> Option<Value> {
        match self {
            Self::Folder { source, .. } => Some(diagnostic::json(source.diagnostics())),
            _ => None,
        }
    }
}

/// The exit code for a command line that cannot be understood.
const USAGE: u8 = 2;

/// Tells what is wrong with a command line that could not be parsed, or shows the help that it asked for.
pub(crate) fn report_usage(error: &clap::Error, is_json: bool) -> ExitCode {
    if !error.use_stderr() {
        return if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if is_json {
        print("usage", error.to_string().trim_end(), None);
    } else {
        _ = error.print();
    }
    ExitCode::from(USAGE)
}

/// Prints a failure as the one JSON object on standard output.
fn print(kind: &str, message: &str, diagnostics: Option<Value>) {
    let mut error = json!({ "kind": kind, "message": message.strip_prefix("error: ").unwrap_or(message) });
    if let Some(diagnostics) = diagnostics {
        error["diagnostics"] = diagnostics;
    }
    println!("{:#}", json!({ "error": error }));
}
