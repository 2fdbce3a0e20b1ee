use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::json;

use super::ended::Ended;
use super::error::CommandError;
use super::paint::painted;
use super::presentation::{Format, Presentation};
use super::selection::Selection;
use super::session::Session;
use super::{
    Adopt, Baseline, Compare, Drift, Lease, List, Live, Log, RepairSchema, Replicas, Restore, Rollout, Snapshot,
    Status, Undo, Up, Validate,
};
use crate::Database;
use crate::context::Context;

/// The operator's commands with their options, for a server's own command line.
#[derive(Clone, Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    presentation: Presentation,
    #[command(subcommand)]
    command: Command,
}

/// One of the operator's commands.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
#[allow(missing_docs, reason = "a doc comment here would take the place of the type's, and of all but its first line")]
pub enum Command {
    Status(Status),
    Up(Up),
    Validate(Validate),
    List(List),
    Undo(Undo),
    Restore(Restore),
    Rollout(Rollout),
    Drift(Drift),
    RepairSchema(RepairSchema),
    Snapshot(Snapshot),
    Compare(Compare),
    Baseline(Baseline),
    Adopt(Adopt),
    Log(Log),
    Lease(Lease),
    Live(Live),
    Replicas(Replicas),
}

impl Migrate {
    /// Runs the command, prints what came of it, and says how the process is to end.
    pub async fn run<D: Database>(self, session: Session<'_, D>) -> Ended {
        self.command.run(session.presentation(self.presentation)).await
    }
}

impl Command {
    /// Runs the command, prints what came of it, and says how the process is to end.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn run<D: Database>(self, session: Session<'_, D>) -> Ended {
        let presentation = session.presentation;
        // On the heap: the largest of them would be carried by whoever runs any.
        let ended = match self {
            Self::Status(command) => Box::pin(command.run(session)).await,
            Self::Up(command) => Box::pin(command.run(session)).await,
            Self::Validate(command) => Box::pin(command.run(session)).await,
            Self::List(command) => Box::pin(command.run(session)).await,
            Self::Undo(command) => Box::pin(command.run(session)).await,
            Self::Restore(command) => Box::pin(command.run(session)).await,
            Self::Rollout(command) => Box::pin(command.run(session)).await,
            Self::Drift(command) => Box::pin(command.run(session)).await,
            Self::RepairSchema(command) => Box::pin(command.run(session)).await,
            Self::Snapshot(command) => Box::pin(command.run(session)).await,
            Self::Compare(command) => Box::pin(command.run(session)).await,
            Self::Baseline(command) => Box::pin(command.run(session)).await,
            Self::Adopt(command) => Box::pin(command.run(session)).await,
            Self::Log(command) => Box::pin(command.run(session)).await,
            Self::Lease(command) => Box::pin(command.run(session)).await,
            Self::Live(command) => Box::pin(command.run(session)).await,
            Self::Replicas(command) => Box::pin(command.run(session)).await,
        };
        finish(ended, presentation)
    }

    /// The namespace and the database that the command line speaks of, where it speaks of one.
    pub fn speaks_of(&self) -> (Option<&str>, Option<&str>) {
        match (self, self.selection()) {
            (Self::Replicas(replicas), _) => {
                let context = replicas.context();
                (context.map(Context::namespace), context.map(Context::database))
            }
            (_, Some(selection)) => (selection.namespace(), selection.database()),
            _ => (None, None),
        }
    }

    const fn selection(&self) -> Option<&Selection> {
        match self {
            Self::Status(command) => Some(&command.selection),
            Self::Up(command) => Some(&command.selection),
            Self::Validate(command) => Some(&command.selection),
            Self::List(command) => Some(&command.selection),
            Self::Undo(command) => Some(&command.selection),
            Self::Restore(command) => Some(&command.selection),
            Self::Rollout(command) => Some(command.selection()),
            Self::Drift(command) => Some(&command.selection),
            Self::RepairSchema(command) => Some(&command.selection),
            Self::Snapshot(command) => Some(command.selection()),
            Self::Compare(command) => Some(&command.selection),
            Self::Baseline(command) => Some(&command.selection),
            Self::Adopt(command) => Some(&command.selection),
            Self::Log(command) => Some(&command.selection),
            Self::Lease(command) => Some(&command.selection),
            Self::Live(command) => Some(&command.selection),
            Self::Replicas(_) => None,
        }
    }

    /// Whether the command may create the database that it is about.
    pub const fn may_create(&self) -> bool {
        matches!(self, Self::Up(_))
    }
}

/// Says why there is no result: on standard error, or for a program in the place of the result.
pub(super) fn finish(ended: Result<Ended, CommandError>, presentation: Presentation) -> Ended {
    ended.unwrap_or_else(|error| {
        // There is nowhere to complain to when that cannot be written.
        let _ = match (&error, presentation.format) {
            // Whoever reads our output has seen enough.
            (CommandError::Print(cause), _) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            (_, Format::Json) => {
                let mut told = json!({ "error": { "kind": error.kind(), "message": error.told() } });
                if let Some((name, value)) = error.details() {
                    told["error"][name] = value;
                }
                writeln!(io::stdout(), "{told:#}")
            }
            (_, Format::Table) => {
                let told = format!("error: {}", error.told());
                let is_colored = presentation.color.colors(&io::stderr());
                writeln!(io::stderr(), "{}", if is_colored { painted(&told) } else { told })
            }
        };
        error.ended()
    })
}
