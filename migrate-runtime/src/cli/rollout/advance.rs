use std::time::Duration;

use clap::Args;

use super::RolloutOf;
use crate::cli::ended::Ended;
use crate::cli::error::CommandError;
use crate::cli::interrupt::stop_on_signals;
use crate::cli::overrides::PausedOverride;
use crate::cli::progress::Progress;
use crate::cli::session::Session;
use crate::cli::table::wrapped;
use crate::cli::waves::Waves;
use crate::stop::Stop;
use crate::{Database, Migrator, RolloutReport, Wave};

/// Which phased migration is moved on, and how.
#[derive(Clone, Debug, Args)]
pub struct RolloutMove {
    #[command(flatten)]
    pub(super) of: RolloutOf,
    #[command(flatten)]
    waves: Waves,
    #[command(flatten)]
    in_waves: InWaves,
    #[command(flatten)]
    pub(super) paused: PausedOverride,
}

/// How far it goes before it goes on.
#[derive(Clone, Debug, Args)]
struct InWaves {
    /// Goes in waves: up to so many of the databases to be moved, or up to a part of them, before any other; several behind commas
    /// or given several times. What they leave is the last one.
    ///
    /// The next one begins when all databases of the one before it are done. None follows one in which a database was refused, unless
    /// `--failure-budget` says how many may be.
    #[arg(long = "wave", value_name = "COUNT|PERCENT%", value_delimiter = ',')]
    waves: Vec<Wave>,
    /// How long to wait behind each wave before the next one.
    #[arg(long, value_name = "SECONDS", requires = "waves", default_value_t = 0)]
    bake: u32,
}

/// Which of the two that have the same options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Start,
    Rollback,
}

impl RolloutMove {
    /// The migrator, told who goes first, how far, and when to stop.
    pub(super) fn told(&self, migrator: Migrator) -> Result<Migrator, CommandError> {
        let InWaves { waves, bake } = &self.in_waves;
        let bake = Duration::from_secs((*bake).into());
        Ok(self.waves.told(migrator)?.rollout_waves(waves.iter().copied()).bake(bake))
    }

    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>, way: Way) -> Result<Ended, CommandError> {
        let (stop, progress) = (Stop::default(), Progress::applying(session.presentation));
        session.migrator = progress.watch(self.told(session.migrator)?).stopped_by(&stop);
        let fleet = session.select(self.of.selection)?;
        let Session { migrator, database, .. } = &session;
        let (module, version) = self.of.migration.resolve(&session)?;
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
        shown(&session, &report?)
    }
}

/// Prints what became of a rollout.
pub(super) fn shown<D>(session: &Session<'_, D>, report: &RolloutReport) -> Result<Ended, CommandError> {
    session.print(report, || wrapped(&report.to_string()))?;
    Ok(Ended::failed_if(!report.is_done()))
}
