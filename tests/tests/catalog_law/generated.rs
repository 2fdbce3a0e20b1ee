use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::{assert_same, database};
use migrate_core::{Catalog, Undo};
use migrate_tests::live_catalog;

/// Statements over so few names that they meet: many of them fail, as the analysis must know.
fn statement() -> impl Strategy<Value = String> {
    let table = || select(&["a", "b", "r"][..]);
    let field = || select(&["x", "xs", "o", "o.p", "xs.*", "in"][..]);
    let name = || select(&["i", "j"][..]);
    let how = || select(&["", "", "OVERWRITE ", "IF NOT EXISTS "][..]);
    let gone = || select(&["", "IF EXISTS "][..]);
    let value_type = || {
        select(
            &[
                "",
                " TYPE int",
                " TYPE option<string>",
                " TYPE array<int>",
                " TYPE array<array<string>>",
                " TYPE object",
                " TYPE set<int> | string",
                " TYPE record<a | b>",
                " TYPE option<array>",
            ][..],
        )
    };
    let clauses = || {
        select(
            &[
                "",
                " DEFAULT 1",
                " READONLY",
                " VALUE $value",
                " ASSERT $value != 3",
                " COMMENT 'c'",
                " PERMISSIONS NONE",
                " FLEXIBLE",
                " DEFAULT ALWAYS 2 PERMISSIONS FOR select WHERE x = 1",
            ][..],
        )
    };
    let table_clauses = || {
        select(
            &[
                "",
                " SCHEMAFULL",
                " TYPE NORMAL",
                " TYPE RELATION",
                " TYPE RELATION IN a OUT b",
                " PERMISSIONS FULL",
                " COMMENT 'c' CHANGEFEED 1d",
                " DROP",
            ][..],
        )
    };
    let altered = || {
        select(
            &[
                "TYPE array<int>",
                "DROP TYPE",
                "READONLY",
                "DROP READONLY",
                "COMMENT 'd'",
                "DROP COMMENT",
                "DEFAULT 3",
                "PERMISSIONS NONE",
            ][..],
        )
    };
    prop_oneof![
        3 => (how(), table(), table_clauses()).prop_map(|(how, t, c)| format!("DEFINE TABLE {how}{t}{c}")),
        6 => (how(), field(), table(), value_type(), clauses())
            .prop_map(|(how, f, t, v, c)| format!("DEFINE FIELD {how}{f} ON {t}{v}{c}")),
        2 => (how(), name(), table(), field(), select(&["", " UNIQUE", " COMMENT 'c'"][..]))
            .prop_map(|(how, i, t, f, c)| format!("DEFINE INDEX {how}{i} ON {t} FIELDS {f}{c}")),
        2 => (how(), name(), table()).prop_map(|(how, e, t)| format!("DEFINE EVENT {how}{e} ON {t} WHEN true THEN {{}}")),
        1 => (how(), name(), 0..3).prop_map(|(how, p, v)| format!("DEFINE PARAM {how}${p} VALUE {v}")),
        1 => (how(), name(), 0..3).prop_map(|(how, f, v)| format!("DEFINE FUNCTION {how}fn::{f}() {{ RETURN {v} }}")),
        2 => (gone(), table()).prop_map(|(gone, t)| format!("REMOVE TABLE {gone}{t}")),
        2 => (gone(), field(), table()).prop_map(|(gone, f, t)| format!("REMOVE FIELD {gone}{f} ON {t}")),
        1 => (gone(), name(), table()).prop_map(|(gone, i, t)| format!("REMOVE INDEX {gone}{i} ON {t}")),
        1 => (gone(), name(), table()).prop_map(|(gone, e, t)| format!("REMOVE EVENT {gone}{e} ON {t}")),
        1 => (gone(), name()).prop_map(|(gone, p)| format!("REMOVE PARAM {gone}${p}")),
        2 => (gone(), field(), table(), altered()).prop_map(|(gone, f, t, c)| format!("ALTER FIELD {gone}{f} ON {t} {c}")),
        1 => (gone(), table(), select(&["SCHEMAFULL", "SCHEMALESS", "COMMENT 'e'", "TYPE NORMAL", "TYPE RELATION IN b OUT a"][..]))
            .prop_map(|(gone, t, c)| format!("ALTER TABLE {gone}{t} {c}")),
    ]
}

/// Builds a chain of the statements that the database accepts, two to a migration, and holds it against the law.
async fn check(statements: &[String]) -> Result<(), TestCaseError> {
    let db = database().await;
    let mut accepted = Vec::new();
    for statement in statements {
        let parses = db.query(statement.as_str()).await;
        if parses.is_ok_and(|mut results| results.take_errors().is_empty()) {
            accepted.push(statement.as_str());
        }
    }
    let chain: Vec<String> = accepted.chunks(2).map(|pair| pair.join(";\n")).collect();
    let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
    let analysed = migrate_build::__analyse(&chain);
    let Some(last) = analysed.last() else { return Ok(()) };
    assert_same(&live_catalog(&db).await.unwrap(), &last.catalog, &chain.join("\n---\n"));

    if let Some((migrations, statements)) = &last.fresh {
        let fresh = database().await;
        let text = statements.join(";\n");
        let errors = fresh.query(text.as_str()).await.unwrap().take_errors();
        prop_assert!(errors.is_empty(), "{}\n--- fresh\n{text}\n{errors:?}", chain.join("\n---\n"));
        let hint = format!("{}\n--- fresh, {migrations}\n{text}", chain.join("\n---\n"));
        assert_same(&live_catalog(&fresh).await.unwrap(), &analysed[migrations - 1].catalog, &hint);
    }

    let before = std::iter::once(Catalog::new()).chain(analysed.iter().map(|one| one.catalog.clone()));
    for (one, before) in analysed.iter().zip(before.collect::<Vec<_>>()).rev() {
        let Undo::Derived { text, .. } = &one.undo else { break };
        let errors = db.query(text.as_ref()).await.unwrap().take_errors();
        prop_assert!(errors.is_empty(), "{}\n---\n{text}\n{errors:?}", chain.join("\n---\n"));
        assert_same(
            &live_catalog(&db).await.unwrap(),
            &before,
            &format!("{}\n--- undo\n{text}", chain.join("\n---\n")),
        );
    }
    Ok(())
}

#[test]
fn any_chain_that_the_database_accepts() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let statements = prop::collection::vec(statement(), 1..28);
    runner.run(&statements, |statements| runtime.block_on(check(&statements))).unwrap();
}
