//! Which binaries are alive, and at which versions: a row per running binary in one system context, renewed as long as it
//! runs.
//!
//! The server's clock alone says what is alive, so replicas whose clocks disagree agree on it.

mod error;
mod heartbeat;
mod membership;
mod replica_info;
mod rollout;
mod standing;
mod text;
mod tried;

use std::sync::Arc;
use std::time::Duration;

use migrate_core::Version;
use serde_json::Map;

pub use self::error::RegistryError;
use self::heartbeat::Heartbeat;
pub use self::membership::{Membership, MembershipStatus, Renewal};
pub(crate) use self::replica_info::draw_id;
#[cfg(test)]
pub(crate) use self::replica_info::read_all as read_replicas;
pub use self::replica_info::{ModuleHead, ReplicaInfo};
pub(crate) use self::rollout::{Change, Seen, Subject};
pub use self::rollout::{Pause, PausedBy};
pub use self::standing::AtLeast;
use self::tried::Tried;
use crate::backoff::Patience;
use crate::context::Context;
use crate::gate::existence::{Existence, Unanswered, existence};
use crate::{Database, Migrator};

/// The replica registry: a table in one system context with a row for each running binary, which says at which version
/// it has each module.
///
/// It is for whoever has to know that no older binary is running any more, such as the last step of a change that older
/// ones could not live with. A replica is alive until its row expires, by the clock of the database and no other; a
/// process that was killed ages out within one lease.
///
/// ```no_run
/// # use migrate_runtime::{AtLeast, Context, Migrations, Migrator, Registry, Version};
/// # async fn start(schema: &'static Migrations, db: std::sync::Arc<surrealdb::Surreal<surrealdb::engine::any::Any>>) -> Result<(), Box<dyn std::error::Error>> {
/// let migrator = Migrator::new([schema])?.applied_by("notes", "2.0.0");
/// let registry = Registry::new(Context::new("ops", "system")?);
/// let membership = registry.join(&migrator, db.clone()).await?;
///
/// for replica in registry.live_replicas(&db).await? {
///     println!("{replica}");
/// }
/// let version = Version::new(7).ok_or("a version")?;
/// match registry.everyone_at_least(&db, "notes", version).await? {
///     AtLeast::Everyone { .. } => { /* no older binary is left */ }
///     AtLeast::Behind { behind } => println!("waiting for {}", behind.len()),
///     AtLeast::Nobody => println!("nobody has joined"),
/// }
/// membership.leave().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Registry {
    context: Context,
    lease: Duration,
    keep: Duration,
    patience: Patience,
}

/// Shorter than any answer takes; and far longer than any replica may be silent.
const LEASES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_hours(24));
/// Far longer than anybody looks back, and far less than a time can hold.
const LONGEST_KEPT: Duration = Duration::from_hours(24 * 365);

impl Registry {
    /// The registry in this context. Nothing is read or written before somebody joins or asks.
    pub fn new(context: Context) -> Self {
        let patience = Patience { deadline: Duration::from_secs(30), ..Patience::default() };
        Self { context, lease: Duration::from_secs(30), keep: Duration::from_hours(1), patience }
    }

    /// For how long a replica that joins counts as alive without a renewal; 30 seconds unless set, and between a tenth
    /// of a second and a day. It renews three times as often.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease: lease.clamp(LEASES.0, LEASES.1), ..self }
    }

    /// For how long the row of a replica that has expired is kept, for people who look; one hour unless set, and a year
    /// at most. Whoever renews its own row removes those that are older.
    #[must_use]
    pub fn keep(self, keep: Duration) -> Self {
        Self { keep: keep.min(LONGEST_KEPT), ..self }
    }

    /// For how long a call is tried again after conflicts and lost connections; 30 seconds unless set.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.patience.deadline = deadline.min(LONGEST_KEPT);
        self
    }

    /// Writes the row of this process and renews it in a task of its own, until the membership ends.
    ///
    /// What the row says is that of the migrator: its modules, and the name that [`applied_by`](Migrator::applied_by)
    /// gave it. The context and the table are created where they do not exist. Each call is a replica of its own.
    ///
    /// # Errors
    ///
    /// When the row cannot be written: the user has no right to it, the context cannot be entered, or the database does
    /// not answer until the deadline. Then nothing was written anywhere else, and nothing is renewed; a row whose answer
    /// was lost ages out.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn join<D: Database + 'static>(
        &self,
        migrator: &Migrator,
        database: D,
    ) -> Result<Membership, RegistryError> {
        let row = replica_info::row(&migrator.applier.replica, &migrator.applier.modules);
        let heartbeat = Heartbeat {
            database,
            context: self.context.clone(),
            id: replica_info::draw_id(),
            row,
            lease: self.lease,
            keep: self.keep,
        };
        let mut backoff = self.patience.begin(&Arc::default());
        loop {
            let sent = std::time::Instant::now();
            let why = match heartbeat.beat().await {
                Ok(_) => return Ok(Membership::start(heartbeat, sent)),
                Err(Tried::Again(why)) => why,
                Err(Tried::Failed(error)) => return Err(error),
            };
            backoff.again().map_err(|_| RegistryError::Unanswered { context: self.context.clone(), reason: why })?;
            backoff.pause().await;
        }
    }

    /// The replicas that are alive at this moment, by the clock of the database, the longest first.
    ///
    /// A registry that nobody has joined has none, and asking does not create it.
    ///
    /// # Errors
    ///
    /// When the registry cannot be read: a row that is not understood is an error, not a replica that is missing.
    pub async fn live_replicas(&self, database: &impl Database) -> Result<Vec<ReplicaInfo>, RegistryError> {
        let context = &self.context;
        // To `USE` what does not exist would create it.
        let existence = Unanswered::overcome(|| existence(database, context)).await;
        let existence = existence
            .map_err(|refusal| RegistryError::Unanswered { context: context.clone(), reason: refusal.to_string() })?;
        if existence == Existence::Absent {
            return Ok(Vec::new());
        }
        let mut backoff = self.patience.begin(&Arc::default());
        loop {
            let read = match database.query(text::live(context), Map::new()).await {
                Ok(reply) => tried::read_live(context, reply),
                Err(error) => Err(tried::unanswered(context, &error)),
            };
            let why = match read {
                Ok(rows) => return replica_info::read_all(rows),
                Err(Tried::Again(why)) => why,
                Err(Tried::Failed(error)) => return Err(error),
            };
            backoff.again().map_err(|_| RegistryError::Unanswered { context: context.clone(), reason: why })?;
            backoff.pause().await;
        }
    }

    /// Whether every live replica has a module at this version or a later one.
    ///
    /// A live replica that does not have the module at all is behind: for all that is known it is a binary from before
    /// the module. Where nobody is alive the answer is [`AtLeast::Nobody`] and not "everyone", because replicas that
    /// never joined are not seen.
    ///
    /// # Errors
    ///
    /// As [`live_replicas`](Self::live_replicas).
    pub async fn everyone_at_least(
        &self,
        database: &impl Database,
        module: &str,
        version: Version,
    ) -> Result<AtLeast, RegistryError> {
        Ok(AtLeast::of(self.live_replicas(database).await?, module, version))
    }
}
