use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use migrate_core::Migrations;
use tracing::{Instrument, info, info_span};

use crate::apply::{Applier, unanswered};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::{Fleet, FleetError};
use crate::order::{ModulesError, order};
use crate::outcome::ContextReport;
use crate::probe::{Probe, probe};
use crate::refusal::Refusal;
use crate::replica::Replica;
use crate::report::Report;
use crate::{Database, QueryError};

/// Brings tenants' databases to the version that this binary carries.
///
/// Any number of replicas may do so at once: each migration is applied exactly once per context, by whoever is first.
/// One shared connection suffices, and its session is left as it was.
#[derive(Debug)]
pub struct Migrator {
    applier: Applier,
    concurrency: usize,
    probe_batch: usize,
}

/// Far more than any start-up takes, and far less than a clock can hold.
const LONGEST: Duration = Duration::from_hours(24 * 365);

impl Migrator {
    /// A migrator of these modules. They are checked against each other; nothing is read or written.
    ///
    /// # Errors
    ///
    /// When two modules have one name, or one requires what is not there.
    pub fn new(modules: impl IntoIterator<Item = &'static Migrations>) -> Result<Self, ModulesError> {
        let applier = Applier {
            modules: order(modules)?,
            replica: Replica::this_process(),
            deadline: Duration::from_mins(2),
            wait: Duration::from_mins(30),
            lease: Duration::from_secs(30),
        };
        Ok(Self { applier, concurrency: 8, probe_batch: 64 })
    }

    /// How many contexts are worked on at once; 8 unless set, and 0 counts as 1.
    #[must_use]
    pub fn concurrency(self, concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), ..self }
    }

    /// How many contexts one round trip asks about; 64 unless set, and 0 counts as 1.
    #[must_use]
    pub fn probe_batch(self, contexts: usize) -> Self {
        Self { probe_batch: contexts.max(1), ..self }
    }

    /// How long one context is tried again after conflicts and lost connections; two minutes unless set. A migration
    /// that is running is never cut short. A database that has fallen silent is noticed within 15 seconds, by which the
    /// end may come later.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.applier.deadline = deadline.min(LONGEST);
        self
    }

    /// How long a stepwise migration that another replica is at is waited for; half an hour unless set.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.applier.wait = wait.min(LONGEST);
        self
    }

    /// How long the lease of a stepwise migration lasts when its holder is gone; 30 seconds unless set, and a tenth of a
    /// second at least. Its holder renews it three times as often, by the clock of the database.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.applier.lease = lease.clamp(Duration::from_millis(100), LONGEST);
        self
    }

    /// The name and version of this binary, for the ledger. The name is that of the executable unless set.
    #[must_use]
    pub fn applied_by(mut self, binary: impl Into<String>, version: impl Into<String>) -> Self {
        self.applier.replica = self.applier.replica.named(binary.into(), version.into());
        self
    }

    /// Brings every context of a fleet up to date. A context that cannot be brought there is refused in the report and
    /// does not keep the others from it. Contexts that do not exist are created.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are. What happens to a context is in the report.
    pub async fn migrate_all<D: Database>(&self, database: &D, fleet: Fleet) -> Result<Report, FleetError> {
        let start = Instant::now();
        let database = Counted::new(database);
        let contexts = fleet.resolve(&database).await?;
        let reports = self.bring_up_to_date(&database, contexts).await;
        let report = Report::new(reports, self.applier.modules.len(), start.elapsed(), database.round_trips());
        let counts = report.counts();
        info!(
            contexts = counts.contexts,
            migrated = counts.migrated,
            refused = counts.incompatible + counts.failed,
            round_trips = report.round_trips(),
            "fleet migrated"
        );
        Ok(report)
    }

    /// Brings one context up to date, creating it where it does not exist.
    ///
    /// What happens to it is in the report.
    pub async fn migrate<D: Database>(&self, database: &D, context: Context) -> ContextReport {
        let deadline = Instant::now() + self.applier.deadline;
        let probe = probe_until(database, std::slice::from_ref(&context), deadline).await.pop();
        let probe = probe.unwrap_or_else(|| Probe::Again("it was not asked about".to_owned()));
        self.applier.bring_up_to_date(database, context, probe).await
    }

    async fn bring_up_to_date(&self, database: &impl Database, contexts: Vec<Context>) -> Vec<ContextReport> {
        if contexts.is_empty() {
            return Vec::new();
        }
        // Each replica begins somewhere else, so that those that start together share the work instead of all doing the
        // same and all but one taking it back.
        let mut numbered: Vec<_> = contexts.into_iter().enumerate().collect();
        let begin = fastrand::usize(..numbered.len());
        numbered.rotate_left(begin);
        let batches: Vec<_> = numbered.chunks(self.probe_batch).map(<[_]>::to_vec).collect();
        let mut reports: Vec<_> = stream::iter(batches)
            .map(|batch| self.probe(database, batch))
            .buffered(self.concurrency)
            .flat_map(stream::iter)
            .map(|(at, context, probe)| {
                let span = info_span!("migrate", %context);
                let report = self.applier.bring_up_to_date(database, context, probe);
                async move { (at, report.await) }.instrument(span)
            })
            .buffer_unordered(self.concurrency)
            .collect()
            .await;
        reports.sort_by_key(|(at, _)| *at);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// Learns about a batch of contexts, in one round trip.
    async fn probe(&self, database: &impl Database, batch: Vec<(usize, Context)>) -> Vec<(usize, Context, Probe)> {
        let deadline = Instant::now() + self.applier.deadline;
        let (numbers, contexts): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let answers = probe_until(database, &contexts, deadline).await;
        let answers = numbers.into_iter().zip(contexts).zip(answers);
        answers.map(|((at, context), probe)| (at, context, probe)).collect()
    }
}

async fn probe_until(database: &impl Database, contexts: &[Context], deadline: Instant) -> Vec<Probe> {
    let mut backoff = Backoff::until(deadline);
    let mut tries = 0_u32;
    loop {
        let error = match probe(database, contexts).await {
            Ok(probes) => return probes,
            Err(error) => error,
        };
        tries += 1;
        let is_refused = matches!(error, QueryError::Refused(_) | QueryError::NotAllowed(_));
        if is_refused || backoff.pause().await.is_err() {
            let probe = match unanswered(&error) {
                // The deadline may have passed while others were applied and nobody looked at the answer: then each
                // context is asked about once more, with a deadline of its own.
                Probe::Again(reason) if tries > 1 => Probe::Refused(Refusal::Unavailable { reason }),
                probe => probe,
            };
            return vec![probe; contexts.len()];
        }
    }
}
