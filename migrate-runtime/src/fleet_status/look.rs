//! Asking for it: the inventory, the index, and the ledgers of what is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use futures_util::stream::{self, StreamExt};
use migrate_core::{Migration, Version};

use super::{ContextState, ContextStatus, FailedUndo, FleetStatus, ModuleStatus, UndoLeft};
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::index::{Answer, Confirmation, Entry, Index, confirm};
use crate::ledger::{Row, Status};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::outcome::{Applied, Evidence};
use crate::plan::{Stranger, plan};
use crate::probe::Probe;
use crate::refusal::Refusal;
use crate::verification::IndexFinding;
use crate::verify::Inventory;

/// Names that make up a message which every server accepts.
const ASKED_AT_ONCE: usize = 16_384;

impl Migrator {
    /// Says where every context of a fleet stands: its modules' versions, and what
    /// [`migrate_all`](Self::migrate_all) would apply. Nothing is written, and nothing created: no context, no ledger,
    /// no index.
    ///
    /// With [`Evidence::Index`], contexts that the fleet index confirms are not read, where there is an index. With
    /// [`Evidence::Ledger`] all are, and what the index says is held against that.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are or which of them exist.
    pub async fn fleet_status<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        evidence: Evidence,
    ) -> Result<FleetStatus, FleetError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let contexts = self.contexts_of(&database, fleet).await?;
        let mut inventory = Inventory::default();
        inventory.look_up(&database, &contexts).await?;
        // `USE` would create those that do not exist.
        let there: Vec<_> = contexts.iter().filter(|context| inventory.may_exist(context)).collect();
        let answers = self.ask_index(&database, &there).await?;
        let answer = |context: &Context| answers.as_ref().and_then(|answers| answers.get(context));
        let entry = |context: &Context| answer(context).map(|answer| answer.entry);
        let confirmed = |context: &Context| evidence == Evidence::Index && entry(context) == Some(Entry::Confirmed);
        let unread: Vec<_> =
            there.iter().filter(|context| !confirmed(context)).map(|&context| context.clone()).collect();
        self.emit(Event::ReadingStarted { contexts: Some(unread.len()) });
        let probes = unread.chunks(self.probe_batch).map(|batch| self.probe_patiently(&database, batch));
        let probes: Vec<_> = stream::iter(probes).buffered(self.concurrency).concat().await;
        let mut probes: HashMap<_, _> = unread.iter().zip(probes).collect();
        let status = |context: &Context| match probes.remove(context) {
            Some(probe) => self.status(context, &probe, entry(context)),
            None if confirmed(context) => {
                self.confirmed_status(context, answer(context).map_or(&[][..], |answer| &answer.strangers))
            }
            None => self.absent_status(context),
        };
        let statuses = contexts.iter().map(status).collect();
        let index_is_usable = self.index.as_ref().map(|_| answers.is_some());
        let (elapsed, round_trips) = (start.elapsed(), database.round_trips());
        Ok(FleetStatus { contexts: statuses, index_is_usable, elapsed, round_trips })
    }

    /// Reads a batch of ledgers, and those again that somebody was in the way of.
    async fn probe_patiently<D: Database>(&self, database: &Counted<D>, batch: &[Context]) -> Vec<Probe> {
        let mut backoff = self.patience.begin(database.silence());
        let mut probes = self.probe_until(database, batch, &mut backoff).await;
        loop {
            let again = |(at, probe): (usize, &Probe)| matches!(probe, Probe::Again(_)).then_some(at);
            let open: Vec<_> = probes.iter().enumerate().filter_map(again).collect();
            if open.is_empty() || backoff.again().is_err() {
                return probes;
            }
            backoff.pause().await;
            let contexts: Vec<_> = open.iter().map(|&at| batch[at].clone()).collect();
            for (at, probe) in open.into_iter().zip(self.probe_until(database, &contexts, &mut backoff).await) {
                probes[at] = probe;
            }
        }
    }

    /// What the fleet index says of contexts that exist, or `None` where there is no index that could be asked.
    async fn ask_index<'a, D: Database>(
        &self,
        database: &Counted<D>,
        contexts: &[&'a Context],
    ) -> Result<Option<HashMap<&'a Context, Answer>>, FleetError> {
        let Some(index) = &self.index else { return Ok(None) };
        let mut inventory = Inventory::default();
        inventory.look_up(database, std::slice::from_ref(&index.context)).await?;
        if !inventory.may_exist(&index.context) {
            return Ok(None);
        }
        let mut by_namespace: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for context in contexts {
            by_namespace.entry(context.namespace()).or_default().push(*context);
        }
        let mut answers = HashMap::with_capacity(contexts.len());
        for contexts in by_namespace.values().flat_map(|contexts| contexts.chunks(ASKED_AT_ONCE)) {
            let Some(found) = self.ask_index_about(database, index, contexts).await else { return Ok(None) };
            answers.extend(contexts.iter().copied().zip(found));
        }
        Ok(Some(answers))
    }

    async fn ask_index_about<D: Database>(
        &self,
        database: &Counted<D>,
        index: &Index,
        contexts: &[&Context],
    ) -> Option<Vec<Answer>> {
        let mut backoff = self.patience.begin(database.silence());
        loop {
            match confirm(database, index, contexts).await {
                Confirmation::Answers(answers) => return Some(answers),
                Confirmation::NoTable | Confirmation::Unusable(_) => return None,
                Confirmation::Again(_) => backoff.again().ok()?,
            }
            backoff.pause().await;
        }
    }

    fn status(&self, context: &Context, probe: &Probe, entry: Option<Entry>) -> ContextStatus {
        let (state, modules) = match probe {
            Probe::Ledger(ledger) => (self.state(&ledger.rows), self.module_statuses(&ledger.rows)),
            Probe::Again(reason) => {
                let refusal = Refusal::Unavailable { reason: reason.clone() };
                (ContextState::Refused(refusal), self.module_statuses(&[]))
            }
            Probe::Refused(refusal) => (ContextState::Refused(refusal.clone()), self.module_statuses(&[])),
        };
        let is_up_to_date = state == ContextState::UpToDate;
        let index = match entry {
            None | Some(Entry::Unknown) => IndexFinding::NotAsked,
            Some(Entry::Confirmed) if !is_up_to_date => IndexFinding::Wrong { repaired: false },
            Some(Entry::Stale) if is_up_to_date => IndexFinding::Behind { repaired: false },
            Some(Entry::Stranger) => IndexFinding::Missing { repaired: false },
            Some(Entry::Confirmed | Entry::Stale) => IndexFinding::Right,
        };
        let failed_undos = match probe {
            Probe::Ledger(ledger) => ledger.rows.iter().filter_map(failed_undo).collect(),
            Probe::Again(_) | Probe::Refused(_) => Vec::new(),
        };
        ContextStatus { context: context.clone(), state, modules, evidence: Evidence::Ledger, failed_undos, index }
    }

    fn state(&self, rows: &[Row]) -> ContextState {
        match plan(&self.applier.modules, rows) {
            Err(refusal) => ContextState::Refused(refusal),
            Ok(plan) if !plan.steps.is_empty() => {
                ContextState::Pending { migrations: plan.steps.iter().map(Applied::from).collect() }
            }
            Ok(plan) if !plan.ahead.is_empty() => ContextState::Ahead { modules: plan.ahead },
            Ok(_) => ContextState::UpToDate,
        }
    }

    /// Confirmed is what has exactly the versions that are wanted, whatever it has of other modules.
    fn confirmed_status(&self, context: &Context, strangers: &[Stranger]) -> ContextStatus {
        let module = |(module, known): (&str, _)| ModuleStatus { module: module.to_owned(), recorded: known, known };
        let stranger =
            |one: &Stranger| ModuleStatus { module: one.module.clone(), recorded: Some(one.version), known: None };
        ContextStatus {
            context: context.clone(),
            state: ContextState::UpToDate,
            modules: self.known().map(module).chain(strangers.iter().map(stranger)).collect(),
            evidence: Evidence::Index,
            failed_undos: Vec::new(),
            index: IndexFinding::Right,
        }
    }

    fn absent_status(&self, context: &Context) -> ContextStatus {
        ContextStatus {
            context: context.clone(),
            state: ContextState::Absent,
            modules: self.module_statuses(&[]),
            evidence: Evidence::Ledger,
            failed_undos: Vec::new(),
            index: IndexFinding::NotAsked,
        }
    }

    fn known(&self) -> impl Iterator<Item = (&'static str, Option<Version>)> {
        let last = |wanted: &[Migration]| wanted.last().map(Migration::version);
        self.applier.modules.wanted().map(move |(module, wanted)| (module.module(), last(wanted)))
    }

    fn module_statuses(&self, rows: &[Row]) -> Vec<ModuleStatus> {
        let in_place: Vec<_> = rows.iter().filter(|row| row.is_in_place() && row.chain != Row::MARKER).collect();
        let last = |names: &[&str]| {
            in_place.iter().filter(|row| names.contains(&row.module.as_str())).map(|row| row.version).max()
        };
        let mut names = BTreeSet::new();
        let mut statuses = Vec::new();
        for (module, wanted) in self.applier.modules.wanted() {
            let of_it = [&[module.module()], module.formerly()].concat();
            let (recorded, known) = (last(&of_it), wanted.last().map(Migration::version));
            statuses.push(ModuleStatus { module: module.module().to_owned(), recorded, known });
            names.extend(of_it);
        }
        let strangers: BTreeSet<_> = in_place.iter().map(|row| row.module.as_str()).collect();
        let stranger = |name: &&str| ModuleStatus { module: (*name).to_owned(), recorded: last(&[*name]), known: None };
        statuses.extend(strangers.difference(&names).map(stranger));
        statuses
    }
}

fn failed_undo(row: &Row) -> Option<FailedUndo> {
    let left = if row.status == Status::Started { UndoLeft::Unknown } else { UndoLeft::Applied };
    let (module, version, name) = (row.module.clone(), row.version, row.name.clone());
    Some(FailedUndo { module, version, name, left, message: row.undo_failed.clone()? })
}
