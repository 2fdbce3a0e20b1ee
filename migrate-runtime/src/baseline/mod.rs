//! Taking over a database that has the schema and no ledger.

mod decide;
mod error;
mod fleet;
mod ledger;
mod options;
mod record;
mod report;
mod requires;
mod takeover;

pub(crate) use decide::At;
pub use error::BaselineError;
pub use fleet::BaselineReport;
pub(crate) use options::select;
pub use options::{Baseline, Strangers};
pub(crate) use record::Origin;
pub(crate) use report::writes_rows;
pub use report::{TakenOver, Takeover, TakeoverState};
pub(crate) use takeover::{Intent, Wanted};

use crate::Database;
use crate::context::Context;
use crate::migrator::Migrator;

impl Migrator {
    /// Takes over a database that has the schema already and no ledger: writes the ledger rows of V1 to Vn of each module,
    /// after verifying that the schema is, text for text, what the modules lead to at those versions.
    ///
    /// Nothing of the migrations is run: what they did to rows is taken as done, and
    /// [`TakenOver::data`] names those of which that matters. All rows are written in one transaction, in which the database
    /// looks again whether anything has changed. Of any number of replicas, one writes them; the others find them there.
    /// A context that does not exist is not created. Afterwards [`migrate`](Self::migrate) goes on with Vn+1.
    ///
    /// ```
    /// # use migrate_runtime::{Baseline, BaselineError, Context, Database, Migrator, Strangers, Takeover, Unmanaged};
    /// # async fn at_start(db: &impl Database, migrator: &Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let context = Context::new("acme", "eu-7")?;
    /// let baseline = Baseline::new().unmanaged(Unmanaged::matching(["audit_*"]));
    /// match migrator.baseline(db, &context, &baseline).await {
    ///     Ok(takeover) => println!("{takeover}"),
    ///     Err(BaselineError::LedgerExists { .. }) => {} // It was migrated from its beginning.
    ///     Err(error) => return Err(error.into()),
    /// }
    /// migrator.migrate(db, context).await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the schema is another one, with every difference; when a module has a ledger that did not come from here; when
    /// the options name what this migrator does not have; and when the database cannot be read or written until the
    /// [deadline](Self::deadline).
    pub async fn baseline<D: Database>(
        &self,
        database: &D,
        context: &Context,
        baseline: &Baseline,
    ) -> Result<Takeover, BaselineError> {
        let wanted = baseline.wanted(&self.modules())?;
        self.take_over(database, context, &[], &Origin::Baseline, Intent::Write, |_| Ok(wanted.clone())).await
    }

    /// Says what [`baseline`](Self::baseline) would do, and writes nothing.
    ///
    /// # Errors
    ///
    /// As `baseline`, but for what can go wrong when writing.
    pub async fn plan_baseline<D: Database>(
        &self,
        database: &D,
        context: &Context,
        baseline: &Baseline,
    ) -> Result<Takeover, BaselineError> {
        let wanted = baseline.wanted(&self.modules())?;
        self.take_over(database, context, &[], &Origin::Baseline, Intent::Plan, |_| Ok(wanted.clone())).await
    }
}
