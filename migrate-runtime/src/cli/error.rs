use std::error::Error;
use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::ended::Ended;
use crate::context::Context;
use crate::{
    FleetError, LiveSchemaError, QueryError, RegistryError, RestoreError, RolloutError, SchemaRepairError,
    SnapshotError, SnapshotFormatError, UndoError,
};

/// Why a command gave no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// No context was named.
    #[error(
        "no database is selected: name them by `--ns NAMESPACE --db DATABASE`, `--all-in NAMESPACE` or `--registry QUERY --in NAMESPACE/DATABASE`"
    )]
    NothingSelected,
    /// It is not known which table the replicas are in.
    #[error("the registry of replicas is not named: say `--in NAMESPACE/DATABASE`, the context that they join")]
    NoRegistry,
    /// The options do not fit this binary.
    #[error("{0}")]
    Usage(String),
    /// It cannot be told which contexts there are.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The registry of replicas could not be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Nothing, or not all of it, was undone.
    #[error(transparent)]
    Undo(#[from] Box<UndoError>),
    /// A phased migration was not moved on anywhere.
    #[error(transparent)]
    Rollout(Box<RolloutError>),
    /// A schema was not repaired.
    #[error(transparent)]
    SchemaRepair(#[from] Box<SchemaRepairError>),
    /// Not all of an export was put back.
    #[error(transparent)]
    Restore(#[from] Box<RestoreError>),
    /// A schema could not be read.
    #[error(transparent)]
    Schema(#[from] LiveSchemaError),
    /// A snapshot was not taken or found.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// None is stored.
    #[error("{0} has no stored snapshot")]
    NoSnapshot(Context),
    /// A file cannot be written or read.
    #[error("{}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// A file holds no snapshot.
    #[error("{}: {cause}", path.display())]
    SnapshotFile { path: PathBuf, cause: SnapshotFormatError },
    /// Standard output cannot be written.
    #[error("the result could not be printed")]
    Print(#[from] io::Error),
}

impl From<RolloutError> for CommandError {
    fn from(error: RolloutError) -> Self {
        match error {
            RolloutError::Fleet(error) => Self::Fleet(error),
            RolloutError::Registry(error) => Self::Registry(error),
            RolloutError::NoRegistry => {
                let why = "the registry of replicas is not named: say `--replicas-in NAMESPACE/DATABASE`, the context that they join";
                Self::Usage(why.to_owned())
            }
            other => Self::Rollout(Box::new(other)),
        }
    }
}

impl CommandError {
    pub(super) const fn ended(&self) -> Ended {
        match self {
            Self::NothingSelected | Self::NoRegistry | Self::Usage(_) | Self::Fleet(FleetError::NoSuchCanary(_)) => {
                Ended::Usage
            }
            _ => Ended::Failed,
        }
    }

    /// A word for programs.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::NothingSelected | Self::NoRegistry | Self::Usage(_) | Self::Fleet(FleetError::NoSuchCanary(_)) => {
                "usage"
            }
            Self::Fleet(_) => "fleet",
            Self::Registry(_) => "registry",
            Self::Undo(error) => error.kind(),
            Self::Rollout(error) => error.kind(),
            Self::SchemaRepair(error) => error.kind(),
            Self::Restore(_) => "restore",
            Self::Schema(error) => of_schema(error),
            Self::Snapshot(error) => of_snapshot(error),
            Self::NoSnapshot(_) => "no_such_snapshot",
            Self::SnapshotFile { .. } => "snapshot_unreadable",
            Self::File { .. } | Self::Print(_) => "io",
        }
    }

    /// What programs may want to know beside the message.
    pub(super) fn details(&self) -> Option<(&'static str, Value)> {
        let Self::Rollout(error) = self else { return None };
        match &**error {
            RolloutError::OlderReplicas { behind } => Some(("replicas", json!(behind))),
            RolloutError::NotReady { contexts } => Some(("contexts", json!(contexts))),
            RolloutError::Paused(pause) => Some(("paused", json!(pause))),
            _ => None,
        }
    }

    /// The error with all that led to it, and what helps.
    pub(super) fn told(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        if let Some(help) = self.help() {
            text.push_str("\n  help: ");
            text.push_str(help);
        }
        text
    }

    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Rollout(error) => match **error {
                RolloutError::OlderReplicas { .. } => Some(
                    "`replicas` lists them; `--when-ready` waits until they are gone, `--older-replicas accept` does not",
                ),
                RolloutError::ReplicasUnknown { .. } => Some(
                    "`--replicas-in NAMESPACE/DATABASE` names the registry; `--unknown-replicas accept` goes on without it, and \
                     `--paused accept` where nobody can read whether there is a pause",
                ),
                RolloutError::NotReady { .. } => Some(
                    "`rollout status` says where it stands, `rollout start` starts it; `--not-ready skip` completes the others",
                ),
                RolloutError::Paused(_) => {
                    Some("`rollout resume` lifts the pause; `--paused accept` goes on all the same")
                }
                _ => None,
            },
            Self::Fleet(FleetError::Query(QueryError::Lost(_))) => {
                Some("see whether the database is up and can be reached from here; `--deadline` says how long to try")
            }
            Self::Fleet(FleetError::Query(QueryError::NotAllowed(_))) => Some("sign in as a user who may do this"),
            Self::Fleet(FleetError::Refused(_)) => {
                Some("name the contexts by `--ns` and `--db`, or sign in as a user who may know which there are")
            }
            Self::NoSnapshot(_) => Some("`snapshot take` stores one"),
            Self::Fleet(FleetError::NoSuchNamespace(_)) => Some("see whether the name is right; nothing was created"),
            _ => None,
        }
    }
}

/// A word for programs.
pub(super) const fn of_schema(error: &LiveSchemaError) -> &'static str {
    match error {
        LiveSchemaError::Absent(_) => "absent",
        LiveSchemaError::Unavailable { .. } => "unavailable",
        LiveSchemaError::Unreadable { .. } => "schema_unreadable",
    }
}

/// A word for programs.
pub(super) const fn of_snapshot(error: &SnapshotError) -> &'static str {
    match error {
        SnapshotError::Schema(error) => of_schema(error),
        SnapshotError::Unavailable { .. } => "unavailable",
        SnapshotError::NotFound { .. } => "no_such_snapshot",
        SnapshotError::Unreadable { .. } | SnapshotError::Format { .. } => "snapshot_unreadable",
    }
}
