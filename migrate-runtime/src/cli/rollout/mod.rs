mod advance;
mod complete;
mod pause;
mod repair;
mod status;

use clap::{Args, Subcommand};

pub use self::advance::RolloutMove;
use self::advance::Way;
pub use self::complete::RolloutComplete;
pub use self::pause::RolloutPause;
pub use self::repair::RolloutRepair;
pub use self::status::RolloutStatusOf;
use super::ended::Ended;
use super::error::CommandError;
use super::replicas_in::ReplicasIn;
use super::selection::Selection;
use super::session::Session;
use super::version_name::VersionName;
use crate::Database;

/// Moves a phased migration on in all databases: starts it, completes it, takes its start back, pauses that, tells where it stands.
///
/// Which one is said by its module and version, `app=3`, or by its version alone where there is one module.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate rollout status --all-in tenants
  migrate rollout complete --all-in tenants app=3 --replicas-in ops/system
  migrate rollout pause --all-in tenants app=3 --replicas-in ops/system

Exit codes: 0 done, 1 it failed somewhere, was held back or was stopped, 2
usage, 3 it is not completed everywhere, or not in time")]
pub struct Rollout {
    #[command(subcommand)]
    command: RolloutCommand,
}

/// What is done with a phased migration.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum RolloutCommand {
    /// Says where it stands, in how many databases and in each, and what can be done. Nothing is written.
    ///
    /// It ends with 1 where a database cannot be read or does not exist, and with 3 where the migration is not completed.
    #[command(after_long_help = "\
Examples:
  migrate rollout status --all-in tenants
  migrate rollout status --all-in tenants app=3 --format json

Exit codes: 0 completed everywhere, 1 a database could not be read or does not
exist, 2 usage, 3 it is not completed everywhere")]
    Status(RolloutStatusOf),
    /// Starts it in each database, with the migrations before it.
    ///
    /// `up` does that too, and every replica that starts. It ends with 1 where it could not be started.
    #[command(after_long_help = "\
Examples:
  migrate rollout start --all-in tenants app=3 --canary 3
  migrate rollout start --ns acme --db eu 3

Exit codes: 0 started in each, 1 it failed somewhere or was stopped, 2 usage")]
    Start(RolloutMove),
    /// Completes it in each database. Older binaries refuse that one from then on, if it breaks them.
    ///
    /// Nothing is begun while a live replica is older than the migration, the registry cannot tell, or a database is not ready,
    /// unless told otherwise. Each step is committed by itself, and a database where one fails does not keep the others from it:
    /// run it again, and it goes on there. It ends with 1 where it could not be completed.
    #[command(after_long_help = "\
Examples:
  migrate rollout complete --all-in tenants app=3 --replicas-in ops/system
  migrate rollout complete 3 --all-in eu --replicas-in ops/db --when-ready
  migrate rollout complete 3 --all-in eu --wave 10%,50% --bake 300

Exit codes: 0 completed in each, 1 it failed somewhere, was held back, was
stopped or left databases out, 2 usage, 3 --timeout was over before it was ready")]
    Complete(RolloutComplete),
    /// Takes its start back in each database, as long as its completion was not begun.
    ///
    /// The next `up`, and every replica that starts with it, starts it again unless it is paused. It ends with 1 where it
    /// could not be taken back.
    #[command(after_long_help = "\
Example:
  migrate rollout rollback --all-in tenants app=3

Exit codes: 0 taken back in each, 1 it failed somewhere or was stopped, 2 usage")]
    Rollback(RolloutMove),
    /// Pauses it for everybody, whichever databases are named: who is at it stops before the next database, no replica starts it, and none completes it by itself.
    #[command(after_long_help = "\
Example:
  migrate rollout pause 3 --all-in eu --replicas-in ops/db --reason 'slow'

Exit codes: 0 paused, 1 it failed, 2 usage")]
    Pause(RolloutPause),
    /// Lifts a pause, for everybody, whichever databases are named.
    #[command(after_long_help = "\
Example:
  migrate rollout resume --all-in tenants app=3 --replicas-in ops/system

Exit codes: 0 it is not paused any more, 1 it failed, 2 usage")]
    Resume(RolloutOf),
    /// Makes the ledger say what the recorded steps prove, and no more.
    ///
    /// It never claims of a step that it ran. A completion of which no step was run, as of a process that died there, is put back to
    /// where it was ready. It ends with 1 where that was not possible.
    #[command(after_long_help = "\
Example:
  migrate rollout repair --ns acme --db eu app=3

Exit codes: 0 the ledger says what is proved, 1 that was not possible somewhere,
2 usage")]
    Repair(RolloutRepair),
}

/// Which phased migration is meant, and where.
#[derive(Clone, Debug, Args)]
pub struct RolloutOf {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    replicas_in: ReplicasIn,
    /// Which one: `MODULE=VERSION`, or its version in the only module.
    #[arg(value_name = "MODULE=VERSION")]
    migration: VersionName,
}

impl RolloutCommand {
    const fn parts(&self) -> (&Selection, Option<&ReplicasIn>) {
        let of = match self {
            Self::Status(status) => return (&status.selection, Some(&status.replicas_in)),
            // What steps prove stands in the ledger alone.
            Self::Repair(repair) => return (&repair.selection, None),
            Self::Start(one) | Self::Rollback(one) => &one.of,
            Self::Complete(one) => &one.moved.of,
            Self::Pause(pause) => &pause.of,
            Self::Resume(of) => of,
        };
        (&of.selection, Some(&of.replicas_in))
    }
}

impl Rollout {
    /// The contexts that it is about.
    pub(super) const fn selection(&self) -> &Selection {
        self.command.parts().0
    }

    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        if let Some(replicas_in) = self.command.parts().1 {
            session.migrator = replicas_in.told(session.migrator, session.registry.as_ref());
        }
        match self.command {
            RolloutCommand::Status(status) => status.run(session).await,
            RolloutCommand::Start(one) => one.run(session, Way::Start).await,
            RolloutCommand::Rollback(one) => one.run(session, Way::Rollback).await,
            RolloutCommand::Complete(one) => one.run(session).await,
            RolloutCommand::Pause(pause) => pause.run(session).await,
            RolloutCommand::Resume(of) => pause::resume(of, session).await,
            RolloutCommand::Repair(repair) => repair.run(session).await,
        }
    }
}
