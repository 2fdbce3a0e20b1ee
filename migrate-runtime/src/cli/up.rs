use clap::{Args, ValueEnum};
use migrate_core::Version;
use serde::Serialize;

use super::ended::Ended;
use super::error::CommandError;
use super::interrupt::stop_on_signals;
use super::precaution::Precaution;
use super::progress::Progress;
use super::replicas_in::ReplicasIn;
use super::selection::{Selected, Selection};
use super::session::Session;
use super::table::{plural, table, wrapped};
use super::version_name::VersionName;
use super::waves::Waves;
use crate::context::Context;
use crate::fleet::Fleet;
use crate::fleet_status::{ContextState, FleetStatus};
use crate::outcome::Applied;
use crate::stop::Stop;
use crate::{Database, Evidence, Migrator, PhasedStarts, Report};

/// Applies what is pending, to each database once, whoever else is doing the same.
///
/// Databases that are named by --ns and --db are created where they do not exist, others never. It ends with 1 where a
/// database could not be brought up to date. After Ctrl-C or SIGTERM, what is under way is finished and nothing else is
/// begun; a second one ends the process at once.
#[derive(Clone, Debug, Default, Args)]
#[command(after_long_help = "\
Examples:
  migrate up --all-in tenants --canary 3 --failure-budget 20
  migrate up --ns acme --db eu --to app=7 --validate --warn-rows 1000000
  migrate up --all-in tenants --dry-run

Exit codes: 0 all are up to date, or would be, 1 a database is refused or was
not attempted, 2 usage, 130 or 143 after a second signal")]
pub struct Up {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Shows what would be applied, and applies nothing.
    #[arg(long)]
    dry_run: bool,
    /// Goes no further than this version of this module; without a module, of the only one. Can be given several times.
    #[arg(long, value_name = "MODULE=VERSION")]
    to: Vec<VersionName>,
    #[command(flatten)]
    precaution: Precaution,
    #[command(flatten)]
    waves: Waves,
    #[command(flatten)]
    replicas_in: ReplicasIn,
    /// Whether the starts of phased migrations are run, or left to `rollout start`.
    #[arg(long, value_name = "WHAT", value_enum)]
    phased_starts: Option<Starts>,
    /// Reads every ledger first and puts the fleet index right, as after a restored backup.
    #[arg(long, conflicts_with = "dry_run")]
    verify: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Starts {
    /// They are run, unless the rollout is paused.
    Run,
    /// They are left. What is begun is left too.
    Leave,
}

impl Up {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let progress = if self.dry_run {
            Progress::reading(session.presentation, "ledgers read")
        } else {
            Progress::applying(session.presentation)
        };
        let stop = Stop::default();
        let to = self.to.iter().map(|to| to.resolve(&session)).collect::<Result<Vec<_>, _>>()?;
        let migrator = self.replicas_in.told(session.migrator, session.registry.as_ref());
        session.migrator = progress.watch(self.told(migrator, to)?).stopped_by(&stop);
        let (fleet, absent) = self.fleet(&mut session).await?;
        if self.dry_run {
            let status = session.migrator.fleet_status(session.database, fleet, Evidence::Ledger);
            let status = progress.during(status).await?;
            session
                .print(&WithLeftOut { result: &status, left_out: &absent }, || plan(&status) + &left_out(&absent))?;
            return Ok(Ended::failed_if(status.count("refused") > 0 || !absent.is_empty()));
        }
        let signals = stop_on_signals(stop, progress.clone());
        let report = progress.during(self.migrate(&session, fleet)).await;
        drop(signals);
        let report = report?;
        session.print(&WithLeftOut { result: &report, left_out: &absent }, || {
            wrapped(&format!("{report}{}", left_out(&absent)))
        })?;
        Ok(Ended::failed_if(!report.all_served() || !absent.is_empty()))
    }

    async fn migrate<D: Database>(&self, session: &Session<'_, D>, fleet: Fleet) -> Result<Report, CommandError> {
        let Session { migrator, database, .. } = session;
        if !self.verify {
            return Ok(migrator.migrate_all(*database, fleet).await?);
        }
        let contexts =
            migrator.contexts_of(&crate::counted::Counted::new(*database, migrator.counters()), fleet).await?;
        let _ = migrator.verify(*database, Fleet::contexts(contexts.clone())).await?;
        Ok(migrator.migrate_all(*database, Fleet::contexts(contexts)).await?)
    }

    /// The migrator, told what the options say.
    fn told(&self, mut migrator: Migrator, to: Vec<(String, Version)>) -> Result<Migrator, CommandError> {
        migrator = self.waves.told(migrator)?;
        if !to.is_empty() {
            migrator = migrator.until(to).map_err(|error| CommandError::Usage(error.to_string()))?;
        }
        migrator = self.precaution.taken_by(migrator);
        Ok(match self.phased_starts {
            None => migrator,
            Some(Starts::Run) => migrator.phased_starts(PhasedStarts::Run),
            Some(Starts::Leave) => migrator.phased_starts(PhasedStarts::Leave),
        })
    }

    /// The fleet, and what of it was left out because it would be created unasked.
    async fn fleet<D: Database>(&self, session: &mut Session<'_, D>) -> Result<(Fleet, Vec<Context>), CommandError> {
        match self.selection.clone().selected()? {
            Selected::Named(contexts) => Ok((Fleet::contexts(contexts), Vec::new())),
            // The program knows its tenants, also those that are still to be created.
            Selected::Program => Ok((session.own_fleet()?, Vec::new())),
            Selected::Found(fleet) => {
                let (there, absent) = session.migrator.existing(session.database, fleet).await?;
                Ok((Fleet::contexts(there), absent))
            }
        }
    }
}

/// A result, and what is listed in a registry and does not exist.
#[derive(Serialize)]
struct WithLeftOut<'a, T> {
    #[serde(flatten)]
    result: &'a T,
    left_out: &'a [Context],
}

fn left_out(absent: &[Context]) -> String {
    let line = |context: &Context| format!("\nabsent     {context}   it does not exist, and was not created");
    let help = "\nhelp:      `up --ns NAMESPACE --db DATABASE` creates what it names";
    let lines: String = absent.iter().map(line).collect();
    if absent.is_empty() { lines } else { lines + help }
}

fn plan(status: &FleetStatus) -> String {
    let pending = |applied: &[Applied]| {
        let one = |one: &Applied| format!("{} V{}__{}", one.module, one.version, one.name);
        applied.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    let rows = status.contexts.iter().filter_map(|one| {
        let what = match &one.state {
            ContextState::UpToDate | ContextState::Ahead { .. } => return None,
            ContextState::Pending { migrations } => pending(migrations),
            ContextState::Refused(refusal) => format!("refused: {refusal}"),
            ContextState::Absent => "does not exist: it would be created, with every migration".to_owned(),
        };
        Some(vec![one.context.to_string(), what])
    });
    let rows: Vec<_> = rows.collect();
    let all = plural(status.contexts.len(), "context");
    if rows.is_empty() {
        return format!("{all}: nothing would be applied");
    }
    format!("{all}, nothing was applied\n\n{}", table(&["context", "what would be applied"], rows))
}
