//! Where every context of a fleet stands.

use std::fmt;
use std::time::{Duration, Instant};

use futures_util::stream::{self, FuturesUnordered, StreamExt};
use serde::{Serialize, Serializer};

use super::assemble::summarise;
use super::list::Presence;
use super::state::{ModuleState, StatusCounts};
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::{Fleet, Members};
use crate::fleet_error::FleetError;
use crate::migrator::Migrator;
use crate::plan::plan;
use crate::probe::Probe;
use crate::refusal::Refusal;
use crate::verify::Inventory;

/// Where every context of a fleet stands, in the order of contexts.
///
/// `Display` is for a person. As JSON it is one object: `contexts`, an object each, `elapsed_ms` and `round_trips`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FleetStatus {
    /// Every context.
    pub contexts: Vec<ContextStatus>,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "millis")]
    pub elapsed: Duration,
    /// How many queries were sent.
    pub round_trips: u64,
}

/// Where one context stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ContextStatus {
    /// The context.
    #[serde(flatten)]
    pub context: Context,
    /// Whether it exists.
    pub presence: Presence,
    /// Where each module stands; nothing where the ledger could not be read.
    pub modules: Vec<ModuleState>,
    /// How many migrations stand where.
    pub counts: StatusCounts,
    /// Why the migrator would refuse it, where it would.
    pub refusal: Option<Refusal>,
}

impl Migrator {
    /// Says where every context of a fleet stands: the current version of each module, and how many migrations stand where.
    ///
    /// Many contexts are read in one round trip. Nothing is written, and no context is created.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are or which of them exist.
    pub async fn statuses<D: Database>(&self, database: &D, fleet: Fleet) -> Result<FleetStatus, FleetError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let index = self.index.as_ref().map(|index| &index.context);
        let contexts = match fleet.resolve(&database, index, self.patience.begin(database.silence())).await? {
            Members::Known(contexts) => stream::iter(contexts.into_iter().map(Ok)).left_stream(),
            Members::Streamed(contexts) => contexts.right_stream(),
        };
        let mut batches = contexts.ready_chunks(self.probe_batch);
        let mut inventory = Inventory::default();
        let mut found = Vec::new();
        let mut running = FuturesUnordered::new();
        while let Some(batch) = batches.next().await {
            let batch: Vec<Context> = batch.into_iter().collect::<Result<_, _>>().map_err(FleetError::Stream)?;
            inventory.look_up(&database, &batch).await?;
            // `USE` would create those that do not exist.
            let (there, absent): (Vec<_>, Vec<_>) = batch.into_iter().partition(|context| inventory.may_exist(context));
            found.extend(absent.into_iter().map(|context| self.status(context, Presence::Absent, None)));
            if !there.is_empty() {
                running.push(self.statuses_of(&database, there));
            }
            if running.len() >= self.concurrency {
                found.extend(running.next().await.into_iter().flatten());
            }
        }
        while let Some(some) = running.next().await {
            found.extend(some);
        }
        drop(running);
        found.sort_by(|one, other| one.context.cmp(&other.context));
        // A stream may give one twice.
        found.dedup_by(|one, other| one.context == other.context);
        Ok(FleetStatus { contexts: found, elapsed: start.elapsed(), round_trips: database.round_trips() })
    }

    async fn statuses_of<D: Database>(&self, database: &Counted<&D>, contexts: Vec<Context>) -> Vec<ContextStatus> {
        let mut backoff = self.patience.begin(database.silence());
        let answers = self.probe_until(database, &contexts, &mut backoff).await;
        let asked = contexts.into_iter().zip(answers);
        asked.map(|(context, probe)| self.status(context, Presence::Present, Some(probe))).collect()
    }

    fn status(&self, context: Context, presence: Presence, probe: Option<Probe>) -> ContextStatus {
        let rows = match probe {
            None => Ok(Vec::new()),
            Some(Probe::Ledger(ledger)) => Ok(ledger.rows),
            Some(Probe::Again(reason)) => Err(Refusal::Unavailable { reason }),
            Some(Probe::Refused(refusal)) => Err(refusal),
        };
        let modules = &self.applier.modules;
        match rows {
            Err(refusal) => ContextStatus {
                context,
                presence,
                modules: Vec::new(),
                counts: StatusCounts::default(),
                refusal: Some(refusal),
            },
            Ok(rows) => {
                let (states, counts) = summarise(modules, &rows);
                ContextStatus { context, presence, modules: states, counts, refusal: plan(modules, &rows).err() }
            }
        }
    }
}

impl fmt::Display for FleetStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = self.contexts.iter().filter(|one| one.refusal.is_some()).count();
        let pending = self.contexts.iter().filter(|one| one.counts.pending > 0).count();
        write!(f, "{} contexts, {pending} with pending migrations, {refused} refused", self.contexts.len())?;
        write!(f, "    {:.1?}, {} round trips", self.elapsed, self.round_trips)?;
        for ContextStatus { context, presence, modules, counts, refusal } in &self.contexts {
            write!(f, "\n{context}")?;
            if *presence == Presence::Absent {
                f.write_str("   does not exist")?;
            }
            for ModuleState { module, current, .. } in modules {
                match current {
                    Some(current) => write!(f, "   {module} V{current}")?,
                    None => write!(f, "   {module} at nothing")?,
                }
            }
            let words: Vec<_> = counts.words().into_iter().map(|(count, word)| format!("{count} {word}")).collect();
            if !words.is_empty() {
                write!(f, "   {}", words.join(", "))?;
            }
            if let Some(refusal) = refusal {
                write!(f, "   refused: {refusal}")?;
            }
        }
        Ok(())
    }
}

fn millis<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
