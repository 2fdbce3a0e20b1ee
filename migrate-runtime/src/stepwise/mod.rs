//! Applying a stepwise migration: statement by statement, each in a transaction with its cursor in the ledger, under the
//! lease.
//!
//! Nothing is remembered between two statements but what the ledger says, so that any replica can go on with what another
//! one has begun.

mod ask;
mod assertion;
mod build;
mod position;
mod record;
mod script;
mod tried;
mod unit;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use migrate_core::Pace;
use tracing::debug;

pub(crate) use self::build::{Build, Unbuilt};
use self::position::{Position, StatementProgress};
use self::script::Scripts;
use self::tried::{At, Tried, read_of};
use self::unit::Unit;
use crate::Database;
use crate::attempt::{Attempt, Progress};
use crate::backoff::Backoff;
use crate::failure::failed;
use crate::index::Index;
use crate::observer::Event;
use crate::outcome::Applied;
use crate::phased::{Completion, Stretch};
use crate::plan::Step;
use crate::refusal::Refusal;
use crate::snapshot::Snapshots;

/// One stepwise migration in one context.
pub(crate) struct Stepwise<'a, D> {
    pub(crate) attempt: &'a Attempt<'a, D>,
    pub(crate) step: &'a Step,
    /// What of it is run.
    pub(crate) stretch: Stretch,
    /// Who takes the lease: one name for as long as a caller tries, so that a lost answer is not taken for another holder.
    pub(crate) owner: &'a str,
    /// How long the lease lasts unless it is renewed, which is done three times as often.
    pub(crate) lease: Duration,
    pub(crate) index: Option<&'a Index>,
    /// Whether a snapshot of the schema is stored with the end of it.
    pub(crate) snapshots: Snapshots,
    /// How a phased migration is completed.
    pub(crate) completion: &'a Completion,
}

impl<D: Database> Stepwise<'_, D> {
    /// Goes on until the end, and has the lease meanwhile.
    pub(crate) async fn run(&self, backoff: &mut Backoff) -> Result<Progress, Refusal> {
        let Self { attempt, step, stretch, owner, lease, index, snapshots, completion } = *self;
        let (context, replica) = (attempt.context, attempt.replica);
        let scripts = Scripts { context, step, stretch, replica, owner, lease, index, snapshots, completion };
        // 0 is no token: while we have none, there is nothing to renew.
        let token = AtomicU64::new(0);
        let work = pin!(self.work(&scripts, &token, backoff));
        let renewal = pin!(self.renew(&scripts, &token));
        let end = match select(work, renewal).await {
            Either::Left((end, _)) => end,
            Either::Right((never, _)) => match never {},
        };
        // Whoever comes next need not wait until it lapses.
        let token = token.load(Ordering::Relaxed);
        if token > 0 {
            let script = scripts.release(token);
            if let Err(error) = self.attempt.database.query(script.text, script.variables).await {
                debug!(context = %attempt.context, "the lease was not given back, and lapses: {error}");
            }
        }
        end
    }

    /// Renews the lease for as long as it is polled. That it was lost is for the next step to find out.
    async fn renew(&self, scripts: &Scripts<'_>, token: &AtomicU64) -> Infallible {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            let token = token.load(Ordering::Relaxed);
            if token > 0 {
                let script = scripts.renew(token);
                if let Err(error) = self.attempt.database.query(script.text, script.variables).await {
                    debug!(context = %self.attempt.context, "the lease was not renewed: {error}");
                }
            }
        }
    }

    async fn work(&self, scripts: &Scripts<'_>, token: &AtomicU64, backoff: &mut Backoff) -> Result<Progress, Refusal> {
        let mut position = match self.take(scripts).await {
            Tried::Moved(position) => position,
            Tried::Held(by) => return Ok(self.held(by)),
            Tried::Refused(refusal) => return Err(refusal),
            Tried::Unindexed(why) => return Ok(Progress::Unindexed(why)),
            Tried::NoSnapshot(why) => return Ok(Progress::NoSnapshot(why)),
            Tried::Failed { cause, .. } => return Err(failed(self.step, None, 0, cause)),
            Tried::Torn => return Err(self.record_torn(backoff).await),
            Tried::Overtaken => return Ok(taken_over()),
            Tried::Again(why) => return Ok(Progress::Again(why)),
        };
        token.store(position.token, Ordering::Relaxed);
        let (context, migration) = (self.attempt.context, Applied::from(self.step));
        self.attempt.telemetry.emit(Event::MigrationStarted { context, migration, retries: backoff.tries() });
        self.tell(&position);
        backoff.restart();
        loop {
            let tried = match scripts.unit(position.cursor) {
                Some(unit) => self.advance(scripts, &position, unit, backoff).await?,
                None => match self.finish(&scripts.close(&position)).await {
                    Tried::Moved(_) => {
                        token.store(0, Ordering::Relaxed);
                        return Ok(Progress::Done);
                    }
                    tried => tried,
                },
            };
            let why = match tried {
                Tried::Moved(moved) => {
                    // What moves nothing is a try that came to nothing.
                    if moved != position {
                        self.tell(&moved);
                        backoff.restart();
                    }
                    position = moved;
                    continue;
                }
                Tried::Refused(refusal) => {
                    if matches!(refusal, Refusal::Withheld { .. }) {
                        self.withhold(scripts, &position).await;
                    }
                    return Err(refusal);
                }
                Tried::Unindexed(why) => return Ok(Progress::Unindexed(why)),
                Tried::NoSnapshot(why) => return Ok(Progress::NoSnapshot(why)),
                Tried::Torn => return Err(self.record_torn(backoff).await),
                Tried::Failed { statement, cause } => {
                    let failed = (statement, cause);
                    return self.record(scripts, &position, None, failed, backoff).await;
                }
                Tried::Overtaken | Tried::Held(_) => {
                    token.store(0, Ordering::Relaxed);
                    return Ok(taken_over());
                }
                Tried::Again(why) => why,
            };
            // Whether the step is committed is what the ledger says; the lease need not be taken once more for that.
            debug!(context = %self.attempt.context, "looking where the migration stands: {why}");
            backoff.again().map_err(|given_up| Refusal::Unavailable {
                reason: format!("{} was given up {given_up}; the last try met: {why}", self.attempt.context),
            })?;
            backoff.pause().await;
            match self.read(&scripts.position()).await.as_ref().map(Position::read) {
                Ok(Some(found)) if found.token == position.token => {
                    if found != position {
                        self.tell(&found);
                        backoff.restart();
                    }
                    position = found;
                }
                Ok(_) => {
                    token.store(0, Ordering::Relaxed);
                    return Ok(taken_over());
                }
                Err(error) => debug!(context = %self.attempt.context, "nobody can tell: {error}"),
            }
        }
    }

    /// Takes the lease, unless somebody else has it.
    async fn take(&self, scripts: &Scripts<'_>) -> Tried {
        match self.holder(scripts).await {
            Ok(Some(holder)) => Tried::Held(holder),
            Ok(None) => self.send(&scripts.acquire(self.attempt.table), At::Start).await,
            Err(error) => Tried::Again(error.to_string()),
        }
    }

    /// Runs the statement at the cursor, or looks after the index that it builds.
    async fn advance(
        &self,
        scripts: &Scripts<'_>,
        position: &Position,
        unit: Unit<'_>,
        backoff: &mut Backoff,
    ) -> Result<Tried, Refusal> {
        let (StatementProgress::Building, Some(index)) = (position.progress, unit.built()) else {
            return Ok(self.send(&scripts.run(position, unit), At::Step).await);
        };
        match self.wait_for(scripts, index, backoff).await {
            Ok(()) => Ok(self.send(&scripts.built(position, unit), At::Step).await),
            Err(Unbuilt::Unknown(why)) => Ok(Tried::Again(why)),
            Err(Unbuilt::Broken(cause)) => {
                // One that was there before the migration is not the migration's to remove.
                let broken = (unit.pace() == Pace::Build).then_some(index);
                let cause = match broken {
                    Some(_) => format!("{cause}; the index was removed"),
                    None => format!("{cause}; the index was there before and is left as it is"),
                };
                self.record(scripts, position, broken, (Some(0), cause), backoff).await.map(|_| Tried::Overtaken)
            }
        }
    }

    fn held(&self, by: String) -> Progress {
        Progress::Held { module: self.step.module, migration: self.step.migration, by }
    }

    fn tell(&self, position: &Position) {
        let (context, migration) = (self.attempt.context, Applied::from(self.step));
        let range = self.stretch.range(self.step.migration);
        let (done, of) = (position.cursor.saturating_sub(range.start), range.len());
        let rows = match position.progress {
            StatementProgress::Rows(rows) => Some(rows),
            StatementProgress::None | StatementProgress::Building => None,
        };
        self.attempt.telemetry.emit(Event::StepwiseProgress { context, migration, done, of, rows });
    }
}

fn taken_over() -> Progress {
    Progress::Again("somebody else took over".to_owned())
}
