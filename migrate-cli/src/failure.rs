use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use migrate_build::{Diagnostics, LoadError, NextError, UnknownRevision, UnknownRule};
use migrate_core::Version;
use migrate_runtime::cli::Ended;
use serde_json::{Value, json};

use crate::args::Args;
use crate::terminal::{Format, Terminal};
use crate::{database, diagnostic};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The folder has errors, and they were printed already.
    #[error("the folder has errors")]
    Reported,
    /// The folder has errors.
    #[error("the folder `{folder}` has errors")]
    Folder { folder: String, source: LoadError },
    /// No database was worked on.
    #[error(transparent)]
    Database(#[from] database::Error),
    /// A command over databases has told what is wrong, and how it ends.
    #[error("the command failed")]
    Told(Ended),
    /// The words are those of a command, but together they make no sense.
    #[error("{0}")]
    Usage(String),
    /// The command line names a version or tag that is not there.
    #[error(transparent)]
    UnknownRevision(#[from] UnknownRevision),
    /// The command line names a rule that is not there.
    #[error(transparent)]
    UnknownRule(#[from] UnknownRule),
    /// The migration cannot be undone.
    #[error("V{version} cannot be undone: {reason}")]
    NoUndo { version: Version, reason: String },
    /// There is no next migration, or somebody has to say that it may be written.
    #[error(transparent)]
    Next(#[from] NextError),
    /// The files of a desired schema have errors.
    #[error("the desired schema has errors")]
    Schema(Diagnostics),
    /// The file that was to be written is there.
    #[error("{} is there already, and nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// `migrations.toml` cannot be given a tag.
    #[error("{}: {why}", path.display())]
    Tag { path: PathBuf, why: String },
    /// A file could not be read.
    #[error("{} could not be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
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
            Self::Database(error) => error.kind(),
            Self::Told(_) => "database",
            Self::Usage(_) => "usage",
            Self::UnknownRevision(_) => "unknown_revision",
            Self::UnknownRule(_) => "unknown_rule",
            Self::NoUndo { .. } => "no_undo",
            Self::Next(error) => next_kind(error),
            Self::Schema(_) => "schema",
            Self::Exists(_) => "exists",
            Self::Tag { .. } => "tag",
            Self::Read { .. } | Self::Write { .. } | Self::Print(_) => "io",
        }
    }

    const fn is_usage(&self) -> bool {
        match self {
            Self::Usage(_) | Self::UnknownRevision(_) | Self::UnknownRule(_) | Self::Told(Ended::Usage) => true,
            Self::Database(error) => error.is_usage(),
            _ => false,
        }
    }

    /// Says what is wrong, and gives the exit code.
    pub(crate) fn report(self, terminal: Terminal) -> ExitCode {
        let code = if self.is_usage() { USAGE } else { 1 };
        match (self, terminal.format) {
            // Whoever reads our output has seen enough.
            (Self::Print(error), _) if error.kind() == io::ErrorKind::BrokenPipe => {}
            (Self::Reported | Self::Told(_), _) => {}
            (failure, Format::Json) => print(failure.kind(), &failure.to_string(), failure.details()),
            (Self::Folder { source, .. }, _) => terminal.diagnostics(source.diagnostics()),
            (Self::Schema(diagnostics), _) => terminal.diagnostics(&diagnostics),
            (Self::Next(NextError::Invalid(diagnostics)), _) => {
                terminal.diagnostics(&diagnostics);
                eprintln!("error: this migration to the desired schema would not pass a build, and was not written");
            }
            (failure, _) if failure.is_usage() => {
                // Nothing is left to be told when standard error cannot be written.
                _ = Args::command().error(ErrorKind::ValueValidation, failure).print();
            }
            (failure, _) => eprintln!("error: {failure}"),
        }
        ExitCode::from(code)
    }

    /// What a program wants to know besides: a name and a value.
    fn details(&self) -> Option<(&'static str, Value)> {
        match self {
            Self::Folder { source, .. } => Some(("diagnostics", diagnostic::json(source.diagnostics()))),
            Self::Schema(diagnostics) | Self::Next(NextError::Invalid(diagnostics)) => {
                Some(("diagnostics", diagnostic::json(diagnostics)))
            }
            Self::Next(NextError::Breaking(breakages)) => Some(("statements", json!(breakages))),
            Self::Next(NextError::LikelyRenames(renames)) => {
                Some(("renames", renames.iter().map(ToString::to_string).collect()))
            }
            _ => None,
        }
    }
}

const fn next_kind(error: &NextError) -> &'static str {
    match error {
        NextError::Unchanged => "unchanged",
        NextError::LikelyRenames(_) => "likely_rename",
        NextError::Breaking(_) => "breaking",
        NextError::Invalid(_) => "schema",
        _ => "no_migration",
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
fn print(kind: &str, message: &str, details: Option<(&str, Value)>) {
    let mut error = json!({ "kind": kind, "message": message.strip_prefix("error: ").unwrap_or(message) });
    if let Some((name, value)) = details {
        error[name] = value;
    }
    println!("{:#}", json!({ "error": error }));
}
