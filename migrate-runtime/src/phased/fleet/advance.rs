//! The loop over the contexts of a fleet: canaries first, the others a few at a time, each checked before it is begun.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use futures_util::stream::{FuturesUnordered, StreamExt};
use migrate_core::{Migration, Migrations, Version};
use tracing::{Instrument, info_span};

use super::clearance::{Todo, not_ready, objection, refused, todo};
use super::error::RolloutError;
use super::fence::{Completion, Fence};
use super::outcome::{RolloutContext, RolloutOutcome};
use super::policy::{RolloutOptions, RolloutOverride};
use super::report::RolloutReport;
use crate::Database;
use crate::apply::Applier;
use crate::canaries::{Part, Stage};
use crate::context::Context;
use crate::counted::Counted;
use crate::course::course;
use crate::fleet::{Fleet, Members};
use crate::fleet_error::FleetError;
use crate::halt::Halted;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::phased::error::PhasedError;
use crate::phased::state::{Move, PhasedState};
use crate::phased::status::PhasedStatus;
use crate::phased::task::Task;
use crate::reading::{ReadError, Reading};
use crate::refusal::Refusal;
use crate::run::Run;

impl Migrator {
    /// Starts a phased migration in every context of a fleet, with what it stands behind: the migrations before it and what they
    /// require, and nothing else.
    ///
    /// [Canaries](Self::canaries), [concurrency](Self::concurrency), the [failure budget](Self::failure_budget) and a [stop](Self::stopped_by) are those
    /// of [`migrate_all`](Self::migrate_all). What is started already is passed over, so that a run which was cut short is gone on with by
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
        let at = module.as_slice().partition_point(|before| before.version() < version);
        let mut run = self.run();
        run.pauses = None;
        run.completion = self.completion(wanted, options);
        let (leading, task) = (self.leading_to(module, at), Task { module, at, wanted });
        let advance = Advance { migrator: self, database: &database, run: &run, leading, task, options };
        let is_wanted = |one: &Reading<PhasedStatus>| {
            one.found.as_ref().is_ok_and(|status| matches!(todo(status.state, wanted), Todo::Move(_)))
        };
        let count = standing.iter().filter(|one| is_wanted(one)).count();
        if count > 0
            && let Some(objection) = advance.objection().await
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
        let contexts = advance.run(standing).instrument(span).await?;
        let report = RolloutReport {
            module: module.module().to_owned(),
            version,
            name: migration.name().to_owned(),
            wanted,
            halted: run.halt.reason().filter(|_| contexts.iter().any(is_not_reached)).cloned(),
            contexts,
            overrides: options.overridden(),
            elapsed: start.elapsed(),
            round_trips: database.round_trips(),
        };
        let (counts, elapsed, round_trips) = (report.run_counts(), report.elapsed, report.round_trips);
        self.emit(Event::RunFinished { counts, elapsed, round_trips });
        Ok(report)
    }

    fn completion(&self, wanted: Move, options: &RolloutOptions) -> Completion {
        let asks = wanted == Move::Complete && !options.overrides(RolloutOverride::OlderReplicas);
        // Where nobody can tell, and need not, the transactions do not ask either.
        let asks = asks && !options.overrides(RolloutOverride::UnknownReplicas);
        let fence =
            self.registry.as_ref().filter(|_| asks).map(|registry| Fence { registry: registry.context().clone() });
        Completion { fence, overrides: options.overridden().into_iter().map(RolloutOverride::word).collect() }
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

/// One rollout.
struct Advance<'a, D> {
    migrator: &'a Migrator,
    database: &'a Counted<D>,
    run: &'a Run,
    /// What starts it.
    leading: Applier,
    task: Task,
    options: &'a RolloutOptions,
}

/// A context that waits for its turn.
struct Waiting {
    at: usize,
    context: Context,
    todo: Result<Todo, ReadError>,
}

/// A context that is done.
struct Finished {
    at: usize,
    part: Part,
    one: RolloutContext,
}

impl<D: Database> Advance<'_, D> {
    fn migration(&self) -> (&'static str, Version) {
        let version = self.task.module.as_slice().get(self.task.at).map_or(Version::FIRST, Migration::version);
        (self.task.module.module(), version)
    }

    /// What the registry says against going on.
    async fn objection(&self) -> Option<Halted> {
        let seen = match &self.migrator.registry {
            Some(registry) => Some(registry.look(self.database).await),
            None => None,
        };
        objection(seen.as_ref(), self.migration(), self.task.wanted, self.options)
    }

    async fn run(&self, standing: Vec<Reading<PhasedStatus>>) -> Result<Vec<RolloutContext>, FleetError> {
        let canaries = &self.migrator.canaries;
        let contexts = standing.iter().map(|one| one.context.clone()).collect();
        let mut known: HashMap<_, _> = standing.into_iter().map(|one| (one.context, one.found)).collect();
        let mut source = course(Members::Known(contexts), canaries)?;
        let mut waiting = VecDeque::new();
        while let Some(numbered) = source.next().await {
            let (at, context) = numbered.map_err(FleetError::Stream)?;
            let found = known.remove(&context).unwrap_or_else(|| Err(ReadError::Absent(context.clone())));
            waiting.push_back(Waiting { at, context, todo: found.map(|status| todo(status.state, self.task.wanted)) });
        }
        let mut stage = Stage::new(canaries.clone());
        let (mut refused, mut done) = (0, Vec::with_capacity(waiting.len()));
        let mut working = FuturesUnordered::new();
        loop {
            while working.len() < self.migrator.concurrency
                && let Some((part, next)) = self.next(&mut waiting, &stage)
            {
                stage.begins(part);
                working.push(self.one(part, next));
            }
            let Some(Finished { at, part, one }) = working.next().await else { break };
            let is_last_canary = stage.ends(part);
            if let RolloutOutcome::Refused(error) = &one.outcome {
                refused += 1;
                self.refused(part, &one.context, error, refused);
            }
            if is_last_canary && self.run.halt.reason().is_none() {
                self.migrator.emit(Event::CanariesPassed {});
            }
            done.push((at, one));
        }
        done.sort_by_key(|(at, _)| *at);
        Ok(done.into_iter().map(|(_, one)| one).collect())
    }

    /// Ends the run where a canary was refused, or the budget is used up.
    fn refused(&self, part: Part, context: &Context, error: &PhasedError, refused: usize) {
        let (migrator, halt) = (self.migrator, &self.run.halt);
        if part == Part::Canary && halt.set(Halted::Canary(context.clone())) {
            let unavailable = Refusal::Unavailable { reason: error.to_string() };
            let refusal = if let PhasedError::Refused(refusal) = error { refusal } else { &unavailable };
            migrator.emit(Event::CanaryRefused { context, refusal });
        }
        let is_used_up = migrator.failure_budget.is_some_and(|budget| refused >= budget.get());
        if is_used_up && halt.set(Halted::FailureBudget { refused }) {
            migrator.emit(Event::BudgetExhausted { refused });
        }
    }

    /// The next context that may begin, taken out of those that wait.
    fn next(&self, waiting: &mut VecDeque<Waiting>, stage: &Stage) -> Option<(Part, Waiting)> {
        let is_halted = self.run.halt.reason().is_some();
        let lacks_something = |one: &Waiting| match one.todo {
            Ok(Todo::Nothing(_)) => false,
            // It is left out, and so is no trial.
            Ok(Todo::Illegal(_)) => self.task.wanted != Move::Complete,
            Ok(Todo::Move(_)) | Err(_) => true,
        };
        let may_begin = |one: &Waiting| stage.part(&one.context, !is_halted && lacks_something(one));
        let (at, part) = waiting.iter().enumerate().find_map(|(at, one)| Some((at, may_begin(one)?)))?;
        Some((part, waiting.remove(at)?))
    }

    async fn one(&self, part: Part, Waiting { at, context, todo }: Waiting) -> Finished {
        let outcome = match todo {
            Err(ReadError::Absent(context)) => RolloutOutcome::Refused(PhasedError::Absent { context }),
            Err(error) => RolloutOutcome::Refused(Refusal::Unavailable { reason: error.to_string() }.into()),
            Ok(Todo::Nothing(state)) => RolloutOutcome::AlreadyThere { state },
            // Without this, the whole run would have been refused.
            Ok(Todo::Illegal(state)) if self.task.wanted == Move::Complete => RolloutOutcome::NotReady { state },
            Ok(Todo::Move(state) | Todo::Illegal(state)) => {
                let span = info_span!("migrate", %context);
                self.advance(&context, state).instrument(span).await
            }
        };
        Finished { at, part, one: RolloutContext { context, outcome } }
    }

    async fn advance(&self, context: &Context, before: PhasedState) -> RolloutOutcome {
        let not_reached = |because: &Halted| RolloutOutcome::NotReached { state: before, because: because.clone() };
        let halt = &self.run.halt;
        if let Some(because) = halt.reason() {
            return not_reached(because);
        }
        if let Some(because) = self.objection().await {
            self.halt(because.clone());
            return not_reached(&because);
        }
        match self.moved(context).await {
            Ok(state) => RolloutOutcome::Moved { before, state },
            Err(PhasedError::Refused(Refusal::Withheld { reason, .. })) => {
                // Who it was is asked once more, so that it can be told.
                let because = self.objection().await.unwrap_or(Halted::ReplicasUnknown { reason });
                self.halt(because.clone());
                not_reached(&because)
            }
            Err(PhasedError::Refused(Refusal::NotAttempted { because, .. })) => not_reached(&because),
            Err(error) => RolloutOutcome::Refused(error),
        }
    }

    fn halt(&self, because: Halted) {
        let told = because.clone();
        if self.run.halt.set(because) {
            self.migrator.emit(Event::RolloutHalted { because: &told });
        }
    }

    /// Moves the migration on in one context, and says where it stands then.
    async fn moved(&self, context: &Context) -> Result<PhasedState, PhasedError> {
        let (migrator, database) = (self.migrator, self.database);
        let Task { module, at, wanted } = self.task;
        migrator.require(database, context).await?;
        let mut backoff = migrator.patience.begin(database.silence());
        let probe = migrator.probe_until(database, std::slice::from_ref(context), &mut backoff).await.pop();
        let probe =
            probe.ok_or_else(|| Refusal::Unavailable { reason: "the context was not asked about".to_owned() })?;
        let (applier, task) = match wanted {
            Move::Start => (&self.leading, None),
            Move::Complete | Move::Rollback => (&migrator.applier, Some(self.task)),
        };
        let report = applier.carry_out(database, context.clone(), probe, backoff, self.run, task).await;
        if let Some(refusal) = report.refusal() {
            return Err(refusal.clone().into());
        }
        let Some(migration) = module.as_slice().get(at) else { return Ok(PhasedState::Pending) };
        let status = migrator.status_of(database, context, module, migration).await?;
        match todo(status.state, wanted) {
            Todo::Nothing(state) => Ok(state),
            // What a start has to wait for is an earlier phased migration.
            Todo::Move(state) | Todo::Illegal(state) => Err(PhasedError::Refused(Refusal::IllegalMove {
                module: module.module().to_owned(),
                version: migration.version(),
                state,
                legal: Vec::new(),
                reason: format!("it is {state} all the same: another migration that is not completed is in its way"),
            })),
        }
    }
}
