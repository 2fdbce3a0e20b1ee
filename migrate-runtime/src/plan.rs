//! The planner: from migrations and ledger rows to what is to be done, without any I/O.

use std::collections::BTreeMap;

use migrate_core::{Checksum, Compatibility, Migration, Migrations, Version};
use serde::Serialize;

use crate::ledger::{Row, Status};
use crate::refusal::{DivergentPart, Refusal, Unknown, number};

/// What is to be done in one context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The migrations to apply, in order.
    pub(crate) steps: Vec<Step>,
    /// The modules of which the database knows later versions than this binary.
    pub(crate) ahead: Vec<Ahead>,
}

/// One migration to apply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) module: &'static str,
    pub(crate) migration: &'static Migration,
    /// The version before it in the chain, and its chain value: what must be recorded for the step to be right.
    pub(crate) predecessor: Option<(Version, Checksum)>,
    pub(crate) earlier: Earlier,
    /// The module, where this is its first migration and the context has nothing of it.
    pub(crate) fresh: Option<&'static Migrations>,
}

/// What an earlier attempt left in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// Nothing.
    NoRow,
    /// A row that says that nothing was kept, which the new attempt replaces.
    Row,
    /// The row of a stepwise migration, some of whose statements are committed: it is gone on with.
    Begun,
}

/// A module of which the database knows later versions than this binary, none of which break it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ahead {
    /// The module.
    pub module: String,
    /// The latest version that is applied.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// How many versions this binary does not know.
    pub by: usize,
}

/// Plans one context. The order of `rows` does not matter; the order of `modules` is the order of the steps.
pub(crate) fn plan(modules: &[&'static Migrations], rows: &[Row]) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    for module in modules {
        plan_module(module, rows, &mut plan)?;
    }
    Ok(plan)
}

fn plan_module(module: &'static Migrations, rows: &[Row], plan: &mut Plan) -> Result<(), Refusal> {
    let mut recorded = BTreeMap::new();
    for row in rows.iter().filter(|row| row.module == module.module()) {
        if recorded.insert(row.version, row).is_some() {
            let reason = format!("it holds two rows for V{} of {}", row.version, row.module);
            return Err(Refusal::Unreadable { reason });
        }
    }
    if let Some(row) = recorded.values().find(|row| matches!(row.status, Status::Started | Status::Other(_))) {
        return Err(Refusal::Stuck { module: row.module.clone(), version: row.version, status: row.status.clone() });
    }
    let is_untouched = recorded.is_empty();
    let is_in_place = |row: &Row| row.status == Status::Applied || row.is_begun();
    let last = recorded.values().filter(|row| is_in_place(row)).map(|row| row.version).max();

    let mut predecessor = None;
    for migration in module {
        let row = recorded.remove(&migration.version());
        match row {
            Some(row) if row.status == Status::Applied => same(module, migration, row)?,
            _ => {
                if let Some(later) = last.filter(|&last| last > migration.version()) {
                    return Err(Refusal::Missing {
                        module: module.module().to_owned(),
                        version: migration.version(),
                        file: migration.file().to_owned(),
                        later,
                    });
                }
                let earlier = match row {
                    None => Earlier::NoRow,
                    Some(row) if row.is_begun() => {
                        same(module, migration, row)?;
                        Earlier::Begun
                    }
                    Some(_) => Earlier::Row,
                };
                let fresh = (is_untouched && predecessor.is_none()).then_some(module);
                let fresh = fresh.filter(|module| module.fresh().is_some());
                plan.steps.push(Step { module: module.module(), migration, predecessor, earlier, fresh });
            }
        }
        predecessor = Some((migration.version(), migration.chain()));
    }

    // What is left is unknown to this binary. Undone or failed, it is as if it had never been.
    recorded.retain(|_, row| is_in_place(row));
    unknown(module, &recorded, plan)
}

/// Checks that a migration that is applied, or begun, is the one that this binary holds.
fn same(module: &Migrations, migration: &Migration, row: &Row) -> Result<(), Refusal> {
    let (part, recorded, embedded) = if row.checksum != migration.checksum() {
        (DivergentPart::Checksum, row.checksum, migration.checksum())
    } else if row.chain != migration.chain() {
        (DivergentPart::Chain, row.chain, migration.chain())
    } else {
        return Ok(());
    };
    Err(Refusal::Divergent {
        module: module.module().to_owned(),
        version: migration.version(),
        part,
        recorded,
        embedded: Some(embedded),
    })
}

fn unknown(module: &Migrations, rows: &BTreeMap<Version, &Row>, plan: &mut Plan) -> Result<(), Refusal> {
    let Some((&latest, _)) = rows.last_key_value() else { return Ok(()) };
    if let Some(row) = rows.values().find(|row| module.last().is_some_and(|last| row.version < last.version())) {
        return Err(Refusal::Divergent {
            module: row.module.clone(),
            version: row.version,
            part: DivergentPart::Checksum,
            recorded: row.checksum,
            embedded: None,
        });
    }
    let breaking = rows.values().filter(|row| row.compatibility == Compatibility::Breaking);
    let breaking: Vec<_> = breaking.map(|row| Unknown { version: row.version, name: row.name.clone() }).collect();
    if !breaking.is_empty() {
        return Err(Refusal::Incompatible { module: module.module().to_owned(), versions: breaking });
    }
    plan.ahead.push(Ahead { module: module.module().to_owned(), version: latest, by: rows.len() });
    Ok(())
}

#[cfg(test)]
mod tests;
