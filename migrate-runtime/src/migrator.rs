use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use migrate_core::Migrations;
use tracing::{Instrument, info_span};

use crate::apply::Applier;
use crate::backoff::{Backoff, Patience};
use crate::canaries::Canaries;
use crate::consult::{mend, wants_repair};
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::flow::Flow;
use crate::graph::VersionGraph;
use crate::halt::Halt;
use crate::index::{Entry, Index, IndexUse, Look, Undefined, define, look};
use crate::modules_error::ModulesError;
use crate::observer::Event;
use crate::order::Modules;
use crate::outcome::ContextReport;
use crate::phased::{Completion, PhasedCompletions, Wave};
use crate::probe::{Probe, probe};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::replica::Replica;
use crate::report::Report;
use crate::run::Run;
use crate::snapshot::Snapshots;
use crate::stop::Stop;
use crate::telemetry::Telemetry;
use crate::validate::Requirement;
use crate::{Database, QueryError};

/// Brings tenants' databases to the version that this binary carries.
///
/// Any number of replicas may do so at once: each migration is applied exactly once per context, by whoever is first.
/// One shared connection suffices, and its session is left as it was.
#[derive(Debug)]
pub struct Migrator {
    pub(crate) applier: Applier,
    pub(crate) patience: Patience,
    pub(crate) concurrency: usize,
    pub(crate) probe_batch: usize,
    pub(crate) canaries: Canaries,
    pub(crate) failure_budget: Option<NonZeroUsize>,
    pub(crate) index: Option<Arc<Index>>,
    pub(crate) requirement: Option<Requirement>,
    pub(crate) stop: Stop,
    pub(crate) registry: Option<Registry>,
    pub(crate) completions: PhasedCompletions,
    pub(crate) waves: Vec<Wave>,
    pub(crate) bake: Duration,
}

impl Migrator {
    /// A migrator of these modules. They are checked against each other; nothing is read or written.
    ///
    /// Modules are gone through in this order, each from its first migration to its last, but that what a migration
    /// requires of another module comes before it, and no more of that module than that.
    ///
    /// # Errors
    ///
    /// When two modules have one name or define one object, or one requires what is not there or what requires itself.
    pub fn new(modules: impl IntoIterator<Item = &'static Migrations>) -> Result<Self, ModulesError> {
        let (replica, telemetry) = (Replica::this_process(), Telemetry::default());
        let (wait, lease) = (Duration::from_mins(30), Duration::from_secs(30));
        let (modules, snapshots) = (Modules::new(modules)?, Snapshots::default());
        let applier = Applier { modules, replica, telemetry, wait, lease, snapshots };
        Ok(Self {
            applier,
            patience: Patience::default(),
            concurrency: 8,
            probe_batch: 64,
            canaries: Canaries::None,
            failure_budget: None,
            index: None,
            requirement: None,
            stop: Stop::default(),
            registry: None,
            completions: PhasedCompletions::default(),
            waves: Vec::new(),
            bake: Duration::ZERO,
        })
    }

    /// Brings every context of a fleet up to date. A context that cannot be brought there is refused in the report and
    /// does not keep the others from it. Contexts that do not exist are created.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are. What happens to a context is in the report.
    pub async fn migrate_all<D: Database>(&self, database: &D, fleet: Fleet) -> Result<Report, FleetError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let members = self.members(&database, fleet).await?;
        let contexts = members.count();
        self.emit(Event::RunStarted { contexts });
        let run = self.run();
        let flow = Flow::new(self, &database, &run);
        let done = flow.run(members).instrument(info_span!("fleet", contexts)).await?;
        let report = Report::new(done.reports, self.applier.modules.len(), start.elapsed(), database.round_trips());
        let (counts, elapsed, round_trips) = (report.counts(), report.elapsed(), report.round_trips());
        self.emit(Event::RunFinished { counts, elapsed, round_trips });
        match done.interrupted {
            None => Ok(report),
            Some(source) => Err(FleetError::Interrupted { report: Box::new(report), source }),
        }
    }

    /// Brings one context up to date, creating it where it does not exist.
    ///
    /// Its own ledger is read in any case, and what the fleet index says of it is put right. What happens to it is in the
    /// report.
    pub async fn migrate<D: Database>(&self, database: &D, context: Context) -> ContextReport {
        let database = Counted::new(database, self.counters());
        let run = self.run();
        let mut backoff = self.patience.begin(database.silence());
        let span = info_span!("migrate", %context);
        let migrate = async {
            let (probe, entry) = self.look_until(&database, &run, &context, &mut backoff).await;
            let probe = self.admitted(&database, &context, probe, &run).await;
            let report = self.applier.bring_up_to_date(&database, context, probe, backoff, &run).await;
            if wants_repair(entry, &report) {
                mend(self, &database, &run, vec![report.context.clone()]).await;
            }
            report
        };
        migrate.instrument(span).await
    }

    /// Which versions of the modules stand behind which others.
    pub fn version_graph(&self) -> VersionGraph {
        VersionGraph::new(self.applier.modules.iter().copied())
    }

    pub(crate) fn run(&self) -> Run {
        Run {
            halt: Halt::by(&self.stop),
            index: self.index.as_ref().map(IndexUse::new),
            pauses: self.registry.clone(),
            completion: Completion::default(),
        }
    }

    pub(crate) fn emit(&self, event: Event<'_>) {
        self.applier.telemetry.emit(event);
    }

    /// Reads the ledgers of a batch, until there is an answer or no further try.
    pub(crate) async fn probe_until(
        &self,
        database: &impl Database,
        contexts: &[Context],
        backoff: &mut Backoff,
    ) -> Vec<Probe> {
        loop {
            let error = match probe(database, contexts).await {
                Ok(probes) => {
                    for context in contexts {
                        self.emit(Event::ContextProbed { context });
                    }
                    return probes;
                }
                Err(error) => error,
            };
            if let Err(refusal) = self.pause(contexts, &error, backoff).await {
                return vec![Probe::Refused(refusal); contexts.len()];
            }
        }
    }

    /// Reads the ledger of one context and what the index says of it, until there is an answer or no further try.
    async fn look_until(
        &self,
        database: &impl Database,
        run: &Run,
        context: &Context,
        backoff: &mut Backoff,
    ) -> (Probe, Entry) {
        let contexts = std::slice::from_ref(context);
        let Some(used) = &run.index else {
            let probe = self.probe_until(database, contexts, backoff).await.pop();
            return (probe.unwrap_or_else(|| Probe::Again("it was not asked about".to_owned())), Entry::Unknown);
        };
        loop {
            let (probe, look) = match look(database, &used.index, context).await {
                Ok(answer) => answer,
                Err(error) => match self.pause(contexts, &error, backoff).await {
                    Ok(()) => continue,
                    Err(refusal) => return (Probe::Refused(refusal), Entry::Unknown),
                },
            };
            self.emit(Event::ContextProbed { context });
            let why = match look {
                Look::Entry(entry) => {
                    used.is_there();
                    return (probe, entry);
                }
                Look::NoTable => match define(database, &used.index).await {
                    Ok(()) => {
                        used.is_there();
                        return (probe, Entry::Stranger);
                    }
                    Err(Undefined::Again(why)) => why,
                    Err(Undefined::Unusable(why)) => {
                        used.give_up(&why, &self.applier.telemetry);
                        return (probe, Entry::Unknown);
                    }
                },
                Look::Again(why) => why,
                Look::Unusable(why) => {
                    used.give_up(&why, &self.applier.telemetry);
                    return (probe, Entry::Unknown);
                }
            };
            if backoff.again().is_err() {
                return (probe, Entry::Unknown);
            }
            self.emit(Event::Waiting { contexts, reason: &why, tries: backoff.tries() });
            backoff.pause().await;
        }
    }

    /// Waits before the next try of a query that was not answered, or says why there is none.
    pub(crate) async fn pause(
        &self,
        contexts: &[Context],
        error: &QueryError,
        backoff: &mut Backoff,
    ) -> Result<(), Refusal> {
        if let QueryError::Refused(reason) | QueryError::TooLarge(reason) | QueryError::NotAllowed(reason) = error {
            return Err(Refusal::Unavailable { reason: reason.clone() });
        }
        let reason = error.to_string();
        backoff.again().map_err(|given_up| Refusal::Unavailable {
            reason: format!("the database was given up {given_up}; the last try met: {reason}"),
        })?;
        self.emit(Event::Waiting { contexts, reason: &reason, tries: backoff.tries() });
        backoff.pause().await;
        Ok(())
    }
}
