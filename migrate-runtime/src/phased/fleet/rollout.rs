//! The loop over the contexts of a fleet: canaries first, the others wave by wave and a few at a time, each checked before it is begun.

use std::collections::{HashMap, VecDeque};

use futures_util::stream::{FuturesUnordered, StreamExt};
use migrate_core::{Migration, Version};
use tracing::{Instrument, info_span};

use super::clearance::{Todo, objection, todo};
use super::outcome::{RolloutContext, RolloutOutcome};
use super::policy::RolloutOptions;
use super::wave::{Ended, WaveCounts, Waves};
use crate::Database;
use crate::apply::Applier;
use crate::canaries::{Canaries, Part, Stage};
use crate::context::Context;
use crate::counted::Counted;
use crate::course::course;
use crate::fleet::Members;
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

/// One rollout.
pub(super) struct Rollout<'a, D> {
    pub(super) migrator: &'a Migrator,
    pub(super) database: &'a Counted<D>,
    pub(super) run: &'a Run,
    /// What starts it.
    pub(super) leading: Applier,
    pub(super) task: Task,
    pub(super) options: &'a RolloutOptions,
}

/// A context that waits for its turn.
struct Waiting {
    at: usize,
    context: Context,
    todo: Result<Todo, ReadError>,
    turn: Turn,
}

/// When a context has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// In one of the waves.
    OfWave,
    /// At any time: nothing is done in it.
    AtAnyTime,
}

/// A context that is done.
struct Finished {
    at: usize,
    part: Part,
    turn: Turn,
    one: RolloutContext,
}

impl<D: Database> Rollout<'_, D> {
    fn migration(&self) -> (&'static str, Version) {
        let version = self.task.module.as_slice().get(self.task.at).map_or(Version::FIRST, Migration::version);
        (self.task.module.module(), version)
    }

    /// What the registry says against going on.
    pub(super) async fn objection(&self) -> Option<Halted> {
        let seen = match &self.migrator.registry {
            Some(registry) => Some(registry.look(self.database).await),
            None => None,
        };
        objection(seen.as_ref(), self.migration(), self.task.wanted, self.options)
    }

    /// Moves on what is to be, and says what became of each context and of each wave.
    pub(super) async fn run(
        &self,
        standing: Vec<Reading<PhasedStatus>>,
    ) -> Result<(Vec<RolloutContext>, Vec<WaveCounts>), FleetError> {
        let canaries = match &self.migrator.canaries {
            // Waves go by the order of the fleet, so that everybody's are the same.
            Canaries::None if !self.migrator.waves.is_empty() => &Canaries::First(0),
            canaries => canaries,
        };
        let contexts = standing.iter().map(|one| one.context.clone()).collect();
        let mut known: HashMap<_, _> = standing.into_iter().map(|one| (one.context, one.found)).collect();
        let mut source = course(Members::Known(contexts), canaries)?;
        let mut waiting = VecDeque::new();
        while let Some(numbered) = source.next().await {
            let (at, context) = numbered.map_err(FleetError::Stream)?;
            let found = known.remove(&context).unwrap_or_else(|| Err(ReadError::Absent(context.clone())));
            let todo = found.map(|status| todo(status.state, self.task.wanted));
            let turn = if self.is_tried(&todo) { Turn::OfWave } else { Turn::AtAnyTime };
            waiting.push_back(Waiting { at, context, todo, turn });
        }
        let total = waiting.iter().filter(|one| one.turn == Turn::OfWave).count();
        let mut waves = Waves::new(&self.migrator.waves, total);
        let mut stage = Stage::new(canaries.clone());
        let (mut refused, mut done) = (0, Vec::with_capacity(waiting.len()));
        let mut working = FuturesUnordered::new();
        loop {
            while working.len() < self.migrator.concurrency
                && let Some((part, next)) = self.next(&mut waiting, &stage, &waves)
            {
                stage.begins(part);
                if next.turn == Turn::OfWave {
                    waves.begins();
                }
                working.push(self.one(part, next));
            }
            let Some(Finished { at, part, turn, one }) = working.next().await else { break };
            let is_last_canary = stage.ends(part);
            if let RolloutOutcome::Refused(error) = &one.outcome {
                refused += 1;
                self.refused(part, &one.context, error, refused);
            }
            if is_last_canary && self.run.halt.reason().is_none() {
                self.migrator.emit(Event::CanariesPassed {});
            }
            if turn == Turn::OfWave {
                let place = waves.place();
                if let Some(wave) = waves.ends(ended(&one.outcome)) {
                    self.behind(place, wave).await;
                }
            }
            done.push((at, one));
        }
        done.sort_by_key(|(at, _)| *at);
        Ok((done.into_iter().map(|(_, one)| one).collect(), waves.into_counts()))
    }

    /// Whether a context is tried, and so counts as a trial.
    fn is_tried(&self, todo: &Result<Todo, ReadError>) -> bool {
        match todo {
            Ok(Todo::Nothing(_)) => false,
            // It is left out, and so is no trial.
            Ok(Todo::Illegal(_)) => self.task.wanted != Move::Complete,
            Ok(Todo::Move(_)) | Err(_) => true,
        }
    }

    /// Ends the run behind a wave in which a context was refused, unless a budget says how many may be; or waits before the next one.
    async fn behind(&self, (wave, of): (usize, usize), counts: WaveCounts) {
        let (migrator, halt) = (self.migrator, &self.run.halt);
        if counts.refused > 0 && migrator.failure_budget.is_none() {
            self.halt(Halted::Wave { wave, refused: counts.refused });
        }
        if halt.reason().is_none() {
            let pause = migrator.bake;
            migrator.emit(Event::WaveFinished { wave, of, counts, pause });
            migrator.stop.sleep(pause).await;
        }
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
    fn next(&self, waiting: &mut VecDeque<Waiting>, stage: &Stage, waves: &Waves) -> Option<(Part, Waiting)> {
        let is_halted = self.run.halt.reason().is_some();
        let may_begin = |one: &Waiting| {
            let is_tried = !is_halted && one.turn == Turn::OfWave;
            stage.part(&one.context, is_tried).filter(|_| !is_tried || waves.has_room())
        };
        let (at, part) = waiting.iter().enumerate().find_map(|(at, one)| Some((at, may_begin(one)?)))?;
        Some((part, waiting.remove(at)?))
    }

    async fn one(&self, part: Part, Waiting { at, context, todo, turn }: Waiting) -> Finished {
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
        Finished { at, part, turn, one: RolloutContext { context, outcome } }
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

const fn ended(outcome: &RolloutOutcome) -> Ended {
    match outcome {
        RolloutOutcome::Refused(_) => Ended::Refused,
        RolloutOutcome::NotReached { .. } => Ended::NotTried,
        RolloutOutcome::Moved { .. } | RolloutOutcome::AlreadyThere { .. } | RolloutOutcome::NotReady { .. } => {
            Ended::Moved
        }
    }
}
