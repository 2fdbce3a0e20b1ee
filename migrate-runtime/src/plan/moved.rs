//! What is to be done about migrations that changed hands between two modules.

use std::collections::BTreeMap;

use migrate_core::{Checksum, Compatibility, Migration, Migrations, Moved, Version};

use crate::handover::{Origin, Seal};
use crate::ledger::{Row, Status};
use crate::order::Modules;
use crate::refusal::Refusal;

/// What a step does besides recording its migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It runs the migration, and with it takes the place of one that another module had before, where nothing of that is
    /// recorded.
    Run { claim: Option<Origin> },
    /// Nothing: the migration is another module's, which has applied it. Older binaries are told what they expect, or that
    /// they are to keep out.
    Leave { seal: Seal, compatibility: Compatibility, to: &'static str },
    /// Nothing: the migration was applied when it was another module's, from a text with this checksum.
    TakeOver { origin: Origin, checksum: Checksum },
}

/// Refuses a ledger that says of a migration which this binary holds that it was moved to another module.
pub(super) fn refuse_moved(module: &Migrations, recorded: &BTreeMap<Version, &Row>) -> Result<(), Refusal> {
    for (&version, row) in recorded {
        let is_ours = module.get(version).is_some_and(|migration| !migration.is_moved_away());
        if let Some(to) = row.moved_to().filter(|_| is_ours) {
            return Err(Refusal::MovedAway { module: row.module.clone(), version, to: to.to_owned() });
        }
    }
    Ok(())
}

/// What a step does that is not gone on with, given the row that its migration has, if any.
pub(super) fn action(
    modules: &Modules,
    place: (usize, usize),
    migration: &'static Migration,
    own: Option<&Row>,
    rows: &[Row],
) -> Result<Action, Refusal> {
    let mut handovers = modules.handovers().iter();
    let origin = match migration.moved() {
        None => return Ok(Action::Run { claim: None }),
        Some(Moved::To(to)) => {
            let handover = handovers.find(|handover| handover.giver == Some(place));
            let receiver = handover.and_then(|handover| {
                let (module, at) = handover.receiver;
                modules.get(module)?.as_slice().get(at)
            });
            let compatibility = receiver.map_or(Compatibility::Compatible, Migration::compatibility);
            let seal = handover.map_or(Seal::Open, |handover| handover.seal);
            let to = handover.map_or(to.module(), |handover| handover.origin.receiver);
            return Ok(Action::Leave { seal, compatibility, to });
        }
        Some(Moved::From(_)) => handovers.find(|handover| handover.receiver == place).map(|handover| handover.origin),
    };
    let Some(origin) = origin else { return Ok(Action::Run { claim: None }) };
    // What is recorded under a name that the giving module had before is taken over first.
    let giver = modules.iter().find(|module| module.module() == origin.module);
    let names = giver.map_or(&[][..], |giver| giver.formerly());
    let is_origin = |row: &&Row| row.module == origin.module && row.version == origin.version;
    let is_former = |row: &&Row| names.contains(&row.module.as_str()) && row.version == origin.version;
    let former = || rows.iter().find(|row| is_former(row) && row.renamed_to().is_none() && row.is_in_place());
    let row = rows.iter().find(is_origin).or_else(former);
    let (module, version) = (origin.module.to_owned(), origin.version);
    let Some(row) = row else { return Ok(Action::Run { claim: Some(origin) }) };
    if row.is_begun() {
        return Err(Refusal::MovedUnfinished { module, version, to: origin.receiver.to_owned() });
    }
    match row.status {
        Status::Applied if row.moved_to().is_some() => Ok(Action::Run { claim: None }),
        // It was undone since, under this module: what the other row says is history.
        Status::Applied if own.is_some_and(|own| own.status == Status::RolledBack) => Ok(Action::Run { claim: None }),
        Status::Applied => Ok(Action::TakeOver { origin, checksum: row.checksum }),
        Status::Failed | Status::RolledBack => Ok(Action::Run { claim: Some(origin) }),
        Status::Running
        | Status::RunningStart
        | Status::ReadyToComplete
        | Status::RunningComplete
        | Status::RunningRollback
        | Status::Started
        | Status::Other(_) => Err(Refusal::Stuck { module, version, status: row.status.clone() }),
    }
}

/// The rows under which other modules had migrations that this one changes in a way that breaks those who know them there.
pub(crate) fn seals(modules: &Modules, (module, at): (usize, usize), migration: &Migration) -> Vec<Origin> {
    if migration.compatibility() == Compatibility::Compatible {
        return Vec::new();
    }
    let earlier = modules.handovers().iter().filter(|one| one.receiver.0 == module && one.receiver.1 < at);
    earlier.map(|handover| handover.origin).collect()
}
