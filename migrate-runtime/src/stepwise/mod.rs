//! Applying a stepwise migration: statement by statement, each in a transaction with its cursor in the ledger, under the
//! lease.
//!
//! Nothing is remembered between two statements but what the ledger says, so that any replica can go on with what another
//! one has begun.

mod build;
mod position;
mod script;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use migrate_core::{Object, Pace, Statement};
use serde_json::Value;
use tracing::{debug, warn};

use self::build::Build;
use self::position::{Position, StatementProgress};
use self::script::Scripts;
use crate::attempt::{Attempt, Progress};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::failure::{failed, failure_json, torn, unrecorded};
use crate::index::Index;
use crate::observer::Event;
use crate::outcome::Applied;
use crate::plan::Step;
use crate::probe::is_in;
use crate::refusal::Refusal;
use crate::script::{Role, Script};
use crate::verdict::Verdict;
use crate::{Database, QueryError, Reply};

/// One stepwise migration in one context.
pub(crate) struct Stepwise<'a, D> {
    pub(crate) attempt: &'a Attempt<'a, D>,
    pub(crate) step: &'a Step,
    /// Who takes the lease: one name for as long as a caller tries, so that a lost answer is not taken for another holder.
    pub(crate) owner: &'a str,
    /// How long the lease lasts unless it is renewed, which is done three times as often.
    pub(crate) lease: Duration,
    pub(crate) index: Option<&'a Index>,
}

/// What came of one text.
enum Tried {
    /// It is committed, and the ledger stands here now.
    Moved(Position),
    /// Nothing is known, or somebody was in the way.
    Again(String),
    /// The lease is not ours any more, or the ledger does not stand where it did.
    Overtaken,
    Held,
    Refused(Refusal),
    /// The statement at the cursor failed and was taken back.
    Failed(String),
    Torn,
    /// The fleet index could not be written.
    Unindexed(String),
}

impl<D: Database> Stepwise<'_, D> {
    /// Goes on until the end, and has the lease meanwhile.
    pub(crate) async fn run(&self, backoff: &mut Backoff) -> Result<Progress, Refusal> {
        let Self { attempt, step, owner, lease, index } = *self;
        let scripts = Scripts { context: attempt.context, step, replica: attempt.replica, owner, lease, index };
        // 0 is no token: while we have none, there is nothing to renew.
        let token = AtomicU64::new(0);
        let work = pin!(self.work(&scripts, &token, backoff));
        let renewal = pin!(self.renew(&scripts, &token));
        match select(work, renewal).await {
            Either::Left((end, _)) => end,
            Either::Right((never, _)) => match never {},
        }
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
        let mut position: Option<Position> = None;
        loop {
            let tried = match &position {
                None => match self.holder(scripts).await {
                    Ok(Some(holder)) => return Ok(self.held(holder)),
                    Ok(None) => self.send(&scripts.acquire(self.attempt.table)).await,
                    Err(error) => Tried::Again(error.to_string()),
                },
                Some(position) => match scripts.statement(position.cursor) {
                    Some(statement) => self.advance(scripts, position, statement, backoff).await?,
                    None => match self.finish(&scripts.close(position)).await {
                        Tried::Moved(_) => return Ok(Progress::Done),
                        tried => tried,
                    },
                },
            };
            match tried {
                Tried::Moved(moved) => {
                    self.tell(&moved);
                    token.store(moved.token, Ordering::Relaxed);
                    backoff.restart();
                    position = Some(moved);
                }
                Tried::Held => return Ok(self.held("somebody else".to_owned())),
                Tried::Refused(refusal) => return Err(refusal),
                // Taken once more without the index, by the same name.
                Tried::Unindexed(why) => return Ok(Progress::Unindexed(why)),
                Tried::Torn => return Err(self.record_torn().await),
                Tried::Failed(cause) => match &position {
                    Some(position) => return self.record(scripts, position, None, cause, backoff).await,
                    None => return Err(failed(self.step, None, 0, cause)),
                },
                Tried::Again(why) if position.is_none() => return Ok(Progress::Again(why)),
                Tried::Overtaken => {
                    token.store(0, Ordering::Relaxed);
                    return Ok(Progress::Again("somebody else took over".to_owned()));
                }
                // Whether it is still ours, and where it stands, is what taking it once more tells.
                Tried::Again(why) => {
                    debug!(context = %self.attempt.context, "taking the lease once more: {why}");
                    token.store(0, Ordering::Relaxed);
                    backoff.again().map_err(|given_up| Refusal::Unavailable {
                        reason: format!("{} was given up {given_up}; the last try met: {why}", self.attempt.context),
                    })?;
                    backoff.pause().await;
                    position = None;
                }
            }
        }
    }

    /// Runs the statement at the cursor, or looks after the index that it builds.
    async fn advance(
        &self,
        scripts: &Scripts<'_>,
        position: &Position,
        statement: &Statement,
        backoff: &mut Backoff,
    ) -> Result<Tried, Refusal> {
        let index = statement.object().filter(|_| statement.pace() == Pace::Build);
        let (StatementProgress::Building, Some(index)) = (position.progress, index) else {
            return Ok(self.send(&scripts.run(position, statement)).await);
        };
        match self.wait_for(scripts, index).await {
            Ok(()) => Ok(self.send(&scripts.built(position)).await),
            Err(build::Unbuilt::Unknown(why)) => Ok(Tried::Again(why)),
            Err(build::Unbuilt::Broken(cause)) => {
                let cause = format!("{cause}; the index was removed");
                self.record(scripts, position, Some(index), cause, backoff).await.map(|_| Tried::Overtaken)
            }
        }
    }

    /// Waits until an index is ready. Each look is also where a lease that was lost is not noticed: the next step does.
    async fn wait_for(&self, scripts: &Scripts<'_>, index: &Object) -> Result<(), build::Unbuilt> {
        let mut pause = Duration::from_millis(10);
        loop {
            let value = self.read(&scripts.ask_build(index)).await.map_err(build::Unbuilt::Unknown)?;
            match Build::read(&value)? {
                Build::Ready => return Ok(()),
                Build::Running { rows } => {
                    let (context, migration) = (self.attempt.context, Applied::from(self.step));
                    self.attempt.telemetry.emit(Event::IndexBuilding { context, migration, index, rows });
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    /// Who holds the lease, if somebody else does.
    async fn holder(&self, scripts: &Scripts<'_>) -> Result<Option<String>, QueryError> {
        let script = scripts.look();
        let reply = self.attempt.database.query(script.text.clone(), script.variables.clone()).await?;
        let Some(lease) = read_of(&script, &reply, self.attempt.context) else { return Ok(None) };
        let is_held = lease["held"] == true && lease["owner"] != scripts.owner;
        let name = |key: &str| lease["by"][key].as_str().unwrap_or("?").to_owned();
        Ok(is_held.then(|| format!("replica {} of {}", name("replica"), name("binary"))))
    }

    /// The answer to a text that only asks.
    async fn read(&self, script: &Script) -> Result<Value, String> {
        let reply = self.attempt.database.query(script.text.clone(), script.variables.clone()).await;
        let reply = reply.map_err(|error| error.to_string())?;
        if let Some(value) = read_of(script, &reply, self.attempt.context) {
            return Ok(value);
        }
        let error = reply.0.into_iter().find_map(Result::err);
        Err(error.map_or_else(|| "the database gave no answer".to_owned(), |error| error.message))
    }

    async fn send(&self, script: &Script) -> Tried {
        let reply = match self.query(script).await {
            Ok(reply) => reply,
            Err(tried) => return tried,
        };
        match read_of(script, &reply, self.attempt.context).as_ref().and_then(Position::read) {
            Some(position) => Tried::Moved(position),
            None => Tried::Again("the ledger row does not say where the migration stands".to_owned()),
        }
    }

    /// Sends a text after which there is no position any more.
    async fn finish(&self, script: &Script) -> Tried {
        match self.query(script).await {
            Ok(_) => Tried::Moved(Position { token: 0, cursor: 0, progress: StatementProgress::None }),
            Err(tried) => tried,
        }
    }

    async fn query(&self, script: &Script) -> Result<Reply, Tried> {
        let reply = match self.attempt.database.query(script.text.clone(), script.variables.clone()).await {
            Ok(reply) => reply,
            Err(QueryError::Refused(cause) | QueryError::TimedOut(cause)) => return Err(Tried::Failed(cause)),
            Err(QueryError::NotAllowed(reason)) => return Err(Tried::Refused(Refusal::Unavailable { reason })),
            Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => {
                return Err(Tried::Again(error.to_string()));
            }
        };
        let verdict = match script.verdicts(&reply) {
            Ok(verdicts) => verdicts.into_iter().next(),
            Err(misshapen) => return Err(Tried::Again(misshapen.to_string())),
        };
        match verdict {
            Some(Verdict::Applied) => Ok(reply),
            None => Err(Tried::Again("the text holds no transaction".to_owned())),
            Some(Verdict::Again(why)) => Err(Tried::Again(why)),
            Some(Verdict::Overtaken) => Err(Tried::Overtaken),
            Some(Verdict::Held) => Err(Tried::Held),
            Some(Verdict::Torn(_)) => Err(Tried::Torn),
            Some(Verdict::Unindexed(why)) => Err(Tried::Unindexed(why)),
            Some(Verdict::NotEntered(why)) => {
                let reason = format!("{} cannot be entered: {why}", self.attempt.context);
                Err(Tried::Refused(Refusal::Unavailable { reason }))
            }
            Some(Verdict::Failed { cause, .. }) => Err(Tried::Failed(cause)),
        }
    }

    /// Records that the statement at the cursor failed; or finds that somebody else has the lease, and goes on.
    async fn record(
        &self,
        scripts: &Scripts<'_>,
        position: &Position,
        broken: Option<&Object>,
        cause: String,
        backoff: &mut Backoff,
    ) -> Result<Progress, Refusal> {
        let statement = scripts.statement(position.cursor).map(|_| position.cursor);
        let refusal = failed(self.step, statement, position.cursor, cause);
        let script = scripts.fail(position, broken, failure_json(&refusal).unwrap_or_default());
        loop {
            let why = match self.finish(&script).await {
                Tried::Moved(_) => return Err(refusal),
                Tried::Overtaken | Tried::Held | Tried::Torn => {
                    return Ok(Progress::Again("somebody else took over".to_owned()));
                }
                Tried::Refused(other) => return Err(unrecorded(refusal, &other.to_string())),
                Tried::Failed(why) | Tried::Unindexed(why) => return Err(unrecorded(refusal, &why)),
                Tried::Again(why) => why,
            };
            if backoff.again().is_err() {
                warn!(context = %self.attempt.context, "the failure could not be recorded: {why}");
                return Err(unrecorded(refusal, &why));
            }
            backoff.pause().await;
        }
    }

    async fn record_torn(&self) -> Refusal {
        let script = Script::record_torn(self.attempt.context, self.step, self.attempt.replica, self.index);
        if let Err(error) = self.attempt.database.query(script.text, script.variables).await {
            warn!(context = %self.attempt.context, "what ended half way could not be recorded: {error}");
        }
        torn(self.step)
    }

    fn held(&self, by: String) -> Progress {
        Progress::Held { module: self.step.module, migration: self.step.migration, by }
    }

    fn tell(&self, position: &Position) {
        let (context, migration) = (self.attempt.context, Applied::from(self.step));
        let (done, of) = (position.cursor, self.step.migration.statements().len());
        let rows = match position.progress {
            StatementProgress::Rows(rows) => Some(rows),
            StatementProgress::None | StatementProgress::Building => None,
        };
        self.attempt.telemetry.emit(Event::StepwiseProgress { context, migration, done, of, rows });
    }
}

/// The answer of a text's [`Role::Read`], if the text ran in its context.
fn read_of(script: &Script, reply: &Reply, context: &Context) -> Option<Value> {
    let of = |role| script.slots.iter().position(|(_, one)| *one == role).and_then(|at| reply.0.get(at)?.as_ref().ok());
    let entered = of(Role::Enter)?;
    is_in(context, entered).then(|| of(Role::Read).cloned())?
}
