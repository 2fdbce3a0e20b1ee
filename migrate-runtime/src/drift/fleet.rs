//! Looking at every context of a fleet.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::StreamExt;
use serde_json::Value;

use super::expected::Expected;
use super::judge::{Known, judge};
use super::options::{Against, DriftOptions};
use super::position::Position;
use super::ran::{LEDGER, Steps};
use super::report::DriftReport;
use super::state::{ContextDrift, DriftState, DriftUnknown};
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::ledger::Row;
use crate::live::{LiveSchemaError, Look, Rows, SchemaDifference, Unmanaged, read};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::refusal::Refusal;
use crate::snapshot::{NEWEST, Snapshot, heads};

/// What the contexts of one look at a fleet share.
struct Search<'a, D> {
    migrator: &'a Migrator,
    database: &'a Counted<&'a D>,
    expected: Expected<'a>,
    against: Against,
    unmanaged: Unmanaged,
}

impl Migrator {
    /// Holds the schema that each context of a fleet has now against what it should be: what is embedded for the versions that
    /// its own ledger gives, or its newest snapshot. Nothing is changed, and no context is created.
    ///
    /// Migrations that are pending are no drift. What a later version or a module that this binary does not have has done is
    /// none either: the newest stored snapshot tells, if it is of those versions, and otherwise the context is reported as one
    /// that cannot be compared in full. Objects that are [unmanaged](DriftOptions::unmanaged) do not count, and secrets are
    /// `[REDACTED]` on both sides.
    ///
    /// One round trip a context; a second one where a snapshot has to be asked. It takes twice as many for a user who
    /// may not look which databases there are.
    ///
    /// ```no_run
    /// # use migrate_runtime::{Database, DriftOptions, Fleet, FleetError, Migrator, Unmanaged};
    /// # async fn look(migrator: &Migrator, db: &impl Database) -> Result<(), FleetError> {
    /// let options = DriftOptions::new().unmanaged(Unmanaged::matching(["audit_*"]));
    /// let report = migrator.drift(db, Fleet::databases_of("tenants"), &options).await?;
    /// for (differences, contexts) in report.groups() {
    ///     println!("{} contexts differ in {} objects", contexts.len(), differences.len());
    /// }
    /// for (context, why) in report.unknown() {
    ///     println!("nobody can tell about {context}: {why}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are. What is found in a context is in the report.
    pub async fn drift<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        options: &DriftOptions,
    ) -> Result<DriftReport, FleetError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let members = self.members(&database, fleet).await?;
        self.emit(Event::ReadingStarted { contexts: members.count() });
        let members = members.stream();
        let search = Search {
            migrator: self,
            database: &database,
            expected: Expected::new(&self.applier.modules),
            against: options.against,
            unmanaged: options.unmanaged.clone().and(Unmanaged::declared(&self.applier.modules)),
        };
        let (search, seen) = (&search, &mut HashSet::new());
        let members = members.filter(move |context| {
            // A stream may give one twice.
            std::future::ready(context.as_ref().map_or(true, |context| seen.insert(context.clone())))
        });
        let mut looks = members
            .map(async |context: Result<Context, _>| {
                Ok::<_, FleetError>(search.look_at(context.map_err(FleetError::Stream)?).await)
            })
            .buffer_unordered(self.concurrency);
        let (mut contexts, mut kinds) = (Vec::new(), HashSet::new());
        while let Some(found) = looks.next().await {
            let found = found?;
            self.emit(Event::ContextRead { context: &found.context });
            contexts.push(share(found, &mut kinds));
        }
        drop(looks);
        contexts.sort_by(|one, other| one.context.cmp(&other.context));
        Ok(DriftReport::new(contexts, start.elapsed(), database.round_trips()))
    }
}

/// Lets contexts that differ in the same way share one list.
fn share(mut found: ContextDrift, kinds: &mut HashSet<Arc<[SchemaDifference]>>) -> ContextDrift {
    if let DriftState::Drifted(differences) = &mut found.state {
        match kinds.get(differences) {
            Some(known) => *differences = Arc::clone(known),
            None => _ = kinds.insert(Arc::clone(differences)),
        }
    }
    found
}

impl<D: Database> Search<'_, D> {
    async fn look_at(&self, context: Context) -> ContextDrift {
        let mut found =
            ContextDrift { context, state: DriftState::InSync, pending: 0, ahead: Vec::new(), strangers: Vec::new() };
        found.state = self.decide(&mut found).await.unwrap_or_else(DriftState::Unknown);
        found
    }

    async fn decide(&self, found: &mut ContextDrift) -> Result<DriftState, DriftUnknown> {
        let mut rows = vec![LEDGER];
        if self.against == Against::NewestSnapshot {
            rows.push(NEWEST);
        }
        loop {
            let mut look = self.read(&found.context, &rows).await?;
            let (ledger, steps) = ledger(&mut look)?;
            let position = Position::of(self.expected.modules(), &ledger, &steps)?;
            found.pending = position.pending;
            found.ahead.clone_from(&position.ahead);
            found.strangers.clone_from(&position.strangers);
            let is_asked = rows.len() > 1;
            let snapshot = match look.rows.get_mut(NEWEST.table).and_then(|rows| rows.get_mut(0)) {
                Some(record) => {
                    Some(Snapshot::of_record(&found.context, record.take()).map_err(DriftUnknown::Snapshot)?)
                }
                None => None,
            };
            let (live, heads) = (&look.catalog, &heads(&ledger));
            let known = Known { live, position: &position, heads, snapshot: snapshot.as_ref() };
            let state = judge(&self.expected, &self.unmanaged, self.against, &known);
            let is_foreign = !position.ahead.is_empty() || !position.strangers.is_empty();
            if is_asked || !is_foreign || state == DriftState::InSync {
                return Ok(state);
            }
            // All of it anew, at one moment, with what may explain it.
            rows.push(NEWEST);
        }
    }

    async fn read(&self, context: &Context, rows: &[Rows]) -> Result<Look, DriftUnknown> {
        let mut backoff = self.migrator.patience.begin(self.database.silence());
        read(self.migrator, self.database, context, rows, &mut backoff).await.map_err(|error| match error {
            LiveSchemaError::Absent(_) => DriftUnknown::Absent,
            LiveSchemaError::Unavailable { reason, .. } => DriftUnknown::Unavailable { reason },
            LiveSchemaError::Unreadable { reason, .. } => DriftUnknown::Unreadable { reason },
        })
    }
}

/// The rows of the ledger, and what they say of the steps of phased migrations.
fn ledger(look: &mut Look) -> Result<(Vec<Row>, Vec<Steps>), DriftUnknown> {
    let unreadable = |reason: String| DriftUnknown::Ledger(Refusal::Unreadable { reason });
    let rows = look.rows[LEDGER.table].take();
    let steps = Steps::read_all(&rows).map_err(|error| unreadable(error.to_string()))?;
    match rows {
        Value::Null => Ok((Vec::new(), steps)),
        rows => Ok((Row::read_all(rows).map_err(|error| unreadable(error.to_string()))?, steps)),
    }
}
