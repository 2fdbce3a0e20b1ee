use std::fmt::Display;

use clap::{Args, Subcommand};
use migrate_core::Version;
use serde::Serialize;

use super::baseline::only_module;
use super::each::{Each, Kind};
use super::ended::Ended;
use super::error::CommandError;
use super::names;
use super::selection::Selection;
use super::session::Session;
use super::table::wrapped;
use crate::context::Context;
use crate::{Database, Migrator, PhasedError, PhasedState, PhasedStatus};

/// Moves a phased migration on: tells where it stands, completes it, takes its start back, repairs its record.
///
/// Its start is run by `up`, and by every replica that starts.
#[derive(Clone, Debug, Args)]
pub struct Rollout {
    #[command(subcommand)]
    command: RolloutCommand,
}

/// What is done with a phased migration.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum RolloutCommand {
    /// Says where it stands in each database, and what can be done. Nothing is written.
    ///
    /// It ends with 1 where a database cannot be read or does not exist, and with 3 where the migration is not completed.
    Status(RolloutOf),
    /// Completes it in each database. Older binaries may refuse that one from then on: replace them first.
    ///
    /// Each step is committed by itself, and a database where one fails does not keep the others from it: run it again, and
    /// it goes on there. `replicas` tells which binaries are alive. It ends with 1 where it could not be completed.
    Complete(RolloutOf),
    /// Takes its start back in each database, as long as its completion was not begun.
    ///
    /// The next `up`, and every replica that starts with it, starts it again. It ends with 1 where it could not be taken back.
    Rollback(RolloutOf),
    /// Makes the ledger say what the recorded steps prove, and no more.
    ///
    /// It never claims of a step that it ran. It ends with 1 where that was not possible.
    Repair(RolloutOf),
}

/// Which phased migration is meant, and where.
#[derive(Clone, Debug, Args)]
pub struct RolloutOf {
    #[command(flatten)]
    selection: Selection,
    /// Which one: `MODULE=VERSION`, or its version in the only module.
    #[arg(value_name = "MODULE=VERSION", value_parser = names::module_version)]
    migration: (Option<String>, Version),
}

impl RolloutOf {
    fn module(&self, migrator: &Migrator) -> Result<String, CommandError> {
        self.migration.0.clone().map_or_else(|| only_module(migrator), Ok)
    }
}

impl RolloutCommand {
    const fn of(&self) -> &RolloutOf {
        let (Self::Status(of) | Self::Complete(of) | Self::Rollback(of) | Self::Repair(of)) = self;
        of
    }
}

impl Kind for PhasedError {
    fn kind(&self) -> &'static str {
        self.kind()
    }
}

impl Rollout {
    /// The contexts that it is about.
    pub(super) const fn selection(&self) -> &Selection {
        &self.command.of().selection
    }

    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let of = self.command.of();
        let fleet = session.select(of.selection.clone())?;
        let (session, module, version) = (&session, of.module(&session.migrator)?, of.migration.1);
        let Session { migrator, database, .. } = session;
        match self.command {
            RolloutCommand::Status(_) => {
                let each = Each::of(session, fleet, "ledgers read", async |context| {
                    migrator.phased_status(*database, &context, &module, version).await
                });
                let each = each.await?;
                session.print(&each, || shown(&each, with_moves))?;
                Ok(standing(&each))
            }
            RolloutCommand::Complete(_) => {
                let each = Each::of(session, fleet, "databases completed", async |context| {
                    migrator.complete(*database, &context, &module, version).await
                });
                told(session, &each.await?)
            }
            RolloutCommand::Rollback(_) => {
                let each = Each::of(session, fleet, "databases rolled back", async |context| {
                    migrator.rollback(*database, &context, &module, version).await
                });
                told(session, &each.await?)
            }
            RolloutCommand::Repair(_) => {
                let each = Each::of(session, fleet, "databases repaired", async |context| {
                    migrator.repair(*database, &context, &module, version).await
                });
                told(session, &each.await?)
            }
        }
    }
}

fn told<D, T: Serialize + Display>(
    session: &Session<'_, D>,
    each: &Each<T, PhasedError>,
) -> Result<Ended, CommandError> {
    session.print(each, || shown(each, ToString::to_string))?;
    Ok(each.ended())
}

/// What could not be read goes before what is not completed.
fn standing(each: &Each<PhasedStatus, PhasedError>) -> Ended {
    let is_open = |one: &PhasedStatus| one.state != PhasedState::Applied;
    match each.ended() {
        Ended::Done if each.0.iter().any(|(_, one)| one.as_ref().is_ok_and(is_open)) => Ended::Pending,
        ended => ended,
    }
}

fn with_moves(status: &PhasedStatus) -> String {
    let moves: Vec<_> = status.legal.iter().map(|one| format!("`{one}`")).collect();
    let moves = if moves.is_empty() { String::new() } else { format!("; possible: {}", moves.join(", ")) };
    format!("{status}{moves}")
}

fn shown<T>(each: &Each<T, PhasedError>, of_one: impl Fn(&T) -> String) -> String {
    let one = |(context, one): &(Context, Result<T, PhasedError>)| match one {
        Ok(one) => wrapped(&format!("{context}   {}", of_one(one))),
        Err(error) => wrapped(&format!("{context}   {error}")),
    };
    each.0.iter().map(one).collect::<Vec<_>>().join("\n")
}
