//! Contexts that are brought up to date when the first request for them arrives.

mod book;
pub(crate) mod existence;
mod flight;
mod keeper;
mod options;
mod refusal;
mod retry;

use std::sync::Arc;
use std::time::Instant;

use tokio::time::timeout;

pub use self::book::GateCounts;
use self::book::{Answer, Book, Landed};
use self::existence::{Creation, Unanswered};
use self::flight::Pilot;
use self::keeper::Keeper;
pub use self::options::GateOptions;
pub use self::refusal::{CreateError, GateRefusal};
use crate::context::Context;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::outcome::{ContextReport, Evidence};
use crate::report::Report;
use crate::{Database, Migrator};

/// Brings each context up to date when the first request for it arrives, and remembers which may be served.
///
/// However many requests for a context arrive at once, it is looked for and migrated once, in a task of its own: a
/// request that is dropped while it waits takes nothing from the others. A context that is served is let through
/// without a round trip. One that is refused is answered for at once, and tried again after a pause that grows. A
/// context that does not exist is refused, not created; [`create`](Self::create) does that.
///
/// A clone is another handle on the same gate. Its methods that wait have to be called within a tokio runtime.
///
/// ```no_run
/// # use migrate_runtime::{Context, Gate, GateRefusal, Migrations, Migrator};
/// # async fn serve(schema: &'static Migrations, db: surrealdb::Surreal<surrealdb::engine::any::Any>) -> Result<(), Box<dyn std::error::Error>> {
/// let gate = Gate::new(Migrator::new([schema])?, db);
///
/// match gate.ensure(&Context::new("tenants", "acme")?).await {
///     Ok(()) => { /* serve the request */ }
///     Err(GateRefusal::NoSuchContext { .. }) => { /* 404 */ }
///     Err(refusal) => { /* 503, with `Retry-After: refusal.retry_after()` */ }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Gate<D> {
    keeper: Arc<Keeper<D>>,
}

/// What a gate knows of a context.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GateState {
    /// Nothing: it was not asked for, or was forgotten, or does not exist.
    Unknown,
    /// It is being looked for or brought up to date.
    Migrating,
    /// Its requests are let through.
    Served,
    /// Its requests are refused. Once nothing is left of `retry_after`, the next request tries again.
    Refused(GateRefusal),
}

impl<D> Clone for Gate<D> {
    fn clone(&self) -> Self {
        Self { keeper: Arc::clone(&self.keeper) }
    }
}

impl<D: Database + 'static> Gate<D> {
    /// A gate with the usual [`GateOptions`], to contexts of which it knows nothing yet.
    ///
    /// `database` may be an `Arc` of the connection that the service uses as well: a clone of the SDK's handle is a
    /// session of its own, which signs in anew.
    pub fn new(migrator: Migrator, database: D) -> Self {
        Self::with_options(migrator, database, GateOptions::default())
    }

    /// A gate with options of its own.
    pub fn with_options(migrator: Migrator, database: D, options: GateOptions) -> Self {
        // Who waits for another replica keeps others from the database: better to come back.
        let wait = migrator.applier.wait.min(options.patience);
        Self { keeper: Arc::new(Keeper::new(migrator.wait(wait), database, options)) }
    }

    /// Lets a request for a context through, once that is up to date.
    ///
    /// For a context that is known to be served this is a look into a map. For one of which nothing is known it is a
    /// round trip to see whether it exists, one to read its ledger, and those of the migrations that are pending.
    /// Dropping the call ends the waiting, not the work.
    ///
    /// # Errors
    ///
    /// When the context does not exist, is refused, or is still being migrated when the patience ends that the
    /// [`GateOptions`] set.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn ensure(&self, context: &Context) -> Result<(), GateRefusal> {
        let now = Instant::now();
        let answer = self.keeper.read(|book| book.answer(context, now));
        let patience = self.keeper.options.patience;
        match answer {
            Some(Answer::Served) => Ok(()),
            Some(Answer::Refused(standing)) => Err(standing.refuse(context, now)),
            Some(Answer::Flying(_)) | None => match timeout(patience, self.wait(context)).await {
                Ok(result) => result,
                Err(_) => Err(self.still_migrating(context)),
            },
        }
    }

    async fn wait(&self, context: &Context) -> Result<(), GateRefusal> {
        loop {
            let now = Instant::now();
            let flying = match Pilot::join_or_start(&self.keeper, context, now) {
                Answer::Served => return Ok(()),
                Answer::Refused(standing) => return Err(standing.refuse(context, now)),
                Answer::Flying(flying) => flying,
            };
            match flying.landed().await {
                Landed::Served => return Ok(()),
                Landed::Refused(standing) => return Err(standing.refuse(context, Instant::now())),
                Landed::NoSuchContext => return Err(GateRefusal::NoSuchContext { context: context.clone() }),
                // The runtime of whoever started it was shut down. This one goes on, so it takes over.
                Landed::Abandoned => {}
            }
        }
    }

    fn still_migrating(&self, context: &Context) -> GateRefusal {
        GateRefusal::Migrating { context: context.clone(), retry_after: self.keeper.options.retry.first() }
    }

    /// Creates a context that does not exist, and applies the whole schema to it.
    ///
    /// Of any number who create one context at once, on whatever replicas, one succeeds. Where the schema cannot be
    /// applied, or the call is dropped, the context may exist without it: [`ensure`](Self::ensure) goes on from there.
    ///
    /// # Errors
    ///
    /// When the context exists, when it cannot be created, and whatever `ensure` refuses it for.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn create(&self, context: &Context) -> Result<(), CreateError> {
        self.define(context).await?;
        // Whatever was known is of another context, which had this name.
        self.keeper.write(|book| book.doubt(context));
        match self.ensure(context).await {
            // Somebody had looked for it before it was there.
            Err(GateRefusal::NoSuchContext { .. }) => Ok(self.ensure(context).await?),
            result => Ok(result?),
        }
    }

    /// Creates the database, without any schema.
    async fn define(&self, context: &Context) -> Result<(), CreateError> {
        let database = &self.keeper.database;
        match Unanswered::overcome(|| existence::create(database, context)).await {
            Ok(Creation::Created) => Ok(()),
            Ok(Creation::AlreadyExists) => Err(CreateError::AlreadyExists(context.clone())),
            Err(refusal) => {
                let (context, refusal) = (context.clone(), Arc::new(refusal));
                let retry_after = self.keeper.options.retry.first();
                Err(GateRefusal::Refused { context, refusal, retry_after }.into())
            }
        }
    }

    /// Brings every context of a fleet up to date, as [`Migrator::migrate_all`] does, and takes over what that found out.
    /// Requests may come in meanwhile.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are.
    pub async fn migrate_all(&self, fleet: Fleet) -> Result<Report, FleetError> {
        let result = self.keeper.migrator.migrate_all(&self.keeper.database, fleet).await;
        if let Ok(report) = &result {
            self.admit(report);
        }
        if let Err(FleetError::Interrupted { report, .. }) = &result {
            self.admit(report);
        }
        result
    }

    /// Takes over what an eager run found out. A context that is on its way at this moment is left to that, and one of
    /// which only the fleet index was asked is looked at when its first request comes in: a tenant may have been restored
    /// from a backup, which the index does not know.
    pub fn admit(&self, report: &Report) {
        for context in report.contexts() {
            self.admit_one(context);
        }
    }

    /// Takes over what became of one context.
    pub fn admit_one(&self, report: &ContextReport) {
        if report.evidence == Evidence::Index {
            return;
        }
        let (now, jitter) = (Instant::now(), fastrand::f64());
        self.keeper.write(|book| book.admit(&report.context, report.refusal(), now, jitter));
    }

    /// Forgets a context, so that the next request looks at it anew: after it was removed, or restored from a backup.
    pub fn forget(&self, context: &Context) {
        self.keeper.write(|book| book.forget(context));
    }

    /// What is known of a context, without looking any further.
    pub fn state(&self, context: &Context) -> GateState {
        match self.keeper.read(|book| book.known(context)) {
            None => GateState::Unknown,
            Some(Answer::Served) => GateState::Served,
            Some(Answer::Flying(_)) => GateState::Migrating,
            Some(Answer::Refused(standing)) => GateState::Refused(standing.refuse(context, Instant::now())),
        }
    }

    /// How many contexts are in which state.
    pub fn counts(&self) -> GateCounts {
        self.keeper.read(Book::counts)
    }

    /// Waits until no context is on its way, so that a process that ends cuts no migration short. Let no request in
    /// meanwhile.
    pub async fn idle(&self) {
        // The sender is here, so the channel is open, and an error cannot be.
        let _ = self.keeper.flights.subscribe().wait_for(|flights| *flights == 0).await;
    }
}

impl book::Standing {
    fn refuse(&self, context: &Context, now: Instant) -> GateRefusal {
        let refusal = Arc::clone(&self.refusal);
        GateRefusal::Refused { context: context.clone(), refusal, retry_after: self.remaining(now) }
    }
}
