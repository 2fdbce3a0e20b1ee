//! Whether what is recorded is what this binary holds, or accepts in its place.

use migrate_core::{Checksum, Link, Migration, Migrations};

use super::Plan;
use super::moved::Action;
use crate::ledger::Row;
use crate::refusal::{DivergentPart, Refusal};
use crate::upkeep::Corrected;

/// Checks that a migration that is applied, or begun, is the one that this binary holds, or one that it accepts in its place.
/// Returns the chain value that is recorded.
pub(super) fn same(
    module: &'static Migrations,
    migration: &'static Migration,
    predecessor: Option<Checksum>,
    row: &Row,
    plan: &mut Plan,
) -> Result<Checksum, Refusal> {
    // A row that seals a migration which was moved away says nothing of its text.
    let is_sealed = row.moved_to().is_some();
    let is_own = row.checksum == migration.checksum() || is_sealed;
    let links = migration.links().iter();
    let mut accepted = links.filter(|link| link.checksum() == row.checksum || is_sealed).peekable();
    if !is_own && accepted.peek().is_none() {
        return Err(divergent(module, migration, DivergentPart::Checksum, row.checksum));
    }
    // Its own chain value counts behind its own history alone: behind another one, somebody has put it together.
    let before = module.place_of(migration.version()).checked_sub(1);
    let own = before.and_then(|before| module.as_slice().get(before)).map(Migration::chain);
    let is_own_history = is_own && predecessor == own && row.chain == migration.chain();
    if !is_own_history && !accepted.any(|link| link.predecessor() == predecessor && link.chain() == row.chain) {
        return Err(divergent(module, migration, DivergentPart::Chain, row.chain));
    }
    if !is_own && row.accepted != Some(migration.checksum()) {
        plan.corrections.push(Corrected { module: module.module(), migration, recorded: row.checksum });
    }
    Ok(row.chain)
}

/// The chain value of a migration behind a history that may be an accepted one.
pub(super) fn chain_behind(
    migration: &Migration,
    predecessor: Option<Checksum>,
    action: &Action,
) -> Result<Checksum, Refusal> {
    let (checksum, origin) = match action {
        Action::TakeOver { origin, checksum } => (*checksum, Some(origin)),
        Action::Run { .. } | Action::Leave { .. } => (migration.checksum(), None),
    };
    let fits = |link: &&Link| link.predecessor() == predecessor && link.checksum() == checksum;
    match (migration.links().iter().find(fits), origin) {
        (Some(link), _) => Ok(link.chain()),
        (None, Some(origin)) if checksum != migration.checksum() => Err(Refusal::Divergent {
            module: origin.module.to_owned(),
            version: origin.version,
            part: DivergentPart::Checksum,
            recorded: checksum,
            embedded: Some(migration.checksum()),
        }),
        (None, _) => Ok(migration.chain()),
    }
}

pub(super) fn divergent(
    module: &Migrations,
    migration: &Migration,
    part: DivergentPart,
    recorded: Checksum,
) -> Refusal {
    let embedded = match part {
        DivergentPart::Checksum => migration.checksum(),
        DivergentPart::Chain => migration.chain(),
    };
    let (module, version) = (module.module().to_owned(), migration.version());
    Refusal::Divergent { module, version, part, recorded, embedded: Some(embedded) }
}
