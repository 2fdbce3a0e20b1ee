//! What would become of pending migrations, found out without applying them.

mod clause;
mod constraints;
mod dry_run;
mod finding;
mod fleet;
mod options;
mod performance;
mod require;
mod reversibility;
mod semantics;
mod syntax;
mod validation;

pub use finding::{FindingCode, FindingSeverity, OffendingRows, RowCount, ValidationFinding, ValidationPhase};
pub use fleet::FleetValidation;
pub use options::{UndoPolicy, ValidationOptions};
pub use require::Force;
pub(crate) use require::Requirement;
pub use validation::{Skipped, ValidateError, Validation, ValidationVerdict};

use std::time::{Duration, Instant};

use migrate_core::Catalog;
use serde_json::Value;

use self::constraints::constraints;
use self::performance::{Worked, sizes};
use self::reversibility::reversibility;
use self::semantics::semantics;
use self::syntax::syntax;
use crate::backoff::Backoff;
use crate::context::Context;
use crate::counted::Counted;
use crate::ledger::Row;
use crate::listing::Presence;
use crate::live::{LiveSchemaError, Rows, read};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::outcome::Applied;
use crate::plan::{Action, Step, plan};
use crate::refusal::Refusal;
use crate::{Database, QueryError};

impl Migrator {
    /// Finds out what would become of the pending migrations of one context, and changes nothing.
    ///
    /// In five phases: whether the server reads the texts; whether the live schema is the one that they go on from;
    /// whether the rows allow them, by running them in a transaction that is taken back and by asking for the rows that new
    /// definitions refuse; what they cost; and whether they can be undone. A context that does not exist is not created, and
    /// taken for an empty one.
    ///
    /// What the transaction did outside of the database is not taken back: numbers that were taken from a sequence are
    /// used up, and a function that calls other servers has called them.
    ///
    /// ```
    /// # use migrate_runtime::{Context, Database, Migrator, ValidateError, ValidationOptions};
    /// # async fn before_a_release(db: &impl Database, migrator: &Migrator, context: Context) -> Result<(), ValidateError> {
    /// let validation = migrator.validate(db, &context, &ValidationOptions::new()).await?;
    /// println!("{validation}");
    /// if validation.can_apply() {
    ///     migrator.migrate(db, context).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the context's schema and ledger cannot be read, when its ledger is one that the migrator refuses, and when the
    /// database does not answer until the [deadline](Self::deadline).
    pub async fn validate<D: Database>(
        &self,
        database: &D,
        context: &Context,
        options: &ValidationOptions,
    ) -> Result<Validation, ValidateError> {
        let database = Counted::new(database, self.counters());
        let mut backoff = self.patience.begin(database.silence());
        self.validate_with(&database, context, options, &mut backoff).await
    }

    pub(crate) async fn validate_with<D: Database>(
        &self,
        database: &Counted<D>,
        context: &Context,
        options: &ValidationOptions,
        backoff: &mut Backoff,
    ) -> Result<Validation, ValidateError> {
        let (start, sent) = (Instant::now(), database.round_trips());
        loop {
            if let Some(validation) = self.validate_once(database, context, options, backoff).await? {
                let (elapsed, round_trips) = (start.elapsed(), database.round_trips() - sent);
                return Ok(Validation { elapsed, round_trips, ..validation });
            }
            let error = QueryError::Conflict("somebody else is applying these migrations".to_owned());
            self.pause(std::slice::from_ref(context), &error, backoff).await.map_err(ValidateError::Refused)?;
        }
    }

    /// Validates what is pending now. `None` where that has changed meanwhile.
    async fn validate_once<D: Database>(
        &self,
        database: &Counted<D>,
        context: &Context,
        options: &ValidationOptions,
        backoff: &mut Backoff,
    ) -> Result<Option<Validation>, ValidateError> {
        let (presence, live, rows) = match read(self, database, context, &[Rows::LEDGER], backoff).await {
            Ok(mut look) => (Presence::Present, look.catalog, look.rows.remove(Rows::LEDGER.table).unwrap_or_default()),
            Err(LiveSchemaError::Absent(_)) => (Presence::Absent, Catalog::new(), Value::Null),
            Err(error) => return Err(error.into()),
        };
        let rows = if rows.is_null() { Ok(Vec::new()) } else { Row::read_all(rows) };
        let unreadable = |error: &dyn std::error::Error| Refusal::Unreadable { reason: error.to_string() };
        let rows = rows.map_err(|error| ValidateError::Refused(unreadable(&error)))?;
        let modules = &self.applier.modules;
        let mut steps = plan(modules, &rows).map_err(ValidateError::Refused)?.steps;
        // Where a migration is only recorded, because another module has applied it, there is nothing that could go wrong.
        steps.retain(|step| matches!(step.action, Action::Run { .. }));

        let begin = |phase| self.emit(Event::Validating { context, phase });
        begin(ValidationPhase::Syntax);
        let read = syntax(self, database, context, &steps, backoff).await?;
        begin(ValidationPhase::Constraints);
        let tried = constraints(self, database, context, &steps, &live, options, backoff).await?;
        let Some(tried) = tried else { return Ok(None) };
        let mut skipped = read.skipped;
        skipped.extend(tried.skipped);
        begin(ValidationPhase::Performance);
        let worked = Worked::of(&steps, &live);
        let counts = worked.count(database, context, options).await.unwrap_or_else(|error| {
            skipped.push(Skipped { migration: None, reason: format!("rows were not counted: {error}") });
            std::collections::BTreeMap::default()
        });
        let mut findings = read.findings;
        findings.extend(semantics(modules, &steps, &live, &options.unmanaged, tried.tried));
        let is_told = tried.findings.iter().any(|one| one.code != FindingCode::RefusedValues);
        findings.extend(tried.findings);
        if !is_told {
            findings.extend(steps.iter().skip(tried.tried).map(not_tried));
        }
        findings.extend(sizes(&steps, &tried.took, options));
        findings.extend(worked.judge(&counts, options));
        // What is new here as a whole is undone with its database.
        let is_there = |step: &&Step| rows.iter().any(|row| row.module == step.module);
        findings.extend(reversibility(steps.iter().filter(is_there), options.undo));
        Ok(Some(Validation {
            context: context.clone(),
            presence,
            pending: steps.iter().map(Applied::from).collect(),
            findings,
            skipped,
            elapsed: Duration::ZERO,
            round_trips: 0,
        }))
    }
}

fn not_tried(step: &Step) -> ValidationFinding {
    let message = "it was not tried, for the reason that is given with what was skipped".to_owned();
    let remedy = "try it on a copy of the database";
    ValidationPhase::Constraints.warning(FindingCode::NotTried, step, message, remedy)
}
