//! Whether the rows allow pending migrations: by trying them, and by the queries that the build wrote for that.

use std::time::Duration;

use migrate_core::{Catalog, Check, CheckKind};
use serde_json::{Map, Value};

use super::dry_run::{DryRun, Told, Tried, read};
use super::finding::{FindingCode, OffendingRows, RowCount, ValidationFinding, ValidationPhase};
use super::options::ValidationOptions;
use super::validation::{Skipped, ValidateError};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::failure::shown;
use crate::migrator::Migrator;
use crate::outcome::Applied;
use crate::plan::Step;
use crate::probe::is_in;
use crate::refusal::Refusal;
use crate::{Database, QueryError};

/// Rows in the way are counted so far and no further.
const COUNTED: u64 = 1000;

/// What trying the steps showed.
#[derive(Default)]
pub(super) struct Constraints {
    pub(super) findings: Vec<ValidationFinding>,
    pub(super) skipped: Vec<Skipped>,
    /// How many of the steps were tried.
    pub(super) tried: usize,
    pub(super) took: Vec<Duration>,
}

/// Tries the steps, and asks for the rows that are in their way. `None` where somebody else has applied one of them meanwhile.
pub(super) async fn constraints(
    migrator: &Migrator,
    database: &impl Database,
    context: &Context,
    steps: &[Step],
    live: &Catalog,
    options: &ValidationOptions,
    backoff: &mut Backoff,
) -> Result<Option<Constraints>, ValidateError> {
    let mut left_out: Vec<&Check> = Vec::new();
    let mut found = Constraints::default();
    loop {
        let is_left_out = |check: &Check| left_out.iter().any(|other| std::ptr::eq(*other, check));
        let run = DryRun::new(context, steps, &migrator.applier.replica, COUNTED, is_left_out);
        found.tried = run.tried;
        if run.tried == 0 {
            found.skipped.extend(run.skipped);
            return Ok(Some(found));
        }
        let query = database.query(run.script.text.clone(), run.script.variables.clone());
        let tried = match tokio::time::timeout(options.timeout, query).await {
            Err(_) => Tried::TimedOut(format!("it was not done after {:?}", options.timeout)),
            Ok(Ok(reply)) => read(&run.script, &reply),
            Ok(Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_)))) => Tried::Again(error.to_string()),
            Ok(Err(QueryError::TimedOut(why))) => Tried::TimedOut(why),
            // The server does not read it, which the first phase tells of each migration by itself.
            Ok(Err(QueryError::Refused(_) | QueryError::TooLarge(_))) => {
                let reason = "nothing was tried: the server does not read the text".to_owned();
                found.skipped.push(Skipped { migration: None, reason });
                found.tried = 0;
                return Ok(Some(found));
            }
            Ok(Err(QueryError::NotAllowed(why))) => Tried::NotEntered(why),
        };
        match tried {
            Tried::Outdated => return Ok(None),
            Tried::Again(why) => {
                let error = QueryError::Conflict(why);
                let contexts = std::slice::from_ref(context);
                migrator.pause(contexts, &error, backoff).await.map_err(ValidateError::Refused)?;
                continue;
            }
            Tried::NotEntered(why) => {
                let reason = format!("{context} cannot be entered: {why}");
                return Err(ValidateError::Refused(Refusal::Unavailable { reason }));
            }
            Tried::Unchecked(at) => {
                let Some((step, check)) = run.checks.get(at) else { return Ok(Some(found)) };
                let reason = format!("which rows {} refuses could not be asked", check.object());
                found.skipped.push(Skipped { migration: Some(Applied::from(*step)), reason });
                left_out.push(*check);
                continue;
            }
            Tried::Well(Told { took, rows }) => {
                let refused = run.checks.iter().zip(rows).filter(|(_, rows)| !rows.is_empty());
                found.findings.extend(refused.map(|((step, check), rows)| refused_values(step, check, &rows, options)));
                found.took = took;
            }
            Tried::Failed { step, statement, cause } => {
                found.tried = step + 1;
                let step = &steps[step.min(steps.len() - 1)];
                found.findings.push(fails(step, statement, cause));
                found.findings.extend(duplicates(database, context, step, statement, live, options).await);
                let reason = "what it does behind the statement that failed was not tried".to_owned();
                found.skipped.push(Skipped { migration: Some(Applied::from(step)), reason });
            }
            Tried::TimedOut(why) => {
                found.tried = 0;
                let message = format!("the pending migrations were tried together: {why}");
                let remedy = "give it more time, or make the migration stepwise";
                let finding = ValidationPhase::Constraints.warning(FindingCode::TimedOut, &steps[0], message, remedy);
                found.findings.push(finding);
            }
            Tried::EndedEarly => {
                found.tried = 0;
                let message = "something ended the transaction in which the pending migrations were tried".to_owned();
                let remedy = "look for what ends a block early, such as `RETURN`, in what the migrations run";
                let finding = ValidationPhase::Constraints.warning(FindingCode::EndsEarly, &steps[0], message, remedy);
                found.findings.push(finding.error());
            }
        }
        found.skipped.extend(run.skipped);
        return Ok(Some(found));
    }
}

fn fails(step: &Step, statement: Option<usize>, cause: String) -> ValidationFinding {
    let statement = statement.and_then(|at| step.migration.statements().get(at));
    let text = statement.and_then(|statement| shown(statement, step.migration.text()));
    let message = match text {
        Some(text) => format!("{cause}, at `{text}`"),
        None => cause,
    };
    let remedy = "remove the cause in the data, or correct the migration before it is shipped";
    let finding = ValidationPhase::Constraints.warning(FindingCode::Fails, step, message, remedy).error();
    ValidationFinding {
        line: statement.map(migrate_core::Statement::line),
        object: statement.and_then(|statement| statement.object().cloned()),
        ..finding
    }
}

fn refused_values(step: &Step, check: &Check, rows: &[String], options: &ValidationOptions) -> ValidationFinding {
    let message = format!("rows that are there are refused by {} when they are next written", check.object());
    let remedy = "give these rows a value that fits, in the same migration";
    let finding = ValidationPhase::Constraints.warning(FindingCode::RefusedValues, step, message, remedy);
    ValidationFinding { rows: Some(offending(rows, options)), ..finding.about(check.object(), step) }
}

fn offending(rows: &[String], options: &ValidationOptions) -> OffendingRows {
    let counted = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let count = if counted < COUNTED { RowCount::Exactly(counted) } else { RowCount::AtLeast(counted) };
    OffendingRows { count, examples: rows.iter().take(options.examples).cloned().collect() }
}

/// The rows because of which a unique index could not be built, where that is what failed. They are looked for in what is
/// there before the migration.
async fn duplicates(
    database: &impl Database,
    context: &Context,
    step: &Step,
    statement: Option<usize>,
    live: &Catalog,
    options: &ValidationOptions,
) -> Option<ValidationFinding> {
    let object = step.migration.statements().get(statement?)?.object()?;
    let mut checks = step.migration.checks().iter().filter(|check| check.kind() == CheckKind::Unique);
    let check = checks.find(|check| check.object() == object)?;
    let table = migrate_core::Object::new(migrate_core::ObjectKind::Table, object.table()?.to_owned());
    if !live.contains(&table) {
        return None;
    }
    let text = format!("{}\n({} LIMIT {COUNTED});", context.use_statement(), check.query());
    // That it fails is told already: this only says more of it.
    let reply = tokio::time::timeout(options.timeout, database.query(text, Map::new())).await.ok()?.ok()?;
    let mut results = reply.0.into_iter();
    let entered = results.next()?.ok()?;
    let groups = results.next()?.ok().filter(|_| is_in(context, &entered))?;
    let ids = groups.as_array()?.iter().flat_map(|group| group.as_array().into_iter().flatten());
    let ids: Vec<_> = ids.filter_map(Value::as_str).map(str::to_owned).collect();
    if ids.is_empty() {
        return None;
    }
    let message = format!("rows hold equal values where {object} is to refuse them");
    let remedy = "give these rows other values, or remove all but one of each";
    let finding = ValidationPhase::Constraints.warning(FindingCode::DuplicateValues, step, message, remedy).error();
    Some(ValidationFinding { rows: Some(offending(&ids, options)), ..finding.about(object, step) })
}
