use migrate_core::Migrations;

/// The lines of the rows of a ledger in which the planner finds nothing to do for one module, or `None` for a module
/// without migrations. Its digest is what the index holds for it.
pub(crate) fn expected(module: &Migrations) -> Option<String> {
    let mut lines: Vec<_> = module
        .iter()
        .map(|migration| format!("{} {} {} applied", migration.version(), migration.checksum(), migration.chain()))
        .collect();
    lines.sort_unstable();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use migrate_core::{Checksum, Compatibility, Migration, Version};
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::Kept;
    use crate::ledger::{Row, Status};
    use crate::order::Modules;
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
        let line = |row: &Row| format!("{} {} {} {}", row.version, row.checksum, row.chain, row.status);
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
            1 => Just(Status::Other("running_start".to_owned())),
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
        fn the_index_confirms_exactly_where_the_planner_finds_nothing_to_do(last in 0_u8..5, rows in rows()) {
            let module = module(last);
            let modules = Modules::new([module]).unwrap();
            let is_up_to_date = plan(&modules, &rows).is_ok_and(|plan| plan.steps.is_empty() && plan.ahead.is_empty());
            prop_assert_eq!(recorded(&rows) == expected(module), is_up_to_date);
        }
    }
}
