//! The loop around carrying out a plan: send a step, and read the ledger again whenever its outcome is in doubt.

mod mishap;
mod send;

use self::send::Sent;
use super::error::UndoError;
use super::export::{Exported, save};
use super::ledger::{Key, Stand};
use super::look::{Seen, look};
use super::options::{UndoOptions, UndoTexts};
use super::plan::{UndoPlan, UndoSource, UndoStep};
use super::report::{Undone, UndoneBy};
use super::script::Scripts;
use crate::Database;
use crate::backoff::Backoff;
use crate::consult::mend;
use crate::counted::Counted;
use crate::ledger::Status;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::run::Run;

/// One call that carries out a plan.
pub(super) struct Execution<'a, D> {
    migrator: &'a Migrator,
    database: &'a Counted<D>,
    plan: &'a UndoPlan,
    options: &'a UndoOptions,
    run: Run,
    backoff: Backoff,
    /// By which the rows that this call changes are known from those that others do.
    token: String,
    /// Where the ledger has to be for the next step.
    stand: Stand,
    undone: Vec<Undone>,
}

impl<'a, D: Database> Execution<'a, D> {
    pub(super) fn new(
        migrator: &'a Migrator,
        database: &'a Counted<D>,
        plan: &'a UndoPlan,
        options: &'a UndoOptions,
    ) -> Self {
        Self {
            migrator,
            database,
            plan,
            options,
            run: migrator.run(),
            backoff: migrator.patience.begin(database.silence()),
            token: format!("{:016x}", crate::replica::draw()),
            stand: plan.stand.clone(),
            undone: Vec::with_capacity(plan.steps.len()),
        }
    }

    pub(super) async fn run(mut self) -> Result<(Vec<Undone>, Option<Exported>), UndoError> {
        self.permitted()?;
        // What others have done of the plan by now is not exported any more, and a changed ledger not at all.
        self.catch_up().await?;
        let exported = match &self.options.export {
            Some(directory) if !self.left().is_empty() => {
                let context = &self.plan.context;
                Some(save(self.migrator, self.database, context, self.left(), directory).await?)
            }
            _ => None,
        };
        let mut is_ours = false;
        while let Some(step) = self.left().first() {
            is_ours |= self.step(step).await?;
        }
        if is_ours {
            mend(self.migrator, self.database, &self.run, vec![self.plan.context.clone()]).await;
        }
        Ok((self.undone, exported))
    }

    /// The steps that are still to do.
    fn left(&self) -> &'a [UndoStep] {
        &self.plan.steps[self.undone.len()..]
    }

    /// Refuses what was not agreed to.
    fn permitted(&self) -> Result<(), UndoError> {
        let name = |step: &UndoStep| format!("{} V{}__{}", step.module, step.version, step.name);
        if self.options.texts == UndoTexts::DownFiles {
            let others = self.plan.steps.iter().filter(|step| step.source != UndoSource::Explicit);
            let steps: Vec<_> = others.map(|step| format!("{}: {}", name(step), step.source)).collect();
            if !steps.is_empty() {
                return Err(UndoError::NotExplicit { steps });
            }
        }
        let needs = self.plan.safety();
        if self.options.approval.covers(needs) {
            return Ok(());
        }
        let refused = self.plan.steps.iter().filter(|step| !self.options.approval.covers(step.safety));
        let loses = refused.flat_map(|step| {
            step.reasons.iter().map(move |reason| format!("{}, {}: {reason}", name(step), step.safety))
        });
        Err(UndoError::NotApproved { needs, loses: loses.collect() })
    }

    /// Undoes one migration, or finds that it is undone. `true` if it was us.
    async fn step(&mut self, step: &UndoStep) -> Result<bool, UndoError> {
        let (context, before) = (&self.plan.context, self.undone.len());
        self.migrator.emit(Event::UndoStarted { context, step });
        loop {
            let why = match self.send(step).await {
                Sent::Done => {
                    self.done(step, UndoneBy::Us);
                    return Ok(true);
                }
                Sent::Unindexed(reason) => return Err(self.unindexed(reason)),
                Sent::Unavailable(reason) => {
                    return Err(UndoError::Unavailable { reason, undone: self.undone.clone() });
                }
                Sent::Torn(cause) => return Err(self.torn(step, cause).await),
                Sent::Failed { statement, cause } => match self.failed(step, statement, cause).await {
                    Ok(why) => why,
                    Err(error) => return Err(error),
                },
                Sent::Look(why) => why,
            };
            self.catch_up().await?;
            if let Some(undone) = self.undone.get(before) {
                return Ok(undone.by == UndoneBy::Us);
            }
            self.pause(why).await?;
        }
    }

    /// Forwards, a row of the index that is not written claims less than is so; backwards, it would claim more.
    fn unindexed(&self, reason: String) -> UndoError {
        let index = self.migrator.index.as_ref().map_or(&self.plan.context, |index| &index.context).clone();
        UndoError::IndexUnusable { index, reason, undone: self.undone.clone() }
    }

    async fn pause(&mut self, why: String) -> Result<(), UndoError> {
        let contexts = std::slice::from_ref(&self.plan.context);
        if let Err(given_up) = self.backoff.again() {
            let reason = format!("{} was given up {given_up}; the last try met: {why}", self.plan.context);
            return Err(UndoError::Unavailable { reason, undone: self.undone.clone() });
        }
        self.migrator.emit(Event::Waiting { contexts, reason: &why, tries: self.backoff.tries() });
        self.backoff.pause().await;
        Ok(())
    }

    fn done(&mut self, step: &UndoStep, by: UndoneBy) {
        self.stand.undo(&step.key());
        let (module, name) = (step.module.clone(), step.name.clone());
        self.undone.push(Undone { module, version: step.version, name, by });
        self.backoff.restart();
        self.migrator.emit(Event::UndoDone { context: &self.plan.context, step, by });
    }

    /// Reads the ledger, and notes what of the plan is done by now.
    async fn catch_up(&mut self) -> Result<(), UndoError> {
        let context = &self.plan.context;
        let Seen { ledger, .. } = match look(self.migrator, self.database, context, &mut self.backoff).await {
            Err(UndoError::Schema(error)) if !self.undone.is_empty() => {
                return Err(UndoError::Unavailable { reason: error.to_string(), undone: self.undone.clone() });
            }
            seen => seen?,
        };
        let find = |key: &Key| ledger.iter().find(|one| one.key() == *key);
        let is_ours = |key: &Key| find(key).is_some_and(|one| one.token.as_deref() == Some(&self.token));
        match self.stand.advanced(&Stand::of(&ledger), self.left().iter().map(UndoStep::key)) {
            Ok(advanced) => {
                let done: Vec<_> = self.left().iter().take(advanced).map(|step| (step, is_ours(&step.key()))).collect();
                for (step, is_ours) in done {
                    self.done(step, if is_ours { UndoneBy::Us } else { UndoneBy::Others });
                }
                Ok(())
            }
            Err(key) if is_ours(&key) && find(&key).is_some_and(|one| one.row.status == Status::Started) => {
                match self.left().first().filter(|step| step.key() == key) {
                    Some(step) => Err(self.torn(step, "the answer was lost".to_owned()).await),
                    None => Err(self.stale(key)),
                }
            }
            Err(key) => Err(self.stale(key)),
        }
    }

    fn stale(&self, (module, version): Key) -> UndoError {
        UndoError::Stale { context: self.plan.context.clone(), module, version, undone: self.undone.clone() }
    }

    fn scripts<'s>(&'s self, step: &'s UndoStep) -> Scripts<'s> {
        let (context, token, index) = (&self.plan.context, &*self.token, self.run.ready_index());
        Scripts { context, step, replica: &self.migrator.applier.replica, token, index }
    }
}
