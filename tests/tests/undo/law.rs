//! The law of undo: whatever a chain does, going back leads to the very schema of before, and forth again to its end.

use migrate_runtime::{Approval, UndoOptions, UndoTarget};
use migrate_tests::{engine, module, rows};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{assert_at, migrator, tenant, to};

/// What one migration does, by a number that makes its names its own.
fn statement(at: usize, what: u8, table: usize) -> String {
    let table = table % (at + 1);
    match what {
        0 => format!("DEFINE FIELD f{at} ON t{table} TYPE option<string>;\n"),
        1 => format!(
            "DEFINE FIELD o{at} ON t{table} TYPE option<object>;\nDEFINE FIELD o{at}.x ON t{table} TYPE option<int>;\n"
        ),
        2 => format!("DEFINE FIELD xs{at} ON t{table} TYPE option<array<int>>;\n"),
        3 => format!("DEFINE INDEX i{at} ON t{table} FIELDS n;\n"),
        4 => format!("DEFINE EVENT e{at} ON t{table} WHEN false THEN {{ CREATE trace }};\n"),
        5 => format!("DEFINE FUNCTION fn::f{at}() {{ RETURN {at} }};\n"),
        6 => format!("DEFINE PARAM $p{at} VALUE {at};\n"),
        7 => format!("DEFINE ANALYZER a{at} TOKENIZERS blank;\n"),
        8 => format!("DEFINE FIELD OVERWRITE n ON t{table} TYPE option<int> COMMENT 'changed by {at}';\n"),
        _ => format!("DEFINE TABLE extra{at} SCHEMALESS;\n"),
    }
}

async fn check(chain: Vec<Vec<(u8, usize)>>, keep: usize) -> Result<(), TestCaseError> {
    let files: Vec<(String, String)> = chain
        .iter()
        .enumerate()
        .map(|(at, statements)| {
            let full = if at % 2 == 0 { "SCHEMAFULL" } else { "SCHEMALESS" };
            let mut text = format!("DEFINE TABLE t{at} {full};\nDEFINE FIELD n ON t{at} TYPE option<int>;\n");
            // Each of a kind once, or their names would meet.
            let mut kinds: Vec<_> = statements.clone();
            kinds.sort_unstable();
            kinds.dedup_by_key(|(what, _)| *what);
            text.extend(kinds.into_iter().map(|(what, table)| statement(at, what, table)));
            (format!("V{}__m.surql", at + 1), text)
        })
        .collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let schema = module("app", &files);
    let (db, migrator, last) = (engine().await, migrator(schema), u64::try_from(files.len()).unwrap());
    prop_assert!(migrator.migrate(&db, tenant()).await.is_served());
    assert_at(&db, &migrator, schema, Some(last)).await;
    // Rows with all that there is to fill.
    rows(
        &db,
        &tenant(),
        "FOR $name IN object::keys((INFO FOR DB).tables).filter(|$name| string::starts_with($name, 't')) { \
        CREATE type::table($name) SET n = 1 };",
    )
    .await;
    let keep = u64::try_from(keep).unwrap() % (last + 1);
    let target = if keep == 0 { UndoTarget::module("app") } else { to(keep) };
    let plan = migrator.plan_undo(&db, &tenant(), target).await.unwrap();
    prop_assert_eq!(plan.steps().len() as u64, last - keep);
    let report = migrator.undo(&db, &plan, &UndoOptions::new().approve(Approval::Unsafe)).await.unwrap();
    prop_assert_eq!(report.undone.len() as u64, last - keep);
    assert_at(&db, &migrator, schema, (keep > 0).then_some(keep)).await;
    prop_assert!(migrator.migrate(&db, tenant()).await.is_served());
    assert_at(&db, &migrator, schema, Some(last)).await;
    Ok(())
}

#[test]
fn any_chain_goes_back_to_any_version_and_forth_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let migration = prop::collection::vec((0_u8..10, 0_usize..6), 0..5);
    let chain = (prop::collection::vec(migration, 1..6), 0_usize..6);
    runner.run(&chain, |(chain, keep)| runtime.block_on(check(chain, keep))).unwrap();
}
