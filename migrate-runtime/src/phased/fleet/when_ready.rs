//! Waiting until a phased migration may be completed, and completing it then.

use std::convert::Infallible;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use migrate_core::{Migration, Migrations, Version};
use tokio::time::sleep;
use tracing::debug;

use super::awaited::{Awaited, AwaitedEnd, WaitingFor};
use super::clearance::objection;
use super::error::{NotReady, RolloutError};
use super::outcome::RolloutOutcome;
use super::policy::RolloutOptions;
use super::report::RolloutReport;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::halt::Halted;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::phased::error::PhasedError;
use crate::phased::state::{Move, PhasedState};
use crate::reading::{ReadError, Reading};
use crate::refusal::Refusal;
use crate::registry::{Change, Registry, RegistryError, Subject, draw_id};
use crate::{Database, QueryError};

/// How a completion is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct WhenReady {
    every: Duration,
    timeout: Option<Duration>,
    lease: Duration,
}

/// What one try came to.
enum Tried {
    Completed,
    Failed,
    Wait(WaitingFor),
}

impl Default for WhenReady {
    fn default() -> Self {
        Self { every: Duration::from_secs(10), timeout: None, lease: Duration::from_secs(30) }
    }
}

impl WhenReady {
    /// A look every ten seconds, for as long as it takes.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long to wait at most between two looks; ten seconds unless set, and a tenth of a second at least.
    pub fn every(self, every: Duration) -> Self {
        Self { every: every.max(Duration::from_millis(100)), ..self }
    }

    /// How long to wait in all. What is begun by then is finished, and a database that does not answer is given its
    /// [deadline](Migrator::deadline).
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// How long others wait for a replica that is gone while it completes; 30 seconds unless set, and a tenth of a second at least.
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease: lease.max(Duration::from_millis(100)), ..self }
    }
}

impl Migrator {
    /// Waits until a phased migration may be completed over a fleet, with every check of [`complete_all`](Self::complete_all), and completes it then.
    ///
    /// It ends when the migration is completed everywhere, whoever did it; when a step fails; when there is no more time; or when it is
    /// told to [stop](Self::stopped_by). A connection that is lost is waited for. Of several that wait, one completes at a time, under a lease in
    /// the registry's context; where it is gone, another goes on behind it. That lease only spares them the same work: that nothing is done
    /// twice is for the lease of each context.
    ///
    /// The fleet is asked for anew at each try, so that tenants which come meanwhile are among it.
    ///
    /// # Errors
    ///
    /// When there is no such phased migration, the migrator has no [registry](Self::registry), or waiting does not help: the user has no right to what
    /// has to be read or written, or it cannot be told which contexts there are.
    pub async fn complete_when_ready<D: Database>(
        &self,
        database: &D,
        fleet: impl Fn() -> Fleet + Send + Sync,
        module: &str,
        version: Version,
        when: &WhenReady,
    ) -> Result<Awaited, RolloutError> {
        let begin = Instant::now();
        let (found, migration, _) = self.find(module, version)?;
        let registry = self.registry.as_ref().ok_or(RolloutError::NoRegistry)?;
        let waiting = Waiting { migrator: self, registry, found, migration, owner: draw_id(), lease: when.lease };
        let (mut report, mut waiting_for) = (None, None);
        let end = loop {
            if self.stop.is_told() {
                break AwaitedEnd::Stopped;
            }
            let is_first = waiting_for.is_none();
            let reason = match waiting.tried(database, &fleet, is_first, &mut report).await? {
                Tried::Completed if is_first && report.is_none() => break AwaitedEnd::NothingToDo,
                Tried::Completed => break AwaitedEnd::Completed,
                Tried::Failed => break AwaitedEnd::Failed,
                Tried::Wait(reason) => reason,
            };
            if waiting_for.as_ref() != Some(&reason) {
                self.emit(Event::RolloutWaiting { reason: &reason });
            }
            waiting_for = Some(reason);
            let left = when.timeout.map(|timeout| timeout.saturating_sub(begin.elapsed()));
            if left.is_some_and(|left| left.is_zero()) {
                break AwaitedEnd::TimedOut;
            }
            // Replicas that started together do not go on in step.
            let pause = when.every.mul_f64(0.5 + 0.5 * fastrand::f64());
            self.stop.sleep(left.map_or(pause, |left| pause.min(left))).await;
        };
        let is_open = !matches!(end, AwaitedEnd::Completed | AwaitedEnd::NothingToDo);
        let (module, elapsed) = (module.to_owned(), begin.elapsed());
        Ok(Awaited { module, version, end, waiting_for: waiting_for.filter(|_| is_open), report, elapsed })
    }
}

/// One who waits for a completion.
struct Waiting<'a> {
    migrator: &'a Migrator,
    registry: &'a Registry,
    found: &'static Migrations,
    migration: &'static Migration,
    /// Under what name it takes the lease.
    owner: String,
    lease: Duration,
}

impl Waiting<'_> {
    async fn tried<D: Database>(
        &self,
        database: &D,
        fleet: &impl Fn() -> Fleet,
        is_first: bool,
        report: &mut Option<RolloutReport>,
    ) -> Result<Tried, RolloutError> {
        if is_first && self.is_completed(database, fleet()).await.unwrap_or(false) {
            return Ok(Tried::Completed);
        }
        let counted = Counted::new(database, self.migrator.counters());
        let (module, version) = (self.found.module(), self.migration.version());
        let seen = match self.registry.look(&counted).await {
            Err(error) => return unread(error.into()),
            seen => seen,
        };
        // No ledger needs to be read for that.
        if let Some(halted) = objection(Some(&seen), (module, version), Move::Complete, &RolloutOptions::new()) {
            return Ok(Tried::Wait(halted.into()));
        }
        match self.is_completed(database, fleet()).await {
            Ok(true) => return Ok(Tried::Completed),
            Ok(false) => {}
            Err(error) => return unread(error),
        }
        let by = self.migrator.applier.replica.as_json();
        let subject = Subject { module, version, by: &by };
        let (owner, lease) = (self.owner.as_str(), self.lease);
        match self.registry.change(&counted, subject, &Change::Take { owner, lease }).await {
            Ok(seen) => {
                if let Some(by) = seen.completed_by(module, version, owner) {
                    return Ok(Tried::Wait(WaitingFor::Elsewhere { by }));
                }
            }
            Err(error) => return unread(error.into()),
        }
        let options = RolloutOptions::new();
        let completed = {
            let completion = pin!(self.migrator.complete_all(database, fleet(), module, version, &options));
            let renewal = pin!(self.renew(&counted, subject));
            match select(completion, renewal).await {
                Either::Left((completed, _)) => completed,
                Either::Right((never, _)) => match never {},
            }
        };
        // Whoever comes next need not wait until it lapses.
        if let Err(error) = self.registry.change(&counted, subject, &Change::Release { owner }).await {
            debug!("the lease of the completion was not given back, and lapses: {error}");
        }
        match completed {
            Ok(completed) => {
                let tried = read(&completed);
                *report = Some(completed);
                Ok(tried)
            }
            Err(error) => unread(error),
        }
    }

    /// Renews the lease for as long as it is polled.
    async fn renew<D: Database>(&self, counted: &Counted<D>, subject: Subject<'_>) -> Infallible {
        let take = Change::Take { owner: &self.owner, lease: self.lease };
        loop {
            sleep(self.lease / 3).await;
            if let Err(error) = self.registry.change(counted, subject, &take).await {
                debug!("the lease of the completion was not renewed: {error}");
            }
        }
    }

    async fn is_completed<D: Database>(&self, database: &D, fleet: Fleet) -> Result<bool, RolloutError> {
        let counted = Counted::new(database, self.migrator.counters());
        let contexts = self.migrator.contexts_of(&counted, fleet).await?;
        let standing = self.migrator.standing(&counted, &contexts, &[(self.found, self.migration)]).await?;
        let is_applied = |one: &Reading<_>| {
            one.found.as_ref().is_ok_and(|status: &crate::PhasedStatus| status.state == PhasedState::Applied)
        };
        Ok(standing.iter().flatten().all(is_applied))
    }
}

/// What a rollout of one's own came to.
fn read(report: &RolloutReport) -> Tried {
    if report.is_done() {
        return Tried::Completed;
    }
    let may_pass = |error: &PhasedError| {
        matches!(
            error,
            PhasedError::Busy { .. }
                | PhasedError::Absent { .. }
                | PhasedError::Refused(Refusal::Unavailable { .. } | Refusal::Busy { .. })
        )
    };
    let mut refused = report.contexts.iter().filter_map(|one| match &one.outcome {
        RolloutOutcome::Refused(error) => Some(error),
        _ => None,
    });
    if refused.clone().any(|error| !may_pass(error)) {
        return Tried::Failed;
    }
    match &report.halted {
        Some(Halted::Canary(_) | Halted::FailureBudget { .. }) => Tried::Failed,
        Some(halted) if !matches!(halted, Halted::Wave { .. }) => Tried::Wait(halted.clone().into()),
        // What was refused in a wave may pass.
        Some(_) | None => {
            let reason = refused.next().map_or_else(String::new, ToString::to_string);
            Tried::Wait(WaitingFor::Unreachable { reason })
        }
    }
}

/// What does not help is an error, and what may be otherwise the next time is waited for.
fn unread(error: RolloutError) -> Result<Tried, RolloutError> {
    let waiting_for = match error {
        RolloutError::Paused(pause) => WaitingFor::Paused(pause),
        RolloutError::OlderReplicas { behind } => WaitingFor::OlderReplicas(behind),
        RolloutError::ReplicasUnknown { reason } => WaitingFor::ReplicasUnknown { reason },
        RolloutError::NotReady { contexts } => {
            let is_lost = |one: &NotReady| matches!(one.found, Err(ReadError::Unavailable { .. }));
            match contexts.iter().find(|one| is_lost(one)) {
                Some(lost) if contexts.iter().all(is_lost) => WaitingFor::Unreachable { reason: lost.to_string() },
                _ => WaitingFor::NotReady(contexts),
            }
        }
        RolloutError::Registry(RegistryError::Unanswered { reason, .. }) => WaitingFor::Unreachable { reason },
        RolloutError::Fleet(FleetError::Query(
            error @ (QueryError::Lost(_) | QueryError::Conflict(_) | QueryError::TimedOut(_)),
        )) => WaitingFor::Unreachable { reason: error.to_string() },
        other => return Err(other),
    };
    Ok(Tried::Wait(waiting_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_be_spawned(_: impl Future + Send) {}

    /// Servers wait in a task of their own: this is compiled, and never called.
    #[expect(dead_code, reason = "what it shows is that it compiles")]
    fn it_may_wait_in_a_task<D: Database>(migrator: &Migrator, database: &D, when: &WhenReady) {
        let fleet = || Fleet::databases_of("tenants");
        let options = RolloutOptions::new();
        may_be_spawned(migrator.rollout_statuses(database, fleet()));
        may_be_spawned(migrator.complete_all(database, fleet(), "app", Version::FIRST, &options));
        may_be_spawned(migrator.complete_when_ready(database, fleet, "app", Version::FIRST, when));
        may_be_spawned(migrator.complete_automatically(database, fleet, when));
    }
}
