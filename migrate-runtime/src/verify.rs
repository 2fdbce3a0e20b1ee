//! Reading every ledger of a fleet, and putting the fleet index right, without applying anything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::Database;
use crate::consult::{consult, mend};
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::index::Entry;
use crate::inventory::{self, Existing};
use crate::migrator::Migrator;
use crate::plan::plan;
use crate::probe::Probe;
use crate::refusal::Refusal;
use crate::run::Run;
use crate::verification::{Finding, IndexFinding, LedgerFinding, Verification};

impl Migrator {
    /// Reads the ledger of every context of a fleet, says what would be done there, and writes the rows of the fleet index
    /// that do not agree with them anew. No migration is applied, and no context is created.
    ///
    /// This is how a tenant that was restored from a backup is found in a fleet of any size.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are or which of them exist.
    pub async fn verify<D: Database>(&self, database: &D, fleet: Fleet) -> Result<Verification, FleetError> {
        let database = Counted::new(database, self.counters());
        self.verify_with(&database, &self.run(), fleet).await
    }

    /// Forgets all that the fleet index holds, and writes it anew from the ledgers of a fleet: rows of tenants that are
    /// gone vanish. Otherwise as [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// As `verify`, and when the rows could not be removed. Without an index it is the same as `verify`.
    pub async fn rebuild_index<D: Database>(&self, database: &D, fleet: Fleet) -> Result<Verification, FleetError> {
        let database = Counted::new(database, self.counters());
        let run = self.run();
        if let Some(used) = &run.index {
            // Asked first, so that there is a table.
            consult(self, &database, &run, &[]).await;
            if run.ready_index().is_none() {
                return Err(FleetError::Refused(format!("the fleet index in {} cannot be used", used.index.context)));
            }
            crate::index::clear(&database, &used.index).await?;
        }
        self.verify_with(&database, &run, fleet).await
    }

    async fn verify_with<D: Database>(
        &self,
        database: &Counted<&D>,
        run: &Run,
        fleet: Fleet,
    ) -> Result<Verification, FleetError> {
        let start = Instant::now();
        let mut batches = self.members(database, fleet).await?.stream().ready_chunks(self.probe_batch);
        let mut inventory = Inventory::default();
        let mut verification = Verification::default();
        let mut running = FuturesUnordered::new();
        while let Some(batch) = batches.next().await {
            let batch: Vec<Context> = batch.into_iter().collect::<Result<_, _>>().map_err(FleetError::Stream)?;
            inventory.look_up(database, &batch).await?;
            // `USE` would create those that do not exist.
            let (there, absent): (Vec<_>, Vec<_>) = batch.into_iter().partition(|context| inventory.may_exist(context));
            for context in absent {
                verification.add(Finding { context, ledger: LedgerFinding::Absent, index: IndexFinding::NotAsked });
            }
            running.push(self.verify_batch(database, run, there));
            if running.len() >= self.concurrency {
                for finding in running.next().await.into_iter().flatten() {
                    verification.add(finding);
                }
            }
        }
        while let Some(findings) = running.next().await {
            for finding in findings {
                verification.add(finding);
            }
        }
        drop(running);
        verification.index_is_usable = run.index.as_ref().map(|_| run.ready_index().is_some());
        verification.elapsed = start.elapsed();
        verification.round_trips = database.round_trips();
        verification.sort();
        Ok(verification)
    }

    /// Reads the ledgers of contexts that exist, and puts the index right about them.
    async fn verify_batch<D: Database>(
        &self,
        database: &Counted<D>,
        run: &Run,
        contexts: Vec<Context>,
    ) -> Vec<Finding> {
        if contexts.is_empty() {
            return Vec::new();
        }
        let answers = consult(self, database, run, &contexts.iter().collect::<Vec<_>>()).await;
        let mut backoff = self.patience.begin(database.silence());
        let probes = self.probe_until(database, &contexts, &mut backoff).await;
        let ledgers = probes.into_iter().map(|probe| self.ledger_finding(probe));
        let findings = contexts.into_iter().zip(ledgers).zip(answers);
        let mut findings: Vec<_> = findings
            .map(|((context, ledger), answer)| {
                let index = index_finding(answer.entry, &ledger);
                Finding { context, ledger, index }
            })
            .collect();
        let wrong = |finding: &&Finding| finding.index.is_wrong() && finding.ledger.is_readable();
        let wrong: Vec<_> = findings.iter().filter(wrong).map(|finding| finding.context.clone()).collect();
        let is_mended = wrong.is_empty() || mend(self, database, run, wrong).await;
        // What is not known to be written may be as it was.
        for finding in findings.iter_mut().filter(|finding| !is_mended || !finding.ledger.is_readable()) {
            finding.index.not_repaired();
        }
        findings
    }

    fn ledger_finding(&self, probe: Probe) -> LedgerFinding {
        let ledger = match probe {
            Probe::Ledger(ledger) => ledger,
            Probe::Again(reason) => return LedgerFinding::Refused(Refusal::Unavailable { reason }),
            Probe::Refused(refusal) => return LedgerFinding::Refused(refusal),
        };
        match plan(&self.applier.modules, &ledger.rows) {
            Err(refusal) => LedgerFinding::Refused(refusal),
            Ok(plan) if !plan.steps.is_empty() => LedgerFinding::Pending { migrations: plan.steps.len() },
            Ok(plan) if !plan.ahead.is_empty() => LedgerFinding::Ahead { modules: plan.ahead },
            Ok(plan) if !plan.incomplete.is_empty() => LedgerFinding::Incomplete { migrations: plan.incomplete },
            Ok(_) => LedgerFinding::UpToDate,
        }
    }
}

fn index_finding(entry: Entry, ledger: &LedgerFinding) -> IndexFinding {
    match (entry, ledger) {
        (Entry::Unknown, _) => IndexFinding::NotAsked,
        (Entry::Confirmed, LedgerFinding::UpToDate) => IndexFinding::Right,
        (Entry::Confirmed, _) => IndexFinding::Wrong { repaired: true },
        // Whether what it says is right or not, it confirms nothing, and is written anew where it is not.
        (Entry::Stale, LedgerFinding::UpToDate) => IndexFinding::Behind { repaired: true },
        (Entry::Stale, _) => IndexFinding::Right,
        (Entry::Stranger, _) => IndexFinding::Missing { repaired: true },
    }
}

/// Which databases exist, looked up once for each namespace.
#[derive(Default)]
pub(crate) struct Inventory(BTreeMap<String, Existing>);

impl Inventory {
    pub(crate) async fn look_up(&mut self, database: &impl Database, contexts: &[Context]) -> Result<(), FleetError> {
        let unknown = contexts.iter().map(Context::namespace).filter(|namespace| !self.0.contains_key(*namespace));
        let unknown: BTreeSet<_> = unknown.map(str::to_owned).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let namespaces = inventory::namespaces(database).await?;
        let exists = |name: &String| namespaces.as_ref().is_none_or(|namespaces| namespaces.contains(name));
        let (there, absent): (Vec<_>, Vec<_>) = unknown.into_iter().partition(exists);
        self.0.extend(absent.into_iter().map(|namespace| (namespace, Existing::Absent)));
        if !there.is_empty() {
            let existing = inventory::databases(database, &there).await?;
            self.0.extend(there.into_iter().zip(existing));
        }
        Ok(())
    }

    /// A user who may not know cannot create it either.
    pub(crate) fn may_exist(&self, context: &Context) -> bool {
        match self.0.get(context.namespace()) {
            Some(Existing::Known(names)) => names.contains(context.database()),
            Some(Existing::Absent) => false,
            Some(Existing::Unknown(_)) | None => true,
        }
    }
}
