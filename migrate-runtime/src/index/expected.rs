use migrate_core::{Checksum, Migration, Migrations};
use sha2::{Digest as _, Sha256};

use crate::handover::Seal;
use crate::ledger::Row;
use crate::order::Modules;

/// What the index holds of one module where the planner finds nothing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) module: &'static str,
    /// The names that it had before.
    pub(crate) formerly: &'static [&'static str],
    /// The digest of each history that the module accepts: one, unless a text was corrected. None of a module without
    /// migrations, of which the index holds nothing.
    pub(crate) digests: Vec<String>,
}

/// What the index holds of a tenant in whose ledger the planner finds nothing to do.
pub(crate) fn expected(modules: &Modules) -> Vec<Expected> {
    let of = |(at, (module, wanted)): (usize, (&'static Migrations, &'static [Migration]))| Expected {
        module: module.module(),
        formerly: module.formerly(),
        digests: histories(modules, at, wanted).iter().map(|lines| digest(lines)).collect(),
    };
    modules.wanted().enumerate().map(of).collect()
}

fn digest(lines: &str) -> String {
    let digest = Checksum::from_bytes(Sha256::digest(lines).into()).to_string();
    digest.trim_start_matches("sha256:").to_owned()
}

/// The lines of the rows of a module, of which these migrations are wanted, for each history that it accepts: its own first.
fn histories(modules: &Modules, at: usize, wanted: &[Migration]) -> Vec<String> {
    let Some(last) = wanted.last() else { return Vec::new() };
    let ends = std::iter::once((last.checksum(), last.chain()));
    let ends = ends.chain(last.links().iter().map(|link| (link.checksum(), link.chain())));
    ends.filter_map(|end| history(modules, at, wanted, end)).collect()
}

/// The lines of the history that ends in this checksum and this chain value.
fn history(modules: &Modules, module: usize, chain: &[Migration], mut end: (Checksum, Checksum)) -> Option<String> {
    let mut lines = Vec::with_capacity(chain.len());
    for (at, migration) in chain.iter().enumerate().rev() {
        lines.push(line(migration, end, seal(modules, (module, at))));
        let Some(before) = at.checked_sub(1).and_then(|at| chain.get(at)) else { break };
        let own = (before.checksum(), before.chain());
        let behind = match migration.links().iter().find(|link| (link.checksum(), link.chain()) == end) {
            Some(link) => link.predecessor()?,
            None => own.1,
        };
        let accepted = before.links().iter().map(|link| (link.checksum(), link.chain()));
        end = std::iter::once(own).chain(accepted).find(|(_, chain)| *chain == behind)?;
    }
    lines.sort_unstable();
    Some(lines.join("\n"))
}

/// The line of a row: of what was applied from a text that was corrected since, where the correction is on record.
fn line(migration: &Migration, (checksum, chain): (Checksum, Checksum), seal: Seal) -> String {
    let version = migration.version();
    let own = migration.checksum();
    match seal {
        Seal::Sealed => format!("{version} {} {chain} applied", Row::MARKER),
        Seal::Open if checksum == own => format!("{version} {checksum} {chain} applied"),
        Seal::Open => format!("{version} {checksum} {chain} applied {own}"),
    }
}

/// Whether the row of a migration that was moved away keeps older binaries out.
fn seal(modules: &Modules, place: (usize, usize)) -> Seal {
    let handover = modules.handovers().iter().find(|handover| handover.giver == Some(place));
    handover.map_or(Seal::Open, |handover| handover.seal)
}

#[cfg(test)]
mod tests {
    use migrate_core::{Compatibility, Link, Version};
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::Kept;
    use crate::ledger::Status;
    use crate::plan::plan;

    fn sum(byte: u8) -> [u8; 32] {
        [byte; 32]
    }

    fn module(last: u8) -> &'static Migrations {
        let chain: Vec<_> =
            (1..=last).map(|v| Migration::__new(v.into(), "x", "V__x.surql", "", sum(v), sum(v))).collect();
        Box::leak(Box::new(Migrations::__new("app", chain.leak())))
    }

    /// What the database computes from a ledger, before it takes the digest.
    fn recorded(rows: &[Row]) -> Option<String> {
        let counts =
            rows.iter().filter(|row| row.is_begun() || !matches!(row.status, Status::Failed | Status::RolledBack));
        let line = |row: &Row| {
            let accepted = row.accepted.map(|accepted| format!(" {accepted}")).unwrap_or_default();
            format!("{} {} {} {}{accepted}", row.version, row.checksum, row.chain, row.status)
        };
        let mut lines: Vec<_> = counts.map(line).collect();
        lines.sort_unstable();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The status, whether text or history are others, whether it is breaking, and whether something was kept.
    type Generated = (Status, bool, bool, bool, bool);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let status = prop_oneof![
            8 => Just(Status::Applied),
            1 => Just(Status::Failed),
            1 => Just(Status::RolledBack),
            1 => Just(Status::Started),
            1 => Just(Status::Running),
            1 => Just(Status::RunningStart),
            1 => Just(Status::ReadyToComplete),
            1 => Just(Status::Other("paused".to_owned())),
        ];
        // Mostly as shipped; now and then another text or another history, and a hole.
        let row = prop::option::weighted(
            0.9,
            (status, prop::bool::weighted(0.05), prop::bool::weighted(0.05), any::<bool>(), any::<bool>()),
        );
        prop::collection::vec(row, 0..6).prop_map(|rows| {
            let row = |(at, row): (usize, Option<Generated>)| {
                let (status, other_text, other_history, is_breaking, is_kept) = row?;
                let version = u8::try_from(at + 1).unwrap();
                Some(Row {
                    kept: if is_kept { Kept::Something } else { Kept::Nothing },
                    accepted: None,
                    phase: None,
                    at_once: false,
                    undo_failed: None,
                    module: "app".to_owned(),
                    version: Version::new(version.into()).unwrap(),
                    name: "x".to_owned(),
                    checksum: Checksum::from_bytes(sum(if other_text { 99 } else { version })),
                    chain: Checksum::from_bytes(sum(if other_history { 98 } else { version })),
                    status,
                    compatibility: if is_breaking { Compatibility::Breaking } else { Compatibility::Compatible },
                })
            };
            rows.into_iter().enumerate().filter_map(row).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

        #[test]
        fn the_index_confirms_exactly_where_the_planner_finds_nothing_to_do(last in 0_u8..5, end in 0_usize..5, rows in rows()) {
            let module = module(last);
            let end = end.min(module.len());
            let modules = Modules::new([module]).unwrap().ending(vec![end]);
            let is_up_to_date = plan(&modules, &rows).is_ok_and(|plan| plan.steps.is_empty() && plan.ahead.is_empty());
            let expected = histories(&modules, 0, &module.as_slice()[..end]);
            let is_confirmed = recorded(&rows).map_or(expected.is_empty(), |lines| expected.contains(&lines));
            prop_assert_eq!(is_confirmed, is_up_to_date);
        }

        #[test]
        fn a_corrected_history_is_confirmed_once_its_corrections_are_on_record(
            length in 1_usize..5,
            corrected in prop::collection::vec(any::<bool>(), 4),
            old in prop::collection::vec(any::<bool>(), 4),
            accepted in prop::collection::vec(any::<bool>(), 4),
            forged in prop::option::weighted(0.2, 0_usize..4),
        ) {
            let module = corrected_module(&corrected[..length]);
            let modules = Modules::new([module]).unwrap();
            let mut behind = 0;
            let rows: Vec<_> = (0..length).map(|at| {
                let is_old = corrected[at] && old[at];
                behind = chain_of(behind, text(at, is_old));
                let mut row = row(at, text(at, is_old), behind);
                row.accepted = (is_old && accepted[at]).then(|| Checksum::from_bytes(sum(text(at, false))));
                if forged == Some(at) {
                    row.chain = Checksum::from_bytes(sum(97));
                }
                row
            }).collect();
            let is_up_to_date = plan(&modules, &rows).is_ok_and(|plan| plan.steps.is_empty() && plan.corrections.is_empty());
            prop_assert_eq!(histories(&modules, 0, module.as_slice()).contains(&recorded(&rows).unwrap()), is_up_to_date);
        }
    }

    /// The byte of a migration's text, as it is or as it was shipped.
    fn text(at: usize, is_old: bool) -> u8 {
        u8::try_from(at).unwrap() + if is_old { 101 } else { 1 }
    }

    /// A byte that stands for a chain value.
    fn chain_of(behind: u8, text: u8) -> u8 {
        behind.wrapping_mul(31).wrapping_add(text).wrapping_mul(7) | 1
    }

    fn row(at: usize, text: u8, chain: u8) -> Row {
        Row {
            kept: Kept::Nothing,
            accepted: None,
            phase: None,
            at_once: false,
            undo_failed: None,
            module: "app".to_owned(),
            version: Version::new(u64::try_from(at).unwrap() + 1).unwrap(),
            name: "x".to_owned(),
            checksum: Checksum::from_bytes(sum(text)),
            chain: Checksum::from_bytes(sum(chain)),
            status: Status::Applied,
            compatibility: Compatibility::Compatible,
        }
    }

    /// A module in which each migration for which it says so accepts another text.
    fn corrected_module(corrected: &[bool]) -> &'static Migrations {
        let mut before: Vec<u8> = vec![0];
        let mut own = 0;
        let chain = corrected.iter().enumerate().map(|(at, is_corrected)| {
            let texts = [Some(text(at, false)), is_corrected.then(|| text(at, true))];
            let mut links = Vec::new();
            let mut ends = Vec::new();
            for text in texts.into_iter().flatten() {
                for behind in &before {
                    let end = chain_of(*behind, text);
                    let predecessor = (at > 0).then(|| Checksum::from_bytes(sum(*behind)));
                    links.push(Link::__new(
                        predecessor,
                        Checksum::from_bytes(sum(text)),
                        Checksum::from_bytes(sum(end)),
                    ));
                    ends.push(end);
                }
            }
            before = ends;
            own = chain_of(own, text(at, false));
            links.remove(0);
            let version = u64::try_from(at).unwrap() + 1;
            Migration::__new(version, "x", "V__x.surql", "", sum(text(at, false)), sum(own))
                .__with_links("why", links.leak())
        });
        Box::leak(Box::new(Migrations::__new("app", chain.collect::<Vec<_>>().leak())))
    }
}
