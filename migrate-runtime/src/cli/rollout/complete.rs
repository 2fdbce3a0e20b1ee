use std::time::Duration;

use clap::Args;
use migrate_core::Version;

use super::advance::{RolloutMove, shown};
use crate::cli::ended::Ended;
use crate::cli::error::CommandError;
use crate::cli::interrupt::stop_on_signals;
use crate::cli::overrides::CompleteOverrides;
use crate::cli::progress::Progress;
use crate::cli::selection::{Selected, Selection};
use crate::cli::session::Session;
use crate::cli::table::wrapped;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::stop::Stop;
use crate::{AwaitedEnd, Database, RolloutOptions, RolloutReport, WhenReady};

/// Which phased migration is completed, how, and when.
#[derive(Clone, Debug, Args)]
pub struct RolloutComplete {
    #[command(flatten)]
    pub(super) moved: RolloutMove,
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

impl RolloutComplete {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let selection = self.moved.of.selection.clone();
        let (stop, progress) = (Stop::default(), Progress::applying(session.presentation));
        session.migrator = progress.watch(self.moved.told(session.migrator)?).stopped_by(&stop);
        let (module, version) = self.moved.of.migration.resolve(&session)?;
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
            Completed::Now(report) => shown(&session, &report),
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
