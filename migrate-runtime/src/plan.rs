//! The planner: from migrations and ledger rows to what is to be done, without any I/O.

mod moved;

use std::collections::BTreeMap;

use migrate_core::{
    Checksum, Compatibility, Fresh, Link, Migration, Migrations, Mode, Moved, Phase, Requirement, Version,
};
use serde::Serialize;

use crate::handover::{Origin, is_called};
use crate::ledger::{Row, Status};
use crate::order::{Modules, PhasedStarts};
use crate::phased::PhasedState;
use crate::refusal::{DivergentPart, Refusal, Unknown, number};
use crate::upkeep::{Corrected, Rename};

pub(crate) use self::moved::{Action, seals};

/// What is to be done in one context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// What was recorded under names that modules had before, and has to be taken over first. The steps are planned as if it
    /// were.
    pub(crate) renames: Vec<Rename>,
    /// What was applied from a text that was corrected since, where that is not on record yet.
    pub(crate) corrections: Vec<Corrected>,
    /// The migrations to apply, in order.
    pub(crate) steps: Vec<Step>,
    /// The modules of which the database knows later versions than this binary.
    pub(crate) ahead: Vec<Ahead>,
    /// The modules of which the database has migrations and which this binary does not have.
    pub(crate) strangers: Vec<Stranger>,
    /// The phased migrations that are not completed, once the steps are done.
    pub(crate) incomplete: Vec<Incomplete>,
}

/// A phased migration that is not completed in a context, which can be served all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Incomplete {
    /// Its module.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub state: PhasedState,
    /// How many later migrations wait for its completion, those of modules that require one of them included.
    pub waiting: usize,
}

/// A module that a database knows and this binary does not have: it was dropped, or another binary shares the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stranger {
    /// The module, as recorded.
    pub module: String,
    /// The latest of its versions that is applied.
    #[serde(serialize_with = "number")]
    pub version: Version,
}

/// One migration to apply.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) module: &'static str,
    /// The names that the module had before.
    pub(crate) formerly: &'static [&'static str],
    pub(crate) migration: &'static Migration,
    /// The chain value to record: that of this migration behind what is recorded before it.
    pub(crate) chain: Checksum,
    /// The version before it in the chain, and its chain value: what must be recorded for the step to be right.
    pub(crate) predecessor: Option<(Version, Checksum)>,
    /// What has to be recorded of other modules.
    pub(crate) needs: Vec<Need>,
    pub(crate) earlier: Earlier,
    pub(crate) action: Action,
    /// The rows, under other modules, that have to keep older binaries out from now on.
    pub(crate) seals: Vec<Origin>,
    /// The module, where this is its first migration, the context has nothing of it, and nothing of another module comes
    /// between the migrations that its definitions stand for.
    pub(crate) fresh: Option<&'static Migrations>,
    /// Which phases of a phased migration are run; none of any other.
    pub(crate) phases: &'static [Phase],
    /// Whether a phased migration is applied in all phases, as the context has nothing of its module.
    pub(crate) at_once: bool,
}

/// A migration of another module that has to be recorded, with its chain value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) module: &'static str,
    pub(crate) version: Version,
    pub(crate) chain: Checksum,
}

/// What an earlier attempt left in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// Nothing.
    NoRow,
    /// A row that says that nothing was kept, which the new attempt replaces.
    Row,
    /// A row that only keeps others from applying the migration under a module that it was moved away from.
    Placeholder,
    /// The row of a stepwise migration, some of whose statements are committed: it is gone on with.
    Begun,
}

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

/// Plans one context. The order of `rows` does not matter; the steps are in the order of the modules' migrations.
pub(crate) fn plan(modules: &Modules, rows: &[Row]) -> Result<Plan, Refusal> {
    let mut plan = Plan { strangers: strangers(modules, rows), ..Plan::default() };
    let mut planned: Vec<_> = modules
        .wanted()
        .enumerate()
        .map(|(module, (_, wanted))| plan_module(modules, module, wanted.len(), rows, &mut plan))
        .collect::<Result<_, _>>()?;
    if planned.iter().all(|planned| planned.steps.is_empty()) {
        return Ok(plan);
    }
    for turn in modules.turns() {
        let step = planned.get_mut(turn.module).and_then(|planned| planned.steps.remove(&turn.at));
        let Some(mut step) = step else { continue };
        // What needs a migration that waits, waits as well, and so does what comes behind it in its module.
        let held = |&(other, at): &(usize, usize)| {
            let (first, incomplete) = planned.get(other)?.held?;
            (at >= first).then_some(incomplete)
        };
        let own = planned.get(turn.module).and_then(|planned| planned.held).filter(|(first, _)| turn.at > *first);
        if let Some(incomplete) = own.map(|(_, incomplete)| incomplete).or_else(|| turn.needs.iter().find_map(held)) {
            if let (None, Some(planned)) = (own, planned.get_mut(turn.module)) {
                planned.held = Some((turn.at, incomplete));
            }
            if let Some(incomplete) = plan.incomplete.get_mut(incomplete) {
                incomplete.waiting += 1;
            }
            continue;
        }
        let need = |&(other, at): &(usize, usize)| {
            let (module, chain) = (modules.get(other)?, *planned.get(other)?.chains.get(at)?);
            Some(Need { module: module.module(), version: module.as_slice().get(at)?.version(), chain })
        };
        step.needs = turn.needs.iter().filter_map(need).collect();
        plan.steps.push(step);
    }
    for at in 0..plan.steps.len() {
        let Some(module) = plan.steps[at].fresh else { continue };
        let covered = module.fresh().map_or(0, Fresh::migrations);
        let together = plan.steps[at..].iter().take_while(|step| step.module == module.module()).count();
        let mut all = plan.steps[at..].iter().take(covered);
        if together < covered || all.any(|step| step.migration.moved().is_some()) {
            plan.steps[at].fresh = None;
        }
    }
    Ok(plan)
}

/// What a context has of a module behind the last migration that is wanted, and this binary knows.
#[derive(Clone, Copy, Default)]
struct Beyond {
    known: usize,
    latest: Option<Version>,
}

/// What is planned for one module.
struct Planned {
    /// Each under the place of its migration in the chain.
    steps: BTreeMap<usize, Step>,
    /// The chain value of each migration, as it is recorded or will be.
    chains: Vec<Checksum>,
    /// The first migration that is not done when the steps are, and which of the incomplete ones is in the way.
    held: Option<(usize, usize)>,
}

/// The rows of a name, by version.
fn rows_of<'a>(module: &str, rows: &'a [Row]) -> Result<BTreeMap<Version, &'a Row>, Refusal> {
    let mut recorded = BTreeMap::new();
    for row in rows.iter().filter(|row| row.module == module) {
        if recorded.insert(row.version, row).is_some() {
            let reason = format!("it holds two rows for V{} of {}", row.version, row.module);
            return Err(Refusal::Unreadable { reason });
        }
    }
    Ok(recorded)
}

/// Adds what is recorded under names that the module had before, and notes what has to be written for that.
fn take_over<'a>(
    module: &'static Migrations,
    rows: &'a [Row],
    recorded: &mut BTreeMap<Version, &'a Row>,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    for &formerly in module.formerly() {
        let mut before = rows_of(formerly, rows)?;
        let is_marked = before.values().any(|row| row.renamed_to().is_some());
        // Of what was undone or failed, nothing is there that could be taken over.
        before.retain(|_, row| {
            row.renamed_to().is_none() && !matches!(row.status, Status::Failed | Status::RolledBack) || row.is_begun()
        });
        let last = before.keys().next_back().copied();
        let next = module.iter().map(Migration::version).find(|&version| last.is_none_or(|last| last < version));
        let next = next.or_else(|| last.and_then(Version::next)).filter(|_| !is_marked);
        before.retain(|version, _| !recorded.contains_key(version));
        if next.is_some() || !before.is_empty() {
            let versions = before.keys().copied().collect();
            plan.renames.push(Rename { module: module.module(), formerly, versions, marker: next });
        }
        recorded.extend(before);
    }
    Ok(())
}

/// The modules in the ledger that are not, and were not formerly, one of these.
pub(crate) fn strangers(modules: &Modules, rows: &[Row]) -> Vec<Stranger> {
    let is_known = |name: &str| modules.iter().any(|one| is_called(one, name));
    let mut latest: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_in_place() && !is_known(&row.module)) {
        let latest = latest.entry(&row.module).or_insert(row);
        if latest.version < row.version {
            *latest = row;
        }
    }
    // One that ends in a row which stands for no text goes on under another name.
    let latest = latest.into_values().filter(|row| row.chain != Row::MARKER);
    latest.map(|row| Stranger { module: row.module.clone(), version: row.version }).collect()
}

/// What is to be done for one module, of which the first `end` migrations are wanted.
fn plan_module(modules: &Modules, index: usize, end: usize, rows: &[Row], plan: &mut Plan) -> Result<Planned, Refusal> {
    let module = modules[index];
    let mut recorded = rows_of(module.module(), rows)?;
    take_over(module, rows, &mut recorded, plan)?;
    // What was begun under a name that the module has no longer is told of by the row that was left behind; who does not know
    // that migration can go on as long as it breaks nothing.
    let is_elsewhere = |row: &Row| row.is_under_another_name() && module.get(row.version).is_none();
    let is_stuck = |row: &&&Row| matches!(row.status, Status::Started | Status::Other(_)) && !is_elsewhere(row);
    if let Some(row) = recorded.values().find(is_stuck) {
        return Err(Refusal::Stuck { module: row.module.clone(), version: row.version, status: row.status.clone() });
    }
    for row in recorded.values().filter(|row| module.get(row.version).is_some()) {
        if let Some(renamed_to) = row.renamed_to() {
            let (module, renamed_to) = (row.module.clone(), renamed_to.to_owned());
            return Err(Refusal::Renamed { module, version: row.version, renamed_to });
        }
    }
    moved::refuse_moved(module, &recorded)?;
    let is_untouched = recorded.is_empty();
    let in_place = recorded.values().filter(|row| row.is_in_place() && !row.is_placeholder());
    let last = in_place.map(|row| row.version).max();

    let mut steps = BTreeMap::new();
    let mut chains = Vec::with_capacity(module.len());
    let mut beyond = Beyond::default();
    let mut predecessor: Option<(Version, Checksum)> = None;
    let mut held = None;
    for (at, migration) in module.iter().enumerate() {
        let behind = predecessor.map(|(_, chain)| chain);
        let row = recorded.remove(&migration.version());
        if at >= end && row.is_some_and(|row| row.is_in_place() && !row.is_placeholder()) {
            beyond.known += 1;
            beyond.latest = Some(migration.version());
        }
        let chain = match row {
            Some(row) if row.status == Status::Applied && !row.is_placeholder() => {
                same(module, migration, behind, row, plan)?
            }
            _ => {
                if let Some(later) = last.filter(|&last| last > migration.version()) {
                    return Err(Refusal::Missing {
                        module: module.module().to_owned(),
                        version: migration.version(),
                        file: migration.file().to_owned(),
                        later,
                    });
                }
                let is_phased = migration.mode() == Mode::Phased;
                let is_strange =
                    |row: &&&Row| if is_phased { row.status == Status::Running } else { row.is_in_phases() };
                // Of what another module has now, nothing is left here that could say.
                if let Some(row) = row.as_ref().filter(is_strange).filter(|_| !migration.is_moved_away()) {
                    let (module, version, status) = (row.module.clone(), row.version, row.status.clone());
                    return Err(Refusal::Stuck { module, version, status });
                }
                let (earlier, action, chain) = begin(modules, (index, at), behind, row, rows, plan)?;
                let fresh = (is_untouched && predecessor.is_none()).then_some(module);
                let fresh = fresh.filter(|module| module.fresh().is_some());
                let is_new_ground = is_untouched && is_phased && is_untrodden(modules, index, rows);
                let (module, formerly, needs) = (module.module(), module.formerly(), Vec::new());
                // What was taken back since may have rows of whoever was served without it.
                let was_at_once = |row: &Row| row.at_once && row.status != Status::RolledBack;
                let at_once = is_new_ground || (is_phased && row.is_some_and(was_at_once));
                let state = row.map_or(PhasedState::Pending, Row::phased_state);
                let phases = if is_phased { phases(state, at_once, modules.starts_of(index, at)) } else { &[] };
                // A start breaks nobody.
                let breaks = !is_phased || phases.last() == Some(&Phase::Complete);
                let seals = if breaks { seals(modules, (index, at), migration) } else { Vec::new() };
                if at < end && is_phased && phases.last() != Some(&Phase::Complete) {
                    // What is begun now is ready when the steps are done.
                    let state = if phases.is_empty() { state } else { PhasedState::ReadyToComplete };
                    let (module, version, name) = (module.to_owned(), migration.version(), migration.name());
                    held = held.or(Some((at, plan.incomplete.len())));
                    if held.is_some_and(|(first, _)| first == at) {
                        plan.incomplete.push(Incomplete { module, version, name, state, waiting: 0 });
                    }
                }
                if at < end && (!is_phased || !phases.is_empty()) {
                    let step = Step {
                        module,
                        formerly,
                        migration,
                        chain,
                        predecessor,
                        needs,
                        earlier,
                        action,
                        seals,
                        fresh,
                        phases,
                        at_once,
                    };
                    steps.insert(at, step);
                }
                chain
            }
        };
        chains.push(chain);
        predecessor = Some((migration.version(), chain));
    }

    // What is left is unknown to this binary. Undone or failed, it is as if it had never been.
    recorded.retain(|_, row| row.is_in_place());
    unknown(module, &recorded, beyond, plan)?;
    Ok(Planned { steps, chains, held })
}

/// Whether nobody can have written rows which a migration of this module concerns, as there is nothing either of what the module
/// requires or has migrations from: tables may have rows of binaries that know nothing of this module.
fn is_untrodden(modules: &Modules, index: usize, rows: &[Row]) -> bool {
    let handovers = modules.handovers().iter().filter(|handover| handover.receiver.0 == index);
    let mut names: Vec<&str> = handovers.map(|handover| handover.origin.module).collect();
    let mut next = vec![modules[index]];
    while let Some(module) = next.pop() {
        let own = module.iter().flat_map(Migration::requires);
        for required in module.requires().iter().chain(own).map(Requirement::module) {
            if !names.contains(&required) {
                names.push(required);
                next.extend(modules.iter().copied().filter(|other| is_called(other, required)));
            }
        }
    }
    let known: Vec<_> = modules.iter().filter(|other| names.iter().any(|name| is_called(other, name))).collect();
    let concerns =
        |row: &&Row| names.contains(&&*row.module) || known.iter().any(|other| is_called(other, &row.module));
    !rows.iter().filter(concerns).any(|row| row.is_in_place() && !row.is_placeholder())
}

/// Which phases of a phased migration are run by a binary that starts.
const fn phases(state: PhasedState, at_once: bool, starts: PhasedStarts) -> &'static [Phase] {
    use PhasedState::{CompleteFailed, Completing, Pending, ReadyToComplete, RolledBack, StartFailed, Starting};
    match (state, at_once, starts) {
        // No older binary has ever seen this module here.
        (Pending | RolledBack | Starting | StartFailed, true, _) => &[Phase::Start, Phase::Complete],
        (ReadyToComplete | Completing | CompleteFailed, true, _) => &[Phase::Complete],
        (Pending | RolledBack | Starting | StartFailed, false, PhasedStarts::Run) => &[Phase::Start],
        _ => &[],
    }
}

/// What is to be done about a migration that is not applied, given its row, if it has one; and the chain value to record.
fn begin(
    modules: &Modules,
    (index, at): (usize, usize),
    behind: Option<Checksum>,
    row: Option<&Row>,
    rows: &[Row],
    plan: &mut Plan,
) -> Result<(Earlier, Action, Checksum), Refusal> {
    let module = modules[index];
    let migration = &module.as_slice()[at];
    if let Some(row) = row.filter(|row| row.is_begun()) {
        if let Some(Moved::To(to)) = migration.moved() {
            let (module, version) = (module.module().to_owned(), migration.version());
            return Err(Refusal::MovedUnfinished { module, version, to: to.module().to_owned() });
        }
        // It is gone on with by its cursor, which counts the statements of the very text.
        if row.checksum != migration.checksum() {
            return Err(divergent(module, migration, DivergentPart::Checksum, row.checksum));
        }
        let chain = same(module, migration, behind, row, plan)?;
        return Ok((Earlier::Begun, Action::Run { claim: None }, chain));
    }
    let action = moved::action(modules, (index, at), migration, row, rows)?;
    let earlier = match row {
        None => Earlier::NoRow,
        Some(row) if row.is_placeholder() => Earlier::Placeholder,
        Some(_) => Earlier::Row,
    };
    Ok((earlier, action, chain_behind(migration, behind, &action)?))
}

/// The chain value of a migration behind a history that may be an accepted one.
fn chain_behind(migration: &Migration, predecessor: Option<Checksum>, action: &Action) -> Result<Checksum, Refusal> {
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

/// Checks that a migration that is applied, or begun, is the one that this binary holds, or one that it accepts in its place.
/// Returns the chain value that is recorded.
fn same(
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
    let at = module.as_slice().partition_point(|before| before.version() < migration.version());
    let own = at.checked_sub(1).and_then(|before| module.as_slice().get(before)).map(Migration::chain);
    let is_own_history = is_own && predecessor == own && row.chain == migration.chain();
    if !is_own_history && !accepted.any(|link| link.predecessor() == predecessor && link.chain() == row.chain) {
        return Err(divergent(module, migration, DivergentPart::Chain, row.chain));
    }
    if !is_own && row.accepted != Some(migration.checksum()) {
        plan.corrections.push(Corrected { module: module.module(), migration, recorded: row.checksum });
    }
    Ok(row.chain)
}

fn divergent(module: &Migrations, migration: &Migration, part: DivergentPart, recorded: Checksum) -> Refusal {
    let embedded = match part {
        DivergentPart::Checksum => migration.checksum(),
        DivergentPart::Chain => migration.chain(),
    };
    let (module, version) = (module.module().to_owned(), migration.version());
    Refusal::Divergent { module, version, part, recorded, embedded: Some(embedded) }
}

fn unknown(
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

#[cfg(test)]
mod tests;
