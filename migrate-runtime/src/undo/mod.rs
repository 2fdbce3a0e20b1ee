//! Going back: what an undo would do and cost, and doing it.

mod decide;
mod error;
mod execute;
mod export;
mod impact;
mod ledger;
mod look;
mod obstacle;
mod options;
mod plan;
mod report;
mod script;
mod target;

pub use error::UndoError;
pub use export::{ExportError, Exported, ExportedTable, RestoreError, Restored, RestoredTable};
pub(crate) use impact::{Count, has_values, is_within};
pub use impact::{Gone, UndoImpact};
pub(crate) use look::{Uncounted, count};
pub use obstacle::UndoObstacle;
pub use options::{Approval, Leftovers, UndoOptions, UndoTexts};
pub(crate) use plan::clearing;
pub use plan::{UndoPlan, UndoSource, UndoStep};
pub use report::{UndoReport, Undone, UndoneBy};
pub(crate) use script::{DEFINE_UNDO, TOUCH};
pub use target::UndoTarget;

use std::time::Instant;

use tracing::{Instrument, info_span};

use self::execute::Execution;
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::migrator::Migrator;

impl Migrator {
    /// Says what would have to be undone to go back to a target, in which order, and what that costs now. Nothing is written,
    /// and a context that does not exist is not created.
    ///
    /// The migrations are those that the ledger says are applied. What this binary holds is undone by its down file or by what
    /// the build derived; what it does not hold, by the text that the binary recorded which applied it. Whatever of
    /// other modules requires something that goes is undone before it. The rows are counted by the database, in
    /// one query for the whole plan.
    ///
    /// ```no_run
    /// # use migrate_runtime::{Approval, Context, Database, Migrator, UndoOptions, UndoTarget, Version};
    /// # async fn back(db: &impl Database, migrator: &Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let context = Context::new("acme", "eu-7")?;
    /// let plan = migrator.plan_undo(db, &context, UndoTarget::version("app", Version::FIRST)).await?;
    /// println!("{plan}");
    /// if plan.requires_approval() {
    ///     // Ask somebody who has read it.
    /// }
    /// let options = UndoOptions::new().approve(Approval::DataLoss).export("before-undo");
    /// println!("{}", migrator.undo(db, &plan, &options).await?);
    ///
    /// // Later, with the migrations applied again:
    /// migrator.migrate(db, context.clone()).await;
    /// println!("{}", migrator.restore(db, &context, "before-undo").await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When something that would have to go cannot be undone, with every reason; when the target is not there; and when the
    /// database cannot be read until the [deadline](Self::deadline).
    pub async fn plan_undo<D: Database>(
        &self,
        database: &D,
        context: &Context,
        target: UndoTarget,
    ) -> Result<UndoPlan, UndoError> {
        let database = Counted::new(database, self.counters());
        let span = info_span!("plan undo", %context, %target);
        look::plan(self, &database, context, target).instrument(span).await
    }

    /// Carries out a plan.
    ///
    /// Each migration is undone in one transaction with its ledger row, which becomes `rolled_back`, an entry in the log and
    /// the fleet index. Each transaction finds the whole ledger as it should be, or falls: of several who undo the same, one does
    /// each step, and the others find it done. A replica that applies something on top of what is undone, or something that
    /// requires it, writes a record that this transaction writes too, so that one of both has to look again. The first
    /// failure ends it; it is recorded in the row, which stays `applied`, and in the log. Calling it once more with the same
    /// plan, or with a new one, goes on.
    ///
    /// Afterwards [`migrate`](Self::migrate) applies the migrations again. **So does every replica of a binary that holds them,
    /// when it starts** or a [`Gate`](crate::Gate) asks for the context: replace those first. A gate that has let the context
    /// through goes on doing so until [`Gate::forget`](crate::Gate::forget).
    ///
    /// # Errors
    ///
    /// When the ledger has changed since the plan was made, more would be lost than [approved](UndoOptions::approve), the
    /// export failed, a statement was refused, or the database could not be reached until the [deadline](Self::deadline); with
    /// what was undone before that.
    pub async fn undo<D: Database>(
        &self,
        database: &D,
        plan: &UndoPlan,
        options: &UndoOptions,
    ) -> Result<UndoReport, UndoError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let span = info_span!("undo", context = %plan.context, target = %plan.target);
        let execution = Execution::new(self, &database, plan, options);
        let (undone, exported) = execution.run().instrument(span).await?;
        let (elapsed, round_trips) = (start.elapsed(), database.round_trips());
        Ok(UndoReport { context: plan.context.clone(), undone, exported, elapsed, round_trips })
    }
}
