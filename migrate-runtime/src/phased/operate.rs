//! What an operator does with a phased migration in one context.

use migrate_core::{Migration, Migrations, Mode, Phased, Version};
use serde::Deserialize;
use serde_json::Value;

use super::error::PhasedError;
use super::fleet::{Completion, RolloutOptions, objection};
use super::mend::bind;
use super::repair::{Repair, Told, conclude};
use super::state::{Move, Next};
use super::status::{COLUMNS, PhasedStatus, RawStatus};
use super::task::Task;
use crate::backoff::Backoff;
use crate::context::Context;
use crate::counted::Counted;
use crate::handover::names;
use crate::inventory::Existing;
use crate::ledger::Row;
use crate::migrator::Migrator;
use crate::plan::seals;
use crate::probe::is_in;
use crate::refusal::Refusal;
use crate::script::{Role, Script};
use crate::verdict::Verdict;
use crate::{Database, StatementErrorKind};

impl Migrator {
    /// Completes a phased migration in one context: what older binaries cannot live with happens now.
    ///
    /// From then on the migration is recorded as breaking, if it is, so that a binary which does not know it refuses the context.
    /// What was interrupted is gone on with. A migration that is applied already is left as it is.
    ///
    /// A migrator that knows a [registry](Self::registry) asks it as [`complete_all`](Self::complete_all) does, which has overrides, for one context too.
    /// Without a registry there is nobody to ask, and whoever calls this answers for older binaries.
    ///
    /// # Errors
    ///
    /// When there is no such migration or context; when it is not ready to complete; when its rollout is paused, an older replica is alive or the
    /// registry cannot tell ([`Refusal::Withheld`]); or when a step fails: the ledger then says which, and the next call goes on with it.
    pub async fn complete<D: Database>(
        &self,
        database: &D,
        context: &Context,
        module: &str,
        version: Version,
    ) -> Result<PhasedStatus, PhasedError> {
        self.move_to(database, context, module, version, Move::Complete).await
    }

    /// Takes the start of a phased migration back in one context, as long as its completion was not begun.
    ///
    /// The next binary that knows the migration and starts will start it once more, unless the rollout is paused. A migration that is
    /// rolled back already is left as it is. A pause does not keep it from being taken back in one context.
    ///
    /// # Errors
    ///
    /// As for [`complete`](Self::complete).
    pub async fn rollback<D: Database>(
        &self,
        database: &D,
        context: &Context,
        module: &str,
        version: Version,
    ) -> Result<PhasedStatus, PhasedError> {
        self.move_to(database, context, module, version, Move::Rollback).await
    }

    /// Says where a phased migration stands in one context. Nothing is written, and nothing created.
    ///
    /// # Errors
    ///
    /// When there is no such migration or context, or it cannot be read.
    pub async fn phased_status<D: Database>(
        &self,
        database: &D,
        context: &Context,
        module: &str,
        version: Version,
    ) -> Result<PhasedStatus, PhasedError> {
        let (module, migration, _) = self.find(module, version)?;
        let database = Counted::new(database, self.counters());
        self.require(&database, context).await?;
        self.status_of(&database, context, module, migration).await
    }

    /// Brings the ledger row of a phased migration in line with the steps that it records as done, and says what was concluded.
    ///
    /// A step that is not on record counts as not run, never as run: look what of it is there before, since the next call
    /// of [`complete`](Self::complete) or [`rollback`](Self::rollback), or the next start, runs it again. A completion of which no step
    /// was run, as of a process that died there or a first step that failed, is put back to where it was ready.
    ///
    /// # Errors
    ///
    /// When there is no such migration or context, somebody is at the migration, or the row cannot be read or written.
    pub async fn repair<D: Database>(
        &self,
        database: &D,
        context: &Context,
        module: &str,
        version: Version,
    ) -> Result<Repair, PhasedError> {
        let (module, migration, phased) = self.find(module, version)?;
        let database = &Counted::new(database, self.counters());
        self.require(database, context).await?;
        let mut backoff = self.patience.begin(database.silence());
        loop {
            let Some(row) = self.row(database, context, module, migration, &mut backoff).await? else {
                return Err(PhasedError::NotBegun { module: module.module().to_owned(), version });
            };
            let (repair, mended) = conclude(phased, &row, self.told(module, migration));
            let Some(mended) = mended else { return Ok(repair) };
            let index = self.index.as_deref();
            let script = self.mend_script(context, migration, &row, mended, index);
            let why = match database.query(script.text.clone(), script.variables.clone()).await {
                Ok(reply) => match script.verdicts(&reply).map(|verdicts| verdicts.into_iter().next()) {
                    Ok(None | Some(Verdict::Applied)) => return Ok(repair),
                    Ok(Some(Verdict::Held)) => {
                        return Err(PhasedError::Busy { module: module.module().to_owned(), version });
                    }
                    Ok(Some(Verdict::Again(why) | Verdict::Unindexed(why) | Verdict::NoSnapshot(why))) => why,
                    Ok(Some(Verdict::Overtaken)) => "the ledger changed".to_owned(),
                    Ok(Some(
                        Verdict::Failed { cause: reason, .. } | Verdict::NotEntered(reason) | Verdict::Torn(reason),
                    )) => return Err(Refusal::Unavailable { reason }.into()),
                    Err(misshapen) => misshapen.to_string(),
                },
                Err(error) => error.to_string(),
            };
            pause(context, &mut backoff, &why).await?;
        }
    }

    async fn move_to<D: Database>(
        &self,
        database: &D,
        context: &Context,
        module: &str,
        version: Version,
        wanted: Move,
    ) -> Result<PhasedStatus, PhasedError> {
        let (module, migration, _) = self.find(module, version)?;
        let database = Counted::new(database, self.counters());
        self.require(&database, context).await?;
        let mut run = self.run();
        let is_asked = self.registry.as_ref().filter(|_| wanted == Move::Complete);
        if let Some(registry) = is_asked
            && matches!(
                self.status_of(&database, context, module, migration).await?.state.decide(wanted),
                Ok(Next::Run(_))
            )
        {
            let (seen, every) = (registry.look(&database).await, RolloutOptions::new());
            if let Some(objection) = objection(Some(&seen), (module.module(), version), wanted, &every) {
                let (module, reason) = (module.module().to_owned(), objection.to_string());
                return Err(Refusal::Withheld { module, version, reason }.into());
            }
            run.completion = Completion::asking(registry);
        }
        let at = module.place_of(version);
        let mut backoff = self.patience.begin(database.silence());
        let probe = self.probe_until(&database, std::slice::from_ref(context), &mut backoff).await.pop();
        let probe =
            probe.ok_or_else(|| Refusal::Unavailable { reason: "the context was not asked about".to_owned() })?;
        let task = Task { module, at, wanted };
        let report = self.applier.carry_out(&database, context.clone(), probe, backoff, &run, Some(task)).await;
        match report.refusal() {
            Some(refusal) => Err(refusal.clone().into()),
            None => self.status_of(&database, context, module, migration).await,
        }
    }

    /// Who tells older binaries that a completion is begun.
    fn told(&self, module: &'static Migrations, migration: &'static Migration) -> Told {
        let modules = &self.applier.modules;
        let at = module.place_of(migration.version());
        let place = modules.iter().position(|one| one.module() == module.module()).map(|module| (module, at));
        let is_sealed = place.is_some_and(|place| !seals(modules, place, migration).is_empty());
        if module.formerly().is_empty() && migration.moved().is_none() && !is_sealed {
            Told::ByItsRow
        } else {
            Told::ElsewhereToo
        }
    }

    pub(super) fn find(
        &self,
        module: &str,
        version: Version,
    ) -> Result<(&'static Migrations, &'static Migration, &'static Phased), PhasedError> {
        let found = self.applier.modules.iter().find(|one| one.module() == module);
        let found = *found.ok_or_else(|| PhasedError::UnknownModule { module: module.to_owned() })?;
        let migration = found.get(version);
        let migration = migration.ok_or_else(|| PhasedError::UnknownVersion { module: module.to_owned(), version })?;
        match (migration.mode(), migration.phased()) {
            (Mode::Phased, Some(phased)) => Ok((found, migration, phased)),
            _ => Err(PhasedError::NotPhased { module: module.to_owned(), file: migration.file() }),
        }
    }

    /// Refuses a context that does not exist, which a `USE` would create.
    pub(super) async fn require<D: Database>(
        &self,
        database: &Counted<D>,
        context: &Context,
    ) -> Result<(), PhasedError> {
        let mut backoff = self.patience.begin(database.silence());
        loop {
            let why = match Existing::databases_of(database, context.namespace()).await {
                Ok(Existing::Absent) => return Err(PhasedError::Absent { context: context.clone() }),
                Ok(Existing::Known(names)) if !names.contains(context.database()) => {
                    return Err(PhasedError::Absent { context: context.clone() });
                }
                // Who may not look may not create either.
                Ok(Existing::Known(_) | Existing::Unknown(_)) => return Ok(()),
                Err(error) => error.to_string(),
            };
            pause(context, &mut backoff, &why).await?;
        }
    }

    pub(super) async fn status_of<D: Database>(
        &self,
        database: &Counted<D>,
        context: &Context,
        module: &'static Migrations,
        migration: &'static Migration,
    ) -> Result<PhasedStatus, PhasedError> {
        let mut backoff = self.patience.begin(database.silence());
        let row = self.row(database, context, module, migration, &mut backoff).await?;
        Ok(PhasedStatus::new(module.module(), migration, row.as_ref()))
    }

    /// The ledger row of a migration, if there is one.
    async fn row<D: Database>(
        &self,
        database: &Counted<D>,
        context: &Context,
        module: &'static Migrations,
        migration: &'static Migration,
        backoff: &mut Backoff,
    ) -> Result<Option<RawStatus>, PhasedError> {
        let mut script = Script::enter(context);
        bind(&mut script, module.module(), migration);
        let names: Vec<_> = names(module).collect();
        script.variables.insert("_migrate_names".to_owned(), names.clone().into());
        // From the table, so that one that is missing is told from a row that is. What a former name of the module left behind
        // is not the migration.
        let select = format!(
            "SELECT {COLUMNS} FROM _migrations WHERE module IN $_migrate_names AND version = $_migrate_version \
             AND status != 'moved' AND checksum != '{}';\n",
            Row::MARKER
        );
        script.push(0, Role::Read, &select);
        loop {
            let why = match database.query(script.text.clone(), script.variables.clone()).await {
                Ok(reply) => match &reply.0[..] {
                    [Ok(entered), Ok(Value::Array(rows))] if is_in(context, entered) => {
                        // Its own name says more than one that it had before.
                        let of = |name: &&str| rows.iter().find(|row| row["module"] == **name);
                        let Some(row) = names.iter().find_map(of) else { return Ok(None) };
                        return RawStatus::deserialize(row)
                            .map(Some)
                            .map_err(|error| Refusal::Unreadable { reason: format!("{error} in {row}") }.into());
                    }
                    [Ok(entered), Err(error)]
                        if is_in(context, entered) && error.kind == StatementErrorKind::NoSuchTable =>
                    {
                        return Ok(None);
                    }
                    _ => "the database did not say where the migration stands".to_owned(),
                },
                Err(error) => error.to_string(),
            };
            pause(context, backoff, &why).await?;
        }
    }
}

async fn pause(context: &Context, backoff: &mut Backoff, why: &str) -> Result<(), Refusal> {
    backoff.again().map_err(|given_up| Refusal::Unavailable {
        reason: format!("{context} was given up {given_up}; the last try met: {why}"),
    })?;
    backoff.pause().await;
    Ok(())
}
