//! Validating a context before anything is applied in it, and refusing it otherwise.

use serde_json::{Value, json};
use tracing::warn;

use super::finding::ValidationFinding;
use super::options::ValidationOptions;
use super::validation::{ValidateError, Validation};
use crate::Database;
use crate::attempt::{Attempt, Progress};
use crate::context::Context;
use crate::counted::Counted;
use crate::live::LiveSchemaError;
use crate::migrator::Migrator;
use crate::probe::Probe;
use crate::refusal::Refusal;
use crate::run::Run;
use crate::script::{LedgerTable, Role, Script};

/// What is to be done about warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Force {
    /// A context with warnings is refused.
    No,
    /// Migrations are applied despite warnings, never despite errors, and that this was done is logged.
    Yes,
}

/// That contexts are to be validated first.
#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    options: ValidationOptions,
    force: Force,
}

impl Migrator {
    /// Validates each context that lacks something before anything is applied in it, as [`validate`](Self::validate) does,
    /// and refuses it where something was found.
    ///
    /// With [`Force::Yes`], only errors refuse it; the warnings that were overruled go to the log of the context, as an
    /// event `forced`.
    #[must_use]
    pub fn require_validation(self, options: ValidationOptions, force: Force) -> Self {
        Self { requirement: Some(Requirement { options, force }), ..self }
    }

    /// What was learnt about a context; in its place the refusal, where its migrations have to be validated first and
    /// something was found.
    pub(crate) async fn admitted<D: Database>(
        &self,
        database: &Counted<D>,
        context: &Context,
        probe: Probe,
        run: &Run,
    ) -> Probe {
        if self.requirement.is_none() {
            return probe;
        }
        // On the heap: it is large, and every context that needs none would carry it.
        match Box::pin(self.admit(database, context, &probe, run)).await {
            Ok(()) => probe,
            Err(refusal) => Probe::Refused(refusal),
        }
    }

    async fn admit<D: Database>(
        &self,
        database: &Counted<D>,
        context: &Context,
        probe: &Probe,
        run: &Run,
    ) -> Result<(), Refusal> {
        let Some(Requirement { options, force }) = &self.requirement else { return Ok(()) };
        if run.halt.reason().is_some() || !self.applier.lacks_something(probe) {
            return Ok(());
        }
        let mut backoff = self.patience.begin(database.silence());
        let validation = match self.validate_with(database, context, options, &mut backoff).await {
            Ok(validation) => validation,
            Err(ValidateError::Refused(refusal)) => return Err(refusal),
            Err(ValidateError::Schema(LiveSchemaError::Unreadable { reason, .. })) => {
                return Err(Refusal::Unreadable { reason });
            }
            Err(ValidateError::Schema(error)) => return Err(Refusal::Unavailable { reason: error.to_string() }),
        };
        match force {
            _ if validation.can_apply() => Ok(()),
            Force::Yes if validation.can_apply_with_force() => self.log_force(database, context, &validation).await,
            Force::No | Force::Yes => {
                let mut findings = validation.findings;
                findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
                Err(Refusal::Invalid { findings })
            }
        }
    }

    /// Puts on record that warnings were overruled, before anything is applied.
    async fn log_force(
        &self,
        database: &impl Database,
        context: &Context,
        validation: &Validation,
    ) -> Result<(), Refusal> {
        for finding in &validation.findings {
            warn!(%context, "applied by force: {finding}");
        }
        let (replica, telemetry) = (&self.applier.replica, &self.applier.telemetry);
        let attempt = Attempt { replica, telemetry, database, context, table: LedgerTable::Missing };
        let mut script = Script::enter(context);
        let findings: Vec<_> = validation.findings.iter().map(brief).collect();
        script.variables.insert("_migrate_findings".to_owned(), findings.into());
        script.variables.insert("_migrate_by".to_owned(), replica.as_json());
        script.begin(0);
        script.define_ledger(0);
        script.push(
            0,
            Role::Close,
            "CREATE _migration_log:ulid() CONTENT { at: time::now(), event: 'forced', findings: $_migrate_findings, \
             by: $_migrate_by } RETURN NONE;\n",
        );
        script.push(0, Role::Commit, "COMMIT;\n");
        let mut backoff = self.patience.begin(&std::sync::Arc::default());
        loop {
            let unavailable =
                |cause: String| Refusal::Unavailable { reason: format!("the force could not be recorded: {cause}") };
            let why = match attempt.alone(&script).await.map_err(unavailable)? {
                Progress::Done => return Ok(()),
                Progress::Again(why)
                | Progress::Unanswered(why)
                | Progress::Unindexed(why)
                | Progress::NoSnapshot(why) => why,
                Progress::Held { by, .. } => by,
            };
            let error = crate::QueryError::Conflict(why);
            self.pause(std::slice::from_ref(context), &error, &mut backoff).await?;
        }
    }
}

fn brief(finding: &ValidationFinding) -> Value {
    let mut brief = json!({
        "code": finding.code, "module": finding.module, "version": finding.version.get(), "message": finding.message,
    });
    if let Some(line) = finding.line {
        brief["line"] = line.into();
    }
    brief
}
