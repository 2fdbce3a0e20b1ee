//! What an operator does with a phased migration in a whole fleet.

use std::time::Instant;

use migrate_core::{Migrations, Version};
use tracing::{Instrument, info_span};

use super::clearance::{Todo, not_ready, refused, todo};
use super::error::RolloutError;
use super::fence::{Completion, Fence};
use super::outcome::{RolloutContext, RolloutOutcome};
use super::policy::{RolloutOptions, RolloutOverride};
use super::report::RolloutReport;
use super::rollout::Rollout;
use crate::Database;
use crate::apply::Applier;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::phased::state::Move;
use crate::phased::status::PhasedStatus;
use crate::phased::task::Task;
use crate::reading::Reading;

impl Migrator {
    /// Starts a phased migration in every context of a fleet, with what it stands behind: the migrations before it and what they
    /// require, and nothing else.
    ///
    /// [Canaries](Self::canaries), [concurrency](Self::concurrency), the [failure budget](Self::failure_budget) and a [stop](Self::stopped_by) are those
    /// of [`migrate_all`](Self::migrate_all); behind the canaries it goes in [waves](Self::rollout_waves). What is started already is passed over, so that a run which was cut short is gone on with by
    /// the next one. Nothing is created.
    ///
    /// # Errors
    ///
    /// When there is no such phased migration, its rollout is paused, or it cannot be told which contexts there are. What happens in a
    /// context is in the report.
    pub async fn start_all<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        module: &str,
        version: Version,
        options: &RolloutOptions,
    ) -> Result<RolloutReport, RolloutError> {
        self.advance_all(database, fleet, (module, version), Move::Start, options).await
    }

    /// Completes a phased migration in every context of a fleet: what older binaries cannot live with happens now.
    ///
    /// It goes as [`start_all`](Self::start_all) does. Before anything is begun, the [registry](Self::registry) has to say that no live replica is older
    /// than the migration, and every context has to be ready. The former is asserted again before each context, and by the transactions
    /// that begin the completion there: where an older replica has joined meanwhile, the run ends, and the context stays
    /// ready to complete.
    ///
    /// # Errors
    ///
    /// When there is no such phased migration, its rollout is paused, an older replica is alive or nobody can tell, contexts
    /// are not ready, or it cannot be told which there are. Each check has an [override](RolloutOverride) of its own.
    pub async fn complete_all<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        module: &str,
        version: Version,
        options: &RolloutOptions,
    ) -> Result<RolloutReport, RolloutError> {
        self.advance_all(database, fleet, (module, version), Move::Complete, options).await
    }

    /// Takes the start of a phased migration back in every context of a fleet where it was begun and its completion was not.
    ///
    /// It goes as [`start_all`](Self::start_all) does. Every replica that starts with the migration starts it again, unless the rollout is
    /// [paused](Self::pause_rollout) or they [leave starts](Self::phased_starts).
    ///
    /// # Errors
    ///
    /// As for [`start_all`](Self::start_all).
    pub async fn rollback_all<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        module: &str,
        version: Version,
        options: &RolloutOptions,
    ) -> Result<RolloutReport, RolloutError> {
        self.advance_all(database, fleet, (module, version), Move::Rollback, options).await
    }

    async fn advance_all<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        (name, version): (&str, Version),
        wanted: Move,
        options: &RolloutOptions,
    ) -> Result<RolloutReport, RolloutError> {
        let start = Instant::now();
        let (module, migration, _) = self.find(name, version)?;
        let database = Counted::new(database, self.counters());
        let contexts = self.contexts_of(&database, fleet).await?;
        let standing = self.standing(&database, &contexts, &[(module, migration)]).await?;
        let standing = standing.into_iter().next().unwrap_or_default();
        let at = module.place_of(version);
        let mut run = self.run();
        run.pauses = None;
        run.completion = self.completion(&database, wanted, options).await;
        let (leading, task) = (self.leading_to(module, at), Task { module, at, wanted });
        let rollout = Rollout { migrator: self, database: &database, run: &run, leading, task, options };
        let is_wanted = |one: &Reading<PhasedStatus>| {
            one.found.as_ref().is_ok_and(|status| matches!(todo(status.state, wanted), Todo::Move(_)))
        };
        let count = standing.iter().filter(|one| is_wanted(one)).count();
        if count > 0
            && let Some(objection) = rollout.objection().await
        {
            refused(objection)?;
        }
        let unready = if wanted == Move::Complete { not_ready(&standing) } else { Vec::new() };
        if !unready.is_empty() && !options.overrides(RolloutOverride::NotReady) {
            return Err(RolloutError::NotReady { contexts: unready });
        }
        // Those that have something to tell.
        self.emit(Event::RunStarted { contexts: Some(count) });
        let span = info_span!("rollout", module = name, version = version.get(), %wanted);
        let (contexts, waves) = rollout.run(standing).instrument(span).await?;
        let report = RolloutReport {
            module: module.module().to_owned(),
            version,
            name: migration.name().to_owned(),
            wanted,
            halted: run.halt.reason().filter(|_| contexts.iter().any(is_not_reached)).cloned(),
            contexts,
            waves,
            overrides: options.overridden(),
            elapsed: start.elapsed(),
            round_trips: database.round_trips(),
        };
        let (counts, elapsed, round_trips) = (report.run_counts(), report.elapsed, report.round_trips);
        self.emit(Event::RunFinished { counts, elapsed, round_trips });
        Ok(report)
    }

    /// How a completion asks about older replicas in its own transactions. Where the registry cannot be read and need not be, nobody is asked; nor
    /// where its context does not exist, which the question would create.
    async fn completion<D: Database>(
        &self,
        database: &Counted<D>,
        wanted: Move,
        options: &RolloutOptions,
    ) -> Completion {
        let asks = wanted == Move::Complete && !options.overrides(RolloutOverride::OlderReplicas);
        let mut registry = self.registry.as_ref().filter(|_| asks);
        if let Some(known) = registry.filter(|_| options.overrides(RolloutOverride::UnknownReplicas)) {
            registry = known.look(database).await.is_ok_and(|seen| seen.is_there).then_some(known);
        }
        let overrides = options.overridden().into_iter().map(RolloutOverride::word).collect();
        Completion { fence: registry.map(Fence::of), overrides }
    }

    /// What applies no more than what leads to one migration, with its start.
    fn leading_to(&self, module: &'static Migrations, at: usize) -> Applier {
        let Applier { modules, replica, telemetry, wait, lease, snapshots } = &self.applier;
        let place = modules.iter().position(|one| one.module() == module.module());
        let modules = place.map_or_else(|| modules.clone(), |place| modules.leading_to(place, at));
        let (replica, telemetry) = (replica.clone(), telemetry.clone());
        Applier { modules, replica, telemetry, wait: *wait, lease: *lease, snapshots: *snapshots }
    }
}

fn is_not_reached(one: &RolloutContext) -> bool {
    matches!(one.outcome, RolloutOutcome::NotReached { .. })
}
