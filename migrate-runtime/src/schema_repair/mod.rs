//! Bringing the schema of a live database back to what it should be, and its ledger to the truth.

mod error;
mod execute;
mod history;
mod ledger;
mod look;
mod obstacle;
mod options;
mod plan;
mod report;
mod risk;
mod scope;
mod script;
mod statement;
mod way;

pub use error::SchemaRepairError;
pub use history::{LedgerRepair, LedgerRepaired};
pub use obstacle::SchemaRepairObstacle;
pub use options::SchemaRepairOptions;
pub use plan::SchemaRepairPlan;
pub use report::SchemaRepairReport;
pub use risk::SchemaRepairLoss;
pub use statement::{SchemaRepairAction, SchemaRepairStatement};

use std::time::Instant;

use tracing::{Instrument, info_span};

use self::execute::Execution;
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::migrator::Migrator;
use crate::undo::Approval;

impl Migrator {
    /// Says by which statements the schema of a context would be brought to what its ledger says, or to a version of a module
    /// that is [asked for](SchemaRepairOptions::to), and what that costs. Nothing is written, and a context that does not
    /// exist is not created.
    ///
    /// The repair is about what the modules of the ledger ever defined and about what stands on their tables. Everything
    /// else is left as it is, and so is what is [unmanaged](SchemaRepairOptions::unmanaged), and what differs in formatting
    /// only.
    ///
    /// Where a version is asked for that is not the ledger's, the ledger says so afterwards: what of that module is not
    /// recorded up to there, or with another text, is recorded as applied, and what is recorded behind it as undone. **No
    /// migration is run for that**: what they do to rows is neither done nor undone, which has to be approved as unsafe. It
    /// is for a database whose history is unknown or wrong; to go on or back in a history that is right, there are
    /// [`migrate`](Self::migrate) and [`undo`](Self::undo).
    ///
    /// ```no_run
    /// # use migrate_runtime::{Approval, Context, Database, Migrator, SchemaRepairOptions};
    /// # async fn repair(db: &impl Database, migrator: &Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let context = Context::new("acme", "eu-7")?;
    /// let plan = migrator.plan_schema_repair(db, &context, &SchemaRepairOptions::new()).await?;
    /// println!("{plan}");
    /// if plan.requires_approval() {
    ///     // Ask somebody who has read it.
    /// }
    /// println!("{}", migrator.repair_schema(db, &plan, Approval::DataLoss).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such module or version; when the ledger does not say which versions the database is at, something is
    /// in the middle of being done or undone, or a definition cannot be put back, with every reason; and when the database
    /// cannot be read until the [deadline](Self::deadline).
    pub async fn plan_schema_repair<D: Database>(
        &self,
        database: &D,
        context: &Context,
        options: &SchemaRepairOptions,
    ) -> Result<SchemaRepairPlan, SchemaRepairError> {
        let database = Counted::new(database, self.counters());
        let mut backoff = self.patience.begin(database.silence());
        let span = info_span!("plan a schema repair", %context);
        let seen = look::look(self, &database, context, options, "", &mut backoff).instrument(span).await?;
        Ok(seen.plan)
    }

    /// Carries out a plan.
    ///
    /// One transaction finds the schema, the ledger and the lease of stepwise migrations as they were seen, or falls; it takes
    /// the lease, runs the statements, writes the ledger rows, the log and the fleet index, and gives the lease back. Where
    /// indexes have to be built over rows, it keeps the lease, each of them is built `CONCURRENTLY` and waited for, and a last
    /// transaction writes the ledger. In the end everything is read once more and nothing differs.
    ///
    /// Of several who repair the same, one does it, and the others find nothing to do, find it changed, or are told who is at
    /// it. A repair that was interrupted is gone on with by making a new plan.
    ///
    /// # Errors
    ///
    /// When the schema or the ledger has changed since the plan was made, more would be lost than approved, a statement was
    /// refused, or the database could not be reached until the [deadline](Self::deadline).
    pub async fn repair_schema<D: Database>(
        &self,
        database: &D,
        plan: &SchemaRepairPlan,
        approval: Approval,
    ) -> Result<SchemaRepairReport, SchemaRepairError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let span = info_span!("repair a schema", context = %plan.context);
        Execution::new(self, &database, plan).run(approval).instrument(span).await?;
        Ok(SchemaRepairReport {
            context: plan.context.clone(),
            versions: plan.versions.clone(),
            statements: plan.statements().count(),
            checksum: plan.checksum(),
            ledger_rows: plan.ledger.len(),
            elapsed: start.elapsed(),
            round_trips: database.round_trips(),
        })
    }
}
