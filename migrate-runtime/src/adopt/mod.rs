//! Adopting the ledger of another tool: what it says was applied becomes rows of ours.

mod error;
mod foreign;
mod mapping;
mod options;
mod rows;
mod tool;

pub use error::AdoptionError;
pub use foreign::{ForeignLedger, ForeignMigration, Rollout};
pub use options::Adoption;
pub use tool::Tool;

use crate::Database;
use crate::baseline::{Intent, Origin, Takeover, Wanted};
use crate::context::Context;
use crate::counted::Counted;
use crate::live::{LiveSchemaError, Look, read};
use crate::migrator::Migrator;

impl Migrator {
    /// The ledgers of other tools that a context has: read in one round trip, and nothing is written.
    ///
    /// # Errors
    ///
    /// When the context does not exist or cannot be read, and when a table has the name of a ledger and holds rows of
    /// another kind.
    pub async fn detect_ledgers<D: Database>(
        &self,
        database: &D,
        context: &Context,
    ) -> Result<Vec<ForeignLedger>, AdoptionError> {
        let database = Counted::new(database, self.counters());
        let mut backoff = self.patience.begin(database.silence());
        let look = read(self, &database, context, &rows::ALL, &mut backoff).await;
        let look = look.map_err(|error: LiveSchemaError| AdoptionError::Baseline(error.into()))?;
        let found = Tool::ALL.into_iter().map(|tool| foreign::read(tool, context, &look.rows));
        Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Takes over a database whose schema another tool has brought about: writes the ledger rows of those of our
    /// migrations that the other tool's ledger says were applied.
    ///
    /// The schema is verified as in [`baseline`](Self::baseline), and everything said there holds here. The other tool's
    /// tables stay as they are, and are no strangers.
    ///
    /// ```
    /// # use migrate_runtime::{Adoption, AdoptionError, Context, Database, Migrator, Tool};
    /// # async fn once(db: &impl Database, migrator: &Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let context = Context::new("acme", "eu-7")?;
    /// for ledger in migrator.detect_ledgers(db, &context).await? {
    ///     println!("{context} has a ledger of {}", ledger.tool());
    /// }
    /// let adoption = Adoption::of(Tool::SurrealdbMigrations, "app");
    /// println!("{}", migrator.adopt(db, &context, &adoption).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As `baseline`; when there is no ledger of that tool; when it holds something half applied; and when what it holds
    /// cannot be told to be the first migrations of the module.
    pub async fn adopt<D: Database>(
        &self,
        database: &D,
        context: &Context,
        adoption: &Adoption,
    ) -> Result<Takeover, AdoptionError> {
        self.adopt_with(database, context, adoption, Intent::Write).await
    }

    /// Says what [`adopt`](Self::adopt) would do, and writes nothing.
    ///
    /// # Errors
    ///
    /// As `adopt`, but for what can go wrong when writing.
    pub async fn plan_adoption<D: Database>(
        &self,
        database: &D,
        context: &Context,
        adoption: &Adoption,
    ) -> Result<Takeover, AdoptionError> {
        self.adopt_with(database, context, adoption, Intent::Plan).await
    }

    async fn adopt_with<D: Database>(
        &self,
        database: &D,
        context: &Context,
        adoption: &Adoption,
        intent: Intent,
    ) -> Result<Takeover, AdoptionError> {
        let origin = Origin::Adoption(adoption.tool.name());
        let wanted = |look: &Look| -> Result<Wanted, AdoptionError> {
            let ledger = foreign::read(adoption.tool, context, &look.rows)?;
            let ledger =
                ledger.ok_or_else(|| AdoptionError::NoLedger { context: context.clone(), tool: adoption.tool })?;
            foreign::whole(&ledger, context)?;
            adoption.wanted(&self.modules(), &ledger, context)
        };
        self.take_over(database, context, &rows::ALL, &origin, intent, wanted).await
    }
}
