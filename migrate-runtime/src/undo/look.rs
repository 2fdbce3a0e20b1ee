//! Reading what a plan is made from: the schema, the ledger, and the rows that would go.

use std::collections::BTreeMap;

use migrate_core::{Catalog, Version};
use serde_json::{Map, Value};

use super::decide::{Undecided, decide, find, is_there};
use super::error::UndoError;
use super::impact::Count;
use super::ledger::{LEASE, LEDGER, Recorded, Stand};
use super::plan::{UndoPlan, UndoStep};
use super::target::UndoTarget;
use crate::backoff::Backoff;
use crate::context::Context;
use crate::counted::Counted;
use crate::live::{LiveSchemaError, read};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::order::Modules;
use crate::plan::Stranger;
use crate::probe::is_in;
use crate::{Database, QueryError, StatementErrorKind};

/// What was seen of a context at one moment.
pub(super) struct Seen {
    pub(super) live: Catalog,
    pub(super) ledger: Vec<Recorded>,
    /// Who holds the lease of stepwise migrations.
    holder: Option<String>,
}

/// Reads the schema and the ledger, until there is an answer or no further try.
pub(super) async fn look(
    migrator: &Migrator,
    database: &Counted<impl Database>,
    context: &Context,
    backoff: &mut Backoff,
) -> Result<Seen, UndoError> {
    let look = read(migrator, database, context, &[LEDGER, LEASE], backoff).await?;
    let ledger = Recorded::read_all(&look.rows[LEDGER.table])
        .map_err(|reason| UndoError::LedgerUnreadable { context: context.clone(), reason })?;
    let holder = look.rows[LEASE.table].as_str().map(ToOwned::to_owned);
    Ok(Seen { live: look.catalog, ledger, holder })
}

/// Makes a plan.
pub(super) async fn plan(
    migrator: &Migrator,
    database: &Counted<impl Database>,
    context: &Context,
    target: UndoTarget,
) -> Result<UndoPlan, UndoError> {
    let modules = &migrator.applier.modules;
    let mut backoff = migrator.patience.begin(database.silence());
    loop {
        let seen = look(migrator, database, context, &mut backoff).await?;
        let decided = decide(modules, &seen.ledger, &target, seen.holder.as_deref());
        let decided = decided.map_err(|why| undecided(context, why))?;
        let mut steps: Vec<_> = decided.iter().map(|one| UndoStep::new(modules, one, &seen.live)).collect();
        let count = Count::of(steps.iter().map(|step| &step.impact), &seen.live);
        let counted = if count.is_empty() { Ok(Value::Null) } else { self::count(database, context, &count).await };
        let why = match counted {
            Ok(counted) => {
                let filled = count.fill(&counted, steps.iter_mut().map(|step| &mut step.impact));
                filled.map_err(|reason| unavailable(context, reason))?;
                steps.iter_mut().for_each(UndoStep::judge);
                let not_in_this_binary = unknown(modules, &seen.ledger, &steps);
                let (context, stand) = (context.clone(), Stand::of(&seen.ledger));
                return Ok(UndoPlan { context, target, steps, not_in_this_binary, stand });
            }
            Err(Uncounted::Refused(reason)) => return Err(unavailable(context, reason)),
            Err(Uncounted::Again(why)) => why,
        };
        backoff
            .again()
            .map_err(|given_up| unavailable(context, format!("it was given up {given_up}; the last try met: {why}")))?;
        let contexts = std::slice::from_ref(context);
        migrator.emit(Event::Waiting { contexts, reason: &why, tries: backoff.tries() });
        backoff.pause().await;
    }
}

/// What stays of what this binary does not know, by module: whether it needs what goes cannot be told.
fn unknown(modules: &Modules, ledger: &[Recorded], steps: &[UndoStep]) -> Vec<Stranger> {
    let stays = |one: &&Recorded| {
        let is_real = one.row.renamed_to().is_none() && !one.row.is_placeholder();
        let goes = steps.iter().any(|step| step.module == one.row.module && step.version == one.row.version);
        is_there(one) && is_real && !goes && find(modules, one).is_none()
    };
    let mut latest: BTreeMap<&str, Version> = BTreeMap::new();
    for one in ledger.iter().filter(stays) {
        let version = latest.entry(&one.row.module).or_insert(one.row.version);
        *version = one.row.version.max(*version);
    }
    let stranger = |(module, version): (&str, _)| Stranger { module: module.to_owned(), version };
    latest.into_iter().map(stranger).collect()
}

/// Why rows were not counted.
pub(crate) enum Uncounted {
    Again(String),
    Refused(String),
}

/// Counts the rows of everything that is asked for, in one query.
pub(crate) async fn count(database: &impl Database, context: &Context, count: &Count) -> Result<Value, Uncounted> {
    let text = format!("{}\n{};\n", context.use_statement(), count.expression());
    let reply = match database.query(text, Map::new()).await {
        Ok(reply) => reply,
        Err(QueryError::Lost(why) | QueryError::Conflict(why)) => return Err(Uncounted::Again(why)),
        Err(error) => return Err(Uncounted::Refused(error.to_string())),
    };
    let mut results = reply.0.into_iter();
    match (results.next(), results.next()) {
        (Some(Ok(entered)), _) if !is_in(context, &entered) => {
            Err(Uncounted::Refused(format!("the session is in {entered}")))
        }
        (Some(Ok(_)), Some(Ok(counted))) => Ok(counted),
        (Some(Err(error)), _) | (_, Some(Err(error))) => match error.kind {
            // Somebody has removed what was there a moment ago.
            StatementErrorKind::Conflict | StatementErrorKind::NoSuchTable | StatementErrorKind::NoSuchContext => {
                Err(Uncounted::Again(error.message))
            }
            _ => Err(Uncounted::Refused(error.message)),
        },
        _ => Err(Uncounted::Again("the database gave fewer results than there were statements".to_owned())),
    }
}

fn undecided(context: &Context, why: Undecided) -> UndoError {
    let context = context.clone();
    match why {
        Undecided::NoSuchModule(module) => UndoError::NoSuchModule { context, module },
        Undecided::NoSuchVersion { module, version, latest } => {
            UndoError::NoSuchVersion { context, module, version, latest }
        }
        Undecided::Impossible(obstacles) => UndoError::Impossible { context, obstacles },
    }
}

fn unavailable(context: &Context, reason: String) -> UndoError {
    UndoError::Schema(LiveSchemaError::Unavailable { context: context.clone(), reason })
}
