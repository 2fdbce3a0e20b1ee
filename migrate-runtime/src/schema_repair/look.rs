//! Reading what a plan is made from: the schema, the ledger, the lease, and the rows that are concerned.

use std::collections::BTreeMap;

use migrate_core::{Catalog, Migration, Object, ObjectKind, Version};
use serde_json::Value;

use super::error::SchemaRepairError;
use super::history::{History, Impossible, history};
use super::ledger::{Holder, LEASE, LEDGER, Recorded};
use super::obstacle::SchemaRepairObstacle;
use super::options::SchemaRepairOptions;
use super::plan::SchemaRepairPlan;
use super::risk::{Asked, losses};
use super::scope::Scope;
use super::statement::{SchemaRepairAction, SchemaRepairStatement};
use super::way::{Map, secrets};
use crate::Database;
use crate::backoff::Backoff;
use crate::compare::Until;
use crate::context::Context;
use crate::counted::Counted;
use crate::drift::Expected;
use crate::live::{LiveSchemaError, Rows, Unmanaged, differences, read};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::undo::{Count, Uncounted, clearing, count};

/// What is read in the same moment as the schema, and what the mark is over.
pub(super) const READ: [Rows; 2] = [LEDGER, LEASE];

/// What was seen of a context, and what follows from it.
pub(super) struct Seen {
    pub(super) plan: SchemaRepairPlan,
    pub(super) history: History,
    pub(super) holder: Holder,
    /// A digest of the schema, the ledger and the lease.
    pub(super) mark: String,
    /// The records that a replica would create to apply something on top of what is recorded now.
    pub(super) above: Vec<(String, Version)>,
}

/// Looks and plans, until there is an answer or no further try.
pub(super) async fn look(
    migrator: &Migrator,
    database: &Counted<impl Database>,
    context: &Context,
    options: &SchemaRepairOptions,
    owner: &str,
    backoff: &mut Backoff,
) -> Result<Seen, SchemaRepairError> {
    let modules = &migrator.applier.modules;
    let impossible = |obstacles| SchemaRepairError::Impossible { context: context.clone(), obstacles };
    loop {
        let look = read(migrator, database, context, &READ, backoff).await?;
        let ledger = Recorded::read_all(&look.rows[LEDGER.table])
            .map_err(|reason| SchemaRepairError::LedgerUnreadable { context: context.clone(), reason })?;
        let holder = Holder::read(&look.rows[LEASE.table]);
        let history = history(modules, &ledger, options.to.as_ref()).map_err(|why| match why {
            Impossible::Usage(error) => error,
            Impossible::Obstacles(obstacles) => impossible(obstacles),
        })?;
        if let Some(by) = holder.other_than(owner) {
            return Err(impossible(vec![SchemaRepairObstacle::Busy { by: by.to_owned() }]));
        }
        let unmanaged = options.unmanaged.clone().and(Unmanaged::declared(modules));
        let scope = Scope::new(modules, &history.position, &unmanaged);
        let expected = Expected::new(modules).at(&history.position);
        let live = scope.of(&look.catalog);
        let differences = differences(&expected, &live);
        let mut asked = Asked::of(&differences);
        if let Err(why) = rows_of(database, context, &mut asked, &look.catalog).await? {
            again(migrator, context, backoff, why).await?;
            continue;
        }
        let is_applied = |module: &'static str, version| {
            let until = modules.iter().zip(&history.position.applied).find(|(one, _)| one.module() == module);
            matches!(until, Some((_, Until::Version(last))) if version <= *last)
        };
        let (secrets, filled) = (secrets(modules, is_applied), asked.filled());
        let map = Map { expected: &expected, live: &live, secrets: &secrets, filled: &filled };
        let way = map.way(&differences).map_err(impossible)?;
        let losses = losses(&differences, &asked, &live, &history.repairs);
        let plan = SchemaRepairPlan {
            context: context.clone(),
            to: options.to.clone(),
            unmanaged: options.unmanaged.clone(),
            versions: versions(migrator, &history),
            way,
            clearing: cleared(&asked, &look.catalog),
            losses,
            ledger: history.repairs.clone(),
            strangers: scope.strangers(&look.catalog),
            differences,
        };
        let above = above(migrator, &ledger);
        return Ok(Seen { plan, history, holder, mark: look.mark, above });
    }
}

/// Waits before the next look.
pub(super) async fn again(
    migrator: &Migrator,
    context: &Context,
    backoff: &mut Backoff,
    why: String,
) -> Result<(), SchemaRepairError> {
    if let Err(given_up) = backoff.again() {
        let reason = format!("{context} was given up {given_up}; the last try met: {why}");
        return Err(SchemaRepairError::Unavailable { reason });
    }
    migrator.emit(Event::Waiting { contexts: std::slice::from_ref(context), reason: &why, tries: backoff.tries() });
    backoff.pause().await;
    Ok(())
}

/// Counts the rows that are concerned, all in one query. The inner error says why it is to be asked again.
async fn rows_of(
    database: &Counted<impl Database>,
    context: &Context,
    asked: &mut Asked,
    live: &Catalog,
) -> Result<Result<(), String>, SchemaRepairError> {
    let rows = Count::of([&asked.goes, &asked.others].into_iter(), live);
    if rows.is_empty() {
        return Ok(Ok(()));
    }
    let unavailable = |reason| LiveSchemaError::Unavailable { context: context.clone(), reason };
    let counted: Value = match count(database, context, &rows).await {
        Ok(counted) => counted,
        Err(Uncounted::Again(why)) => return Ok(Err(why)),
        Err(Uncounted::Refused(reason)) => return Err(unavailable(reason).into()),
    };
    rows.fill(&counted, [&mut asked.goes, &mut asked.others].into_iter()).map_err(unavailable)?;
    Ok(Ok(()))
}

/// The statements that take values out of the rows of which the fields go.
fn cleared(asked: &Asked, live: &Catalog) -> Vec<SchemaRepairStatement> {
    let tables = clearing(asked.goes.goes(), live);
    let statement = |(table, text): (String, String)| {
        let text = text.trim_end().trim_end_matches(';').to_owned();
        SchemaRepairStatement::new(&Object::new(ObjectKind::Table, table), SchemaRepairAction::Clear, text)
    };
    tables.into_iter().map(statement).collect()
}

/// Every module of which anything is recorded afterwards, with its version.
fn versions(migrator: &Migrator, history: &History) -> Vec<(&'static str, Version)> {
    let modules = migrator.applier.modules.iter().zip(&history.position.applied);
    let version = |until: &Until| match until {
        Until::Version(version) => Some(*version),
        Until::Nothing | Until::Last => None,
    };
    modules.filter_map(|(module, until)| Some((module.module(), version(until)?))).collect()
}

/// For each module the row that would come next.
fn above(migrator: &Migrator, ledger: &[Recorded]) -> Vec<(String, Version)> {
    let mut latest: BTreeMap<&str, Version> = BTreeMap::new();
    for row in ledger.iter().map(|one| &one.row).filter(|row| row.is_in_place()) {
        let version = latest.entry(&row.module).or_insert(row.version);
        *version = row.version.max(*version);
    }
    let modules = migrator.applier.modules.iter();
    let next = modules.filter_map(|module| {
        let next = match latest.get(module.module()) {
            None => module.iter().next().map(Migration::version),
            Some(latest) => {
                let known = module.iter().map(Migration::version).find(|version| version > latest);
                known.or_else(|| latest.next())
            }
        };
        Some((module.module().to_owned(), next?))
    });
    next.collect()
}
