//! What pending migrations cost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use migrate_core::{Catalog, CheckKind, Object, ObjectKind};
use serde_json::Map;

use super::finding::{FindingCode, RowCount, ValidationFinding, ValidationPhase};
use super::options::ValidationOptions;
use crate::context::{Context, quote};
use crate::plan::Step;
use crate::probe::is_in;
use crate::{Database, QueryError};

/// What makes the rows of a table matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Index,
    Rewrite,
}

/// Which tables that are there have an index built over them, or all of their rows written, by which step.
pub(super) struct Worked<'a>(Vec<(&'a Step, Object, String, Work)>);

impl<'a> Worked<'a> {
    pub(super) fn of(steps: &'a [Step], live: &Catalog) -> Self {
        let mut worked = Vec::new();
        let is_there = |table: &str| live.contains(&Object::new(ObjectKind::Table, table.to_owned()));
        for step in steps {
            for change in step.migration.changes().iter().filter(|change| change.definition().is_some()) {
                let object = change.object();
                if let (ObjectKind::Index, Some(table)) = (object.kind(), object.table()) {
                    worked.push((step, object.clone(), table.to_owned(), Work::Index));
                }
            }
            for check in step.migration.checks().iter().filter(|check| check.kind() == CheckKind::Rewrite) {
                worked.push((step, check.object().clone(), check.object().name().to_owned(), Work::Rewrite));
            }
        }
        worked.retain(|(.., table, _)| is_there(table));
        Self(worked)
    }

    /// Counts the rows of those tables, each to the threshold and no further, in one round trip.
    pub(super) async fn count(
        &self,
        database: &impl Database,
        context: &Context,
        options: &ValidationOptions,
    ) -> Result<BTreeMap<String, RowCount>, QueryError> {
        let tables: BTreeSet<&str> = self.0.iter().map(|(.., table, _)| table.as_str()).collect();
        if tables.is_empty() {
            return Ok(BTreeMap::new());
        }
        let most = options.rows.saturating_add(1).min(i64::MAX.unsigned_abs());
        let count = |table: &&str| format!("\ncount((SELECT VALUE id FROM {} LIMIT {most}));", quote(table));
        let text = context.use_statement() + &tables.iter().map(count).collect::<String>();
        let mut results = database.query(text, Map::new()).await?.0.into_iter();
        let entered = results.next().and_then(Result::ok);
        if !entered.is_some_and(|entered| is_in(context, &entered)) {
            return Err(QueryError::NotAllowed(format!("{context} cannot be entered")));
        }
        let counted = tables.into_iter().zip(results).filter_map(|(table, rows)| {
            let rows = rows.ok()?.as_u64()?;
            let count = if rows < most { RowCount::Exactly(rows) } else { RowCount::AtLeast(rows) };
            Some((table.to_owned(), count))
        });
        Ok(counted.collect())
    }

    /// Warns of tables with more rows than the threshold.
    pub(super) fn judge(
        &self,
        counts: &BTreeMap<String, RowCount>,
        options: &ValidationOptions,
    ) -> Vec<ValidationFinding> {
        let one = |(step, object, table, work): &(&Step, Object, String, Work)| {
            let count = counts.get(table).filter(|count| count.counted() > options.rows)?;
            let (code, message, remedy) = match work {
                Work::Index => (
                    FindingCode::IndexBuild,
                    format!("{object} is built over {count} of `{table}`"),
                    "build it `CONCURRENTLY` in a stepwise migration",
                ),
                Work::Rewrite => (
                    FindingCode::TableRewrite,
                    format!("every row of `{table}` is written in one transaction, which are {count}"),
                    "write them in the batches of a stepwise migration",
                ),
            };
            Some(ValidationPhase::Performance.warning(code, step, message, remedy).about(object, step))
        };
        self.0.iter().filter_map(one).collect()
    }
}

/// Warns of migrations with many statements, and of those that took long when they were tried.
pub(super) fn sizes(steps: &[Step], took: &[Duration], options: &ValidationOptions) -> Vec<ValidationFinding> {
    let mut findings = Vec::new();
    let phase = ValidationPhase::Performance;
    for (at, step) in steps.iter().enumerate() {
        let statements = step.migration.statements().len();
        if statements > options.statements {
            let message = format!("it has {statements} statements, more than {}", options.statements);
            findings.push(phase.warning(FindingCode::ManyStatements, step, message, "divide it into several"));
        }
        if let Some(took) = took.get(at).filter(|took| **took > options.slow) {
            let message = format!("it took {took:.1?} when it was tried, more than {:.1?}", options.slow);
            let remedy = "apply it at a quiet hour, or make it stepwise";
            findings.push(phase.warning(FindingCode::Slow, step, message, remedy));
        }
    }
    findings
}
