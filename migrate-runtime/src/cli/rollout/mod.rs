use std::time::Duration;

use clap::{Args, Subcommand};
use migrate_core::Version;
use serde_json::json;

use super::baseline::only_module;
use super::each::{Each, Kind};
use super::ended::Ended;
use super::error::CommandError;
use super::interrupt::stop_on_signals;
use super::names;
use super::overrides::{CompleteOverrides, PausedOverride};
use super::progress::Progress;
use super::replicas_in::ReplicasIn;
use super::selection::{Selected, Selection};
use super::session::Session;
use super::table::{table, wrapped};
use super::waves::Waves;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::stop::Stop;
use crate::{
    AwaitedEnd, Database, Migrator, PhasedError, PhasedStatus, Reading, Repair, RolloutOptions, RolloutReport,
    RolloutStatus, WhenReady,
};

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
    /// It never claims of a step that it ran. It ends with 1 where that was not possible.
    #[command(after_long_help = "\
Example:
  migrate rollout repair --ns acme --db eu app=3

Exit codes: 0 the ledger says what is proved, 1 that was not possible somewhere,
2 usage")]
    Repair(RolloutOf),
}

/// Which phased migration is meant, and where.
#[derive(Clone, Debug, Args)]
pub struct RolloutOf {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    replicas_in: ReplicasIn,
    /// Which one: `MODULE=VERSION`, or its version in the only module.
    #[arg(value_name = "MODULE=VERSION", value_parser = names::module_version)]
    migration: (Option<String>, Version),
}

/// Which phased migrations are looked at, and where.
#[derive(Clone, Debug, Args)]
pub struct RolloutStatusOf {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    replicas_in: ReplicasIn,
    /// Which one: `MODULE=VERSION`, or its version in the only module. All of them unless given.
    #[arg(value_name = "MODULE=VERSION", value_parser = names::module_version)]
    migration: Option<(Option<String>, Version)>,
}

/// Which phased migration is moved on, and how.
#[derive(Clone, Debug, Args)]
pub struct RolloutMove {
    #[command(flatten)]
    of: RolloutOf,
    #[command(flatten)]
    waves: Waves,
    #[command(flatten)]
    paused: PausedOverride,
}

/// Which phased migration is completed, how, and when.
#[derive(Clone, Debug, Args)]
pub struct RolloutComplete {
    #[command(flatten)]
    moved: RolloutMove,
    #[command(flatten)]
    overrides: CompleteOverrides,
    /// Waits until it may be completed: until every database is ready and no older replica is left.
    ///
    /// It ends with 3 where the time was over before that.
    #[arg(long, conflicts_with_all = ["older_replicas", "unknown_replicas", "not_ready", "paused"])]
    when_ready: bool,
    /// How long to wait for that; for ever unless given.
    #[arg(long, value_name = "SECONDS", requires = "when_ready")]
    timeout: Option<u32>,
    /// How often to look.
    #[arg(long, value_name = "SECONDS", requires = "when_ready", default_value_t = 10)]
    every: u32,
}

/// Which phased migration is paused, and why.
#[derive(Clone, Debug, Args)]
pub struct RolloutPause {
    #[command(flatten)]
    of: RolloutOf,
    /// Why, for those who meet it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

impl Kind for PhasedError {
    fn kind(&self) -> &'static str {
        self.kind()
    }
}

impl RolloutCommand {
    const fn parts(&self) -> (&Selection, &ReplicasIn) {
        match self {
            Self::Status(status) => (&status.selection, &status.replicas_in),
            Self::Start(one) | Self::Rollback(one) => (&one.of.selection, &one.of.replicas_in),
            Self::Complete(one) => (&one.moved.of.selection, &one.moved.of.replicas_in),
            Self::Pause(pause) => (&pause.of.selection, &pause.of.replicas_in),
            Self::Resume(of) | Self::Repair(of) => (&of.selection, &of.replicas_in),
        }
    }
}

/// A module and a version of it.
type Named = (String, Version);

fn named((module, version): &(Option<String>, Version), migrator: &Migrator) -> Result<Named, CommandError> {
    let module = module.clone().map_or_else(|| only_module(migrator), Ok)?;
    Ok((module, *version))
}

impl Rollout {
    /// The contexts that it is about.
    pub(super) const fn selection(&self) -> &Selection {
        self.command.parts().0
    }

    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let replicas_in = self.command.parts().1;
        session.migrator = replicas_in.told(session.migrator, session.registry.as_ref());
        match self.command {
            RolloutCommand::Status(status) => status.run(session).await,
            RolloutCommand::Start(one) => one.run(session, Way::Start).await,
            RolloutCommand::Rollback(one) => one.run(session, Way::Rollback).await,
            RolloutCommand::Complete(one) => one.run(session).await,
            RolloutCommand::Pause(pause) => {
                let (module, version) = named(&pause.of.migration, &session.migrator)?;
                let paused = session.migrator.pause_rollout(session.database, &module, version, &pause.reason);
                let paused = paused.await?;
                session.print(&json!({ "module": module, "version": version.get(), "paused": paused }), || {
                    wrapped(&format!("{module} V{version} is {paused}"))
                })?;
                Ok(Ended::Done)
            }
            RolloutCommand::Resume(of) => {
                let (module, version) = named(&of.migration, &session.migrator)?;
                let resumed = session.migrator.resume_rollout(session.database, &module, version);
                resumed.await?;
                session.print(&json!({ "module": module, "version": version.get(), "paused": null }), || {
                    format!("{module} V{version} is not paused")
                })?;
                Ok(Ended::Done)
            }
            RolloutCommand::Repair(of) => of.repair(session).await,
        }
    }
}

impl RolloutStatusOf {
    async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let progress = Progress::reading(session.presentation, "ledgers read");
        session.migrator = progress.watch(session.migrator);
        let Session { migrator, database, .. } = &session;
        let all = if let Some(migration) = &self.migration {
            let (module, version) = named(migration, migrator)?;
            let status = progress.during(migrator.rollout_status(*database, fleet, &module, version)).await;
            let status = status?;
            session.print(&status, || one_shown(&status))?;
            vec![status]
        } else {
            let all = progress.during(migrator.rollout_statuses(*database, fleet)).await?;
            session.print(&json!({ "rollouts": all }), || all_shown(&all))?;
            all
        };
        Ok(match (all.iter().any(|one| one.unread() > 0), all.iter().all(RolloutStatus::is_completed)) {
            (true, _) => Ended::Failed,
            (false, false) => Ended::Pending,
            (false, true) => Ended::Done,
        })
    }
}

/// Which of the two that have the same options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Start,
    Rollback,
}

impl RolloutMove {
    async fn run<D: Database>(self, mut session: Session<'_, D>, way: Way) -> Result<Ended, CommandError> {
        let fleet = session.select(self.of.selection)?;
        let (stop, progress) = (Stop::default(), Progress::applying(session.presentation));
        session.migrator = progress.watch(self.waves.told(session.migrator)?).stopped_by(&stop);
        let Session { migrator, database, .. } = &session;
        let (module, version) = named(&self.of.migration, migrator)?;
        let options = self.paused.options();
        let signals = stop_on_signals(stop, progress.clone());
        let report = progress.during(async {
            match way {
                Way::Start => migrator.start_all(*database, fleet, &module, version, &options).await,
                Way::Rollback => migrator.rollback_all(*database, fleet, &module, version, &options).await,
            }
        });
        let report = report.await;
        drop(signals);
        told(&session, &report?)
    }
}

impl RolloutComplete {
    async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let selection = self.moved.of.selection.clone();
        let (stop, progress) = (Stop::default(), Progress::applying(session.presentation));
        session.migrator = progress.watch(self.moved.waves.told(session.migrator)?).stopped_by(&stop);
        let (module, version) = named(&self.moved.of.migration, &session.migrator)?;
        let options = self.overrides.added_to(self.moved.paused.options());
        let signals = stop_on_signals(stop, progress.clone());
        let ended = if self.when_ready {
            let when = WhenReady::new().every(Duration::from_secs(self.every.into()));
            let when = self.timeout.map_or(when, |seconds| when.timeout(Duration::from_secs(seconds.into())));
            progress.during(waited(&mut session, selection, (&module, version), &when)).await
        } else {
            let fleet = session.select(selection)?;
            progress.during(completed(&session, fleet, (&module, version), &options)).await
        };
        drop(signals);
        match ended? {
            Completed::Now(report) => told(&session, &report),
            Completed::Waited(awaited) => {
                session.print(&awaited, || wrapped(&awaited.to_string()))?;
                Ok(match awaited.end {
                    AwaitedEnd::NothingToDo | AwaitedEnd::Completed => Ended::Done,
                    AwaitedEnd::TimedOut => Ended::Pending,
                    _ => Ended::Failed,
                })
            }
        }
    }
}

enum Completed {
    Now(RolloutReport),
    Waited(Box<crate::Awaited>),
}

async fn completed<D: Database>(
    session: &Session<'_, D>,
    fleet: Fleet,
    (module, version): (&str, Version),
    options: &RolloutOptions,
) -> Result<Completed, CommandError> {
    let report = session.migrator.complete_all(session.database, fleet, module, version, options).await;
    Ok(Completed::Now(report?))
}

async fn waited<D: Database>(
    session: &mut Session<'_, D>,
    selection: Selection,
    (module, version): (&str, Version),
    when: &WhenReady,
) -> Result<Completed, CommandError> {
    // The fleet of the program can be asked for once; what a selection finds is asked for anew each time.
    let of_program = match selection.clone().selected()? {
        Selected::Program => {
            let fleet = session.own_fleet()?;
            let database = Counted::new(session.database, session.migrator.counters());
            session.migrator.contexts_of(&database, fleet).await?
        }
        Selected::Named(contexts) => contexts,
        Selected::Found(_) => Vec::new(),
    };
    let fleet = move || match selection.clone().selected() {
        Ok(Selected::Found(fleet)) => fleet,
        _ => Fleet::contexts(of_program.clone()),
    };
    let awaited = session.migrator.complete_when_ready(session.database, fleet, module, version, when).await;
    Ok(Completed::Waited(Box::new(awaited?)))
}

impl RolloutOf {
    async fn repair<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let session = &session;
        let (module, version) = named(&self.migration, &session.migrator)?;
        let Session { migrator, database, .. } = session;
        let each = Each::of(session, fleet, "databases repaired", async |context| {
            migrator.repair(*database, &context, &module, version).await
        });
        let each = each.await?;
        session.print(&each, || {
            let one = |(context, one): &(Context, Result<Repair, PhasedError>)| match one {
                Ok(one) => wrapped(&format!("{context}   {one}")),
                Err(error) => wrapped(&format!("{context}   {error}")),
            };
            each.0.iter().map(one).collect::<Vec<_>>().join("\n")
        })?;
        Ok(each.ended())
    }
}

fn told<D>(session: &Session<'_, D>, report: &RolloutReport) -> Result<Ended, CommandError> {
    session.print(report, || wrapped(&report.to_string()))?;
    Ok(Ended::failed_if(!report.is_done()))
}

fn one_shown(status: &RolloutStatus) -> String {
    let one = |one: &Reading<PhasedStatus>| match &one.found {
        Ok(status) => wrapped(&format!("{}   {}", one.context, with_moves(status))),
        Err(error) => wrapped(&error.to_string()),
    };
    let contexts: Vec<_> = status.contexts.iter().map(one).collect();
    format!("{status}\n\n{}", contexts.join("\n"))
}

fn all_shown(all: &[RolloutStatus]) -> String {
    if all.is_empty() {
        return "no migration is a phased one".to_owned();
    }
    let rows = all.iter().flat_map(|one| {
        let name = format!("{} V{}__{}", one.module, one.version, one.name);
        let paused = if one.pause.is_some() { "paused" } else { "" };
        let unread = (one.unread() > 0).then(|| ("could not be read".to_owned(), String::new(), one.unread()));
        let states = one.states().into_iter();
        let states = states.map(|count| (count.state.to_string(), count.step.unwrap_or_default(), count.contexts));
        states.chain(unread).map(move |(state, step, contexts)| {
            vec![name.clone(), state, step, contexts.to_string(), paused.to_owned()]
        })
    });
    table(&["migration", "state", "next step", "contexts", ""], rows)
}

fn with_moves(status: &PhasedStatus) -> String {
    let moves: Vec<_> = status.legal.iter().map(|one| format!("`{one}`")).collect();
    let moves = if moves.is_empty() { String::new() } else { format!("; possible: {}", moves.join(", ")) };
    format!("{status}{moves}")
}
