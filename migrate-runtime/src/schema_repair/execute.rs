//! The loop around carrying out a plan: send, and look again whenever the outcome is in doubt.

use std::time::Duration;

use migrate_core::UndoSafety;
use tracing::debug;

use super::error::SchemaRepairError;
use super::look::{Seen, again, look};
use super::options::SchemaRepairOptions;
use super::plan::SchemaRepairPlan;
use super::script::Scripts;
use super::statement::SchemaRepairStatement;
use crate::backoff::Backoff;
use crate::consult::mend;
use crate::counted::Counted;
use crate::migrator::Migrator;
use crate::probe::is_in;
use crate::run::Run;
use crate::script::Script;
use crate::stepwise::{Build, Unbuilt};
use crate::undo::Approval;
use crate::verdict::Verdict;
use crate::{Database, QueryError, StatementErrorKind};

/// One call that carries out a plan.
pub(super) struct Execution<'a, D> {
    migrator: &'a Migrator,
    database: &'a Counted<D>,
    plan: &'a SchemaRepairPlan,
    options: SchemaRepairOptions,
    run: Run,
    backoff: Backoff,
    owner: String,
}

/// What came of one text.
enum Sent {
    Done,
    /// Only a look can tell, for this reason.
    Look(String),
}

/// The transaction that was sent did all or nothing.
const NOTHING_KEPT: &str = "nothing of the repair was kept";
/// What a broken index leaves.
const INDEX_REMOVED: &str = "what came before it is done, and the index was removed again";

impl<'a, D: Database> Execution<'a, D> {
    pub(super) fn new(migrator: &'a Migrator, database: &'a Counted<D>, plan: &'a SchemaRepairPlan) -> Self {
        let options = SchemaRepairOptions { to: plan.to.clone(), unmanaged: plan.unmanaged.clone() };
        let (run, backoff) = (migrator.run(), migrator.patience.begin(database.silence()));
        Self { migrator, database, plan, options, run, backoff, owner: format!("{:016x}", crate::replica::draw()) }
    }

    pub(super) async fn run(mut self, approval: Approval) -> Result<(), SchemaRepairError> {
        permitted(self.plan, approval)?;
        if !self.change(approval).await? {
            return Ok(());
        }
        if !self.plan.way.builds.is_empty() {
            self.build().await?;
        }
        let left = self.look().await?;
        if !left.plan.is_empty() {
            let (context, differences) = (self.plan.context.clone(), left.plan.differences().cloned().collect());
            return Err(SchemaRepairError::Unverified { context, differences });
        }
        if !self.plan.ledger.is_empty() {
            mend(self.migrator, self.database, &self.run, vec![self.plan.context.clone()]).await;
        }
        Ok(())
    }

    /// Does what is done at once, or finds it done. `false` where there is nothing to do at all.
    async fn change(&mut self, approval: Approval) -> Result<bool, SchemaRepairError> {
        let mut is_sent = false;
        loop {
            let seen = self.look().await?;
            // Somebody else may have done the very same meanwhile.
            let is_left = seen.plan.at_once().next().is_some()
                || (self.plan.way.builds.is_empty() && !seen.plan.ledger.is_empty());
            let is_ours = seen.holder.owner == self.owner;
            if seen.plan.is_empty() && self.plan.way.builds.is_empty() {
                return Ok(is_sent);
            }
            if is_sent && is_ours && !is_left {
                return Ok(true);
            }
            if seen.plan.is_empty() {
                return Ok(false);
            }
            if !seen.plan.does_what(self.plan) {
                return Err(SchemaRepairError::Stale { context: self.plan.context.clone() });
            }
            // People go on writing rows, and more may be lost by now.
            permitted(&seen.plan, approval)?;
            self.settle_index().await?;
            let script = self.scripts().change(&seen);
            is_sent = true;
            match self.send(&script, NOTHING_KEPT).await? {
                Sent::Done => return Ok(true),
                Sent::Look(why) => self.again(why).await?,
            }
        }
    }

    /// Builds one index behind the other, and says in the ledger that all of it is done.
    async fn build(&mut self) -> Result<(), SchemaRepairError> {
        let plan = self.plan;
        let holder = self.look().await?.holder;
        if holder.owner != self.owner {
            return Err(self.overtaken());
        }
        let token = holder.token;
        if let Err(error) = self.build_all(token).await {
            // Whoever comes next need not wait until it lapses.
            let script = self.scripts().release(token);
            if let Err(error) = self.database.query(script.text, script.variables).await {
                debug!(context = %plan.context, "the lease was not given back, and lapses: {error}");
            }
            return Err(error);
        }
        let mut is_sent = false;
        loop {
            let seen = self.look().await?;
            if seen.holder.owner != self.owner {
                return Err(self.overtaken());
            }
            // It was given back by a transaction of which the answer was lost.
            if is_sent && seen.plan.is_empty() && seen.holder.other_than("").is_none() {
                return Ok(());
            }
            if seen.plan.statements().next().is_some() {
                let (context, differences) = (plan.context.clone(), seen.plan.differences().cloned().collect());
                return Err(SchemaRepairError::Unverified { context, differences });
            }
            self.settle_index().await?;
            let script = self.scripts().close(&seen, plan, token);
            is_sent = true;
            match self.send(&script, "every statement ran, and the ledger is what it was").await? {
                Sent::Done => return Ok(()),
                Sent::Look(why) => self.again(why).await?,
            }
        }
    }

    async fn build_all(&mut self, token: u64) -> Result<(), SchemaRepairError> {
        for (at, one) in self.plan.way.builds.iter().enumerate() {
            loop {
                let script = self.scripts().build(self.plan, at, token);
                let why = match self.send(&script, "what came before it is done").await? {
                    Sent::Done => break,
                    Sent::Look(why) => why,
                };
                self.again(why).await?;
                let seen = self.look().await?;
                if seen.holder.owner != self.owner || seen.holder.token != token {
                    return Err(self.overtaken());
                }
                if !seen.plan.way.builds.iter().any(|left| left.object == one.object) {
                    break;
                }
            }
            self.wait_for(one, token).await?;
        }
        Ok(())
    }

    /// Waits until an index is ready, and has the lease meanwhile.
    async fn wait_for(&mut self, one: &SchemaRepairStatement, token: u64) -> Result<(), SchemaRepairError> {
        let (mut pause, mut renewed) = (Duration::from_millis(10), tokio::time::Instant::now());
        loop {
            match self.ask_build(one).await {
                Ok(Build::Ready) => return Ok(()),
                Ok(Build::Running { rows }) => {
                    debug!(context = %self.plan.context, index = %one.object, rows, "an index is built");
                    self.backoff.restart();
                }
                Err(Unbuilt::Unknown(why)) => self.again(why).await?,
                Err(Unbuilt::Broken(cause)) => {
                    let script = self.scripts().broken(one, token);
                    while let Sent::Look(why) = self.send(&script, "what came before it is done").await? {
                        self.again(why).await?;
                    }
                    let statement = Some(one.statement.clone());
                    return Err(SchemaRepairError::Failed { statement, cause, kept: INDEX_REMOVED });
                }
            }
            if renewed.elapsed() > self.migrator.applier.lease / 3 {
                let script = self.scripts().renew(token);
                match self.send(&script, "what came before it is done").await? {
                    Sent::Done => renewed = tokio::time::Instant::now(),
                    Sent::Look(why) => self.again(why).await?,
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    async fn ask_build(&self, one: &SchemaRepairStatement) -> Result<Build, Unbuilt> {
        let script = self.scripts().ask_build(one);
        let reply = self.database.query(script.text, script.variables).await;
        let reply = reply.map_err(|error| Unbuilt::Unknown(error.to_string()))?;
        match &reply.0[..] {
            [Ok(entered), Ok(info)] if is_in(&self.plan.context, entered) => Build::read(info),
            // It was removed while it was built, or its table was.
            [Ok(entered), Err(error)]
                if is_in(&self.plan.context, entered)
                    && matches!(error.kind, StatementErrorKind::Other | StatementErrorKind::NoSuchTable) =>
            {
                Err(Unbuilt::Broken(error.message.clone()))
            }
            _ => Err(Unbuilt::Unknown("the database did not say how far the index is".to_owned())),
        }
    }

    async fn look(&mut self) -> Result<Seen, SchemaRepairError> {
        let (context, owner) = (&self.plan.context, &*self.owner);
        look(self.migrator, self.database, context, &self.options, owner, &mut self.backoff).await
    }

    async fn again(&mut self, why: String) -> Result<(), SchemaRepairError> {
        again(self.migrator, &self.plan.context, &mut self.backoff, why).await
    }

    fn overtaken(&self) -> SchemaRepairError {
        SchemaRepairError::Stale { context: self.plan.context.clone() }
    }

    fn scripts(&self) -> Scripts<'_> {
        let applier = &self.migrator.applier;
        let index = if self.plan.ledger.is_empty() { None } else { self.run.ready_index() };
        Scripts {
            context: &self.plan.context,
            replica: &applier.replica,
            owner: &self.owner,
            lease: applier.lease,
            index,
        }
    }

    /// Finds out whether the fleet index can be written, where the ledger changes.
    async fn settle_index(&mut self) -> Result<(), SchemaRepairError> {
        if self.plan.ledger.is_empty() || self.migrator.index.is_none() {
            return Ok(());
        }
        while let Err(why) = self.run.settle_index(self.database, &self.migrator.applier.telemetry).await {
            self.again(why).await?;
        }
        match self.run.ready_index() {
            Some(_) => Ok(()),
            None => Err(self.unindexed("it is not there, or the user has no right to it".to_owned())),
        }
    }

    fn unindexed(&self, reason: String) -> SchemaRepairError {
        let index = self.migrator.index.as_ref().map_or(&self.plan.context, |index| &index.context);
        SchemaRepairError::IndexUnusable { index: index.clone(), reason }
    }

    async fn send(&self, script: &Script, kept: &'static str) -> Result<Sent, SchemaRepairError> {
        let failed = |at: Option<usize>, cause| {
            let statement = at.and_then(|at| self.plan.statements().nth(at)).map(|one| one.statement.clone());
            SchemaRepairError::Failed { statement, cause, kept }
        };
        let reply = match self.database.query(script.text.clone(), script.variables.clone()).await {
            Ok(reply) => reply,
            Err(QueryError::Refused(cause) | QueryError::TooLarge(cause) | QueryError::TimedOut(cause)) => {
                return Err(failed(None, cause));
            }
            Err(QueryError::NotAllowed(reason)) => return Err(SchemaRepairError::Unavailable { reason }),
            Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => return Ok(Sent::Look(error.to_string())),
        };
        let verdict = match script.verdicts(&reply) {
            Ok(verdicts) => verdicts.into_iter().next().unwrap_or(Verdict::Applied),
            Err(misshapen) => return Ok(Sent::Look(misshapen.to_string())),
        };
        match verdict {
            Verdict::Applied => Ok(Sent::Done),
            Verdict::Again(why) | Verdict::NoSnapshot(why) => Ok(Sent::Look(why)),
            Verdict::Overtaken | Verdict::Held => Ok(Sent::Look("somebody else was first".to_owned())),
            Verdict::Unindexed(why) => Err(self.unindexed(why)),
            Verdict::NotEntered(why) => {
                let reason = format!("{} cannot be entered: {why}", self.plan.context);
                Err(SchemaRepairError::Unavailable { reason })
            }
            Verdict::Torn(cause) => Err(SchemaRepairError::Torn { cause }),
            Verdict::Failed { statement, cause } => Err(failed(statement, cause)),
        }
    }
}

/// Refuses what was not agreed to.
fn permitted(plan: &SchemaRepairPlan, approval: Approval) -> Result<(), SchemaRepairError> {
    let needs: UndoSafety = plan.safety();
    if approval.covers(needs) {
        return Ok(());
    }
    let refused = plan.losses.iter().filter(|loss| !approval.covers(loss.safety));
    let loses = refused.map(|loss| format!("{}: {}", loss.safety, loss.reason)).collect();
    Err(SchemaRepairError::NotApproved { needs, loses })
}
