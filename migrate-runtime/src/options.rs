//! What a migrator can be told before it starts.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use crate::canaries::Canaries;
use crate::context::Context;
use crate::counters::Counters;
use crate::index::Index;
use crate::migrator::Migrator;
use crate::observer::Observer;
use crate::order::PhasedStarts;
use crate::phased::{PhasedCompletions, Wave};
use crate::registry::Registry;
use crate::snapshot::Snapshots;
use crate::stop::Stop;

/// Far more than any start-up takes, and far less than a clock can hold.
const LONGEST: Duration = Duration::from_hours(24 * 365);

impl Migrator {
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
        self.patience.deadline = deadline.min(LONGEST);
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

    /// Whether starting up runs the starts of phased migrations, which it does unless told otherwise.
    ///
    /// A context of which a start was left is served, and lacks what the start would add: a binary that needs it must not leave it.
    #[must_use]
    pub const fn phased_starts(mut self, starts: PhasedStarts) -> Self {
        self.applier.modules.starts = starts;
        self
    }

    /// The replica registry that this binary's replicas join.
    ///
    /// Completions over a [fleet](Self::complete_all) ask it whether an older replica is alive, and a rollout that is
    /// [paused](Self::pause_rollout) there is paused for this migrator: starting up leaves the starts of paused migrations, as
    /// [`PhasedStarts::Leave`] does. It is asked about that only where a start would be run.
    #[must_use]
    pub fn registry(self, registry: Registry) -> Self {
        Self { registry: Some(registry), ..self }
    }

    /// Who completes phased migrations: an operator, unless set.
    #[must_use]
    pub const fn phased_completions(mut self, completions: PhasedCompletions) -> Self {
        self.completions = completions;
        self
    }

    /// The waves in which phased migrations are moved on over a fleet, by [`start_all`](Self::start_all), [`complete_all`](Self::complete_all),
    /// [`rollback_all`](Self::rollback_all) and what completes by itself; one wave unless set. What they leave is one more.
    ///
    /// The next one begins when all contexts of the one before it are done. Where one of them was refused, none follows; with a
    /// [failure budget](Self::failure_budget), that alone decides. [Canaries](Self::canaries) count among the first that go, and go before all others.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use migrate_runtime::{Migrator, Wave};
    /// let migrator = Migrator::new([])?
    ///     .rollout_waves([Wave::contexts(5), Wave::percent(10), Wave::percent(50)])
    ///     .bake(Duration::from_secs(300));
    /// # Ok::<(), migrate_runtime::ModulesError>(())
    /// ```
    #[must_use]
    pub fn rollout_waves(self, waves: impl IntoIterator<Item = Wave>) -> Self {
        Self { waves: waves.into_iter().collect(), ..self }
    }

    /// How long to wait behind each of the [waves](Self::rollout_waves) before the next one, for somebody or something to see whether all is well and
    /// to [pause](Self::pause_rollout) or [stop](Self::stopped_by) it otherwise; not at all unless set.
    #[must_use]
    pub fn bake(self, pause: Duration) -> Self {
        Self { bake: pause.min(LONGEST), ..self }
    }

    /// How often one context is tried at most, the first try included; as often as the deadline allows unless set, and 0
    /// counts as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.patience.attempts = Some(NonZeroU32::new(attempts).unwrap_or(NonZeroU32::MIN));
        self
    }

    /// How long to pause before the second try, and how long at most before any later one; 5 ms and one second unless
    /// set. Each pause is twice as long as the one before it, less a random part of up to a half.
    #[must_use]
    pub fn backoff(mut self, shortest: Duration, longest: Duration) -> Self {
        self.patience.shortest = shortest.max(Duration::from_millis(1));
        self.patience.longest = longest.max(self.patience.shortest);
        self
    }

    /// The first so many contexts that lack something go first. If one of them is refused, no other context is touched:
    /// what is up to date is reported as such, and the rest as refused without having been attempted.
    ///
    /// They are the first in the order of the fleet, so that all replicas try the same ones.
    #[must_use]
    pub fn canaries(self, contexts: usize) -> Self {
        Self { canaries: if contexts == 0 { Canaries::None } else { Canaries::First(contexts) }, ..self }
    }

    /// These contexts go first, as in [`canaries`](Self::canaries). A fleet has to have them; one that is a stream gets
    /// them put before what it gives.
    #[must_use]
    pub fn canary_contexts(self, contexts: impl IntoIterator<Item = Context>) -> Self {
        Self { canaries: Canaries::Named(contexts.into_iter().collect()), ..self }
    }

    /// Once so many contexts were refused, none is touched that was not yet: what is up to date is reported as such, and
    /// the rest as refused without having been attempted. Without a budget, which is the default, one context's failure
    /// never keeps another from its migrations. 0 counts as 1.
    #[must_use]
    pub fn failure_budget(self, refused: usize) -> Self {
        Self { failure_budget: Some(NonZeroUsize::new(refused).unwrap_or(NonZeroUsize::MIN)), ..self }
    }

    /// Keeps a table of all tenants in one system context, so that a fleet that is up to date is confirmed by one query,
    /// whatever its size (one for each 256 namespaces or 16,384 contexts of it). The context is created where it does
    /// not exist.
    ///
    /// A tenant's row is written in the very transactions that change the tenant's ledger. The table is a cache, never
    /// the truth, and as good as those who write it: every binary that migrates these tenants has to be given the same
    /// index, and one whose user has no rights to it leaves the rows of those that it migrates as they were. A tenant
    /// that was restored in place from a backup is noticed when its own ledger is read, by [`migrate`](Self::migrate)
    /// or [`verify`](Self::verify). Where the index cannot be used, everything works without it, and observers are told
    /// once.
    #[must_use]
    pub fn index(self, context: Context) -> Self {
        let index = Index::new(context, &self.applier.modules);
        Self { index: Some(Arc::new(index)), ..self }
    }

    /// Whether each migration stores a snapshot of the schema that it leaves; none unless set.
    ///
    /// A snapshot is stored in the transaction that applies the migration, without a further round trip: there is no
    /// migration without its snapshot, and no snapshot of what was rolled back. The definitions that stand for the first
    /// migrations of a new tenant are one migration in this respect, and a stepwise one gets its snapshot at its end. Where a
    /// snapshot cannot be stored, the migrations are applied without, and observers are told.
    ///
    /// Each reads the whole schema: a tenant that lacks hundreds of migrations pays for it.
    #[must_use]
    pub fn snapshots(mut self, snapshots: Snapshots) -> Self {
        self.applier.snapshots = snapshots;
        self
    }

    /// The name and version of this binary, for the ledger. The name is that of the executable unless set.
    #[must_use]
    pub fn applied_by(mut self, binary: impl Into<String>, version: impl Into<String>) -> Self {
        self.applier.replica = self.applier.replica.named(binary.into(), version.into());
        self
    }

    /// Lets somebody stop the runs of this migrator. What is under way is finished; every other context that lacks
    /// something is refused as not attempted.
    #[must_use]
    pub fn stopped_by(self, stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..self }
    }

    /// Tells an observer of everything that happens from now on. There may be several.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.applier.telemetry.observe(observer);
        self
    }

    /// What this migrator has done so far, over all its runs, to be read at any time.
    pub fn counters(&self) -> Counters {
        self.applier.telemetry.counters.clone()
    }
}
