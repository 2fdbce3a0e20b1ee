use std::collections::BTreeMap;

use migrate_core::{Compatibility, Migration, Migrations, Version};
use serde::Serialize;

use super::Plan;
use crate::ledger::Row;
use crate::refusal::{DivergentPart, Refusal, Unknown, number};

/// A module of which the database has later versions than this binary would apply, none of which break it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ahead {
    /// The module.
    pub module: String,
    /// The latest version that is applied.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// How many versions it is ahead by.
    pub by: usize,
    /// How many of those this binary knows, and was told [not to apply](crate::Migrator::until).
    pub known: usize,
}

/// What a context has of a module behind the last migration that is wanted, and this binary knows.
#[derive(Clone, Copy, Default)]
pub(super) struct Beyond {
    known: usize,
    latest: Option<Version>,
}

impl Beyond {
    /// Adds the next one.
    pub(super) fn add(&mut self, migration: &Migration) {
        self.known += 1;
        self.latest = Some(migration.version());
    }
}

/// Notes that a database is ahead, by these rows that this binary does not know and what lies beyond; refuses it where that breaks this binary.
pub(super) fn unknown(
    module: &Migrations,
    rows: &BTreeMap<Version, &Row>,
    Beyond { known, latest }: Beyond,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let Some(latest) = rows.keys().next_back().copied().max(latest) else { return Ok(()) };
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
    plan.ahead.push(Ahead { module: module.module().to_owned(), version: latest, by: rows.len() + known, known });
    Ok(())
}
