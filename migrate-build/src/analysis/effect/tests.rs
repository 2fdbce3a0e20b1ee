use migrate_core::Effect::{Additive, Data, Destructive, Neutral, Restrictive};
use migrate_core::{Compatibility, Effect, Loss, Statement};

use crate::analysis::testing::last;

const BEFORE: &str = "
    DEFINE TABLE user SCHEMALESS PERMISSIONS FOR select FULL, FOR update WHERE id = $auth.id;
    DEFINE FIELD name ON user TYPE string;
    DEFINE FIELD age ON user TYPE int ASSERT $value > 0;
    DEFINE FIELD tags ON user TYPE array<string>;
    DEFINE FIELD count ON user TYPE option<int>;
    DEFINE FIELD ratio ON user TYPE option<float>;
    DEFINE FIELD marks ON user TYPE array<int>;
    DEFINE FIELD pair ON user TYPE array<int, 2>;
    DEFINE FIELD place ON user TYPE option<object>;
    DEFINE FIELD total ON user COMPUTED 1;
    DEFINE INDEX names ON user FIELDS name;
    DEFINE ANALYZER words TOKENIZERS blank;
    DEFINE INDEX text ON user FIELDS name FULLTEXT ANALYZER words BM25;
    DEFINE EVENT log ON user WHEN true THEN {};
    DEFINE TABLE post; DEFINE TABLE likes TYPE RELATION IN user OUT post;
    DEFINE PARAM $limit VALUE 10;
    DEFINE FUNCTION fn::greet($name: string) -> string { RETURN $name };
    DEFINE SEQUENCE ids;
    DEFINE ACCESS app ON DATABASE TYPE RECORD;
";

/// The effects of the statements of a migration on that schema.
fn effects(text: &str) -> Vec<Effect> {
    last(&[BEFORE, text]).statements.iter().map(Statement::effect).collect()
}

fn assert_effect(effect: Effect, texts: &[&str]) {
    for text in texts {
        assert_eq!(effects(text), [effect], "{text}");
    }
}

#[test]
fn taking_a_number_from_a_sequence_is_data() {
    assert_effect(Data, &["sequence::nextval('ids')", "LET $n = sequence::nextval(['ids'][0])"]);
}

#[test]
fn what_changes_nothing_is_neutral() {
    assert_effect(
        Neutral,
        &[
            "DEFINE TABLE IF NOT EXISTS user SCHEMAFULL",
            "DEFINE FIELD OVERWRITE name ON user TYPE string",
            "REMOVE TABLE IF EXISTS nothing",
            "SELECT * FROM user",
            "LET $a = 1",
            "THROW 'no'",
            "SLEEP 1s",
            "RETURN 1",
            "EXPLAIN UPDATE user SET age = 1",
            "REBUILD INDEX names ON user",
        ],
    );
}

#[test]
fn what_an_older_binary_does_not_feel_is_additive() {
    assert_effect(
        Additive,
        &[
            "DEFINE TABLE more SCHEMAFULL",
            "DEFINE FIELD bio ON user TYPE option<string>",
            "DEFINE FIELD bio ON user TYPE string DEFAULT ALWAYS ''",
            "DEFINE FIELD bio ON user TYPE string VALUE 'x'",
            "DEFINE FIELD twice ON user COMPUTED 2",
            "DEFINE FIELD lists ON user TYPE option<array<int>>",
            "DEFINE INDEX ages ON user FIELDS age",
            "DEFINE EVENT more ON user WHEN true THEN {}",
            "DEFINE FUNCTION fn::more() {}",
            "DEFINE FIELD OVERWRITE age ON user TYPE int | string",
            "ALTER FIELD age ON user TYPE number",
            "ALTER FIELD age ON user TYPE int | float",
            "ALTER FIELD ratio ON user TYPE option<number>",
            "ALTER FIELD pair ON user TYPE array<number>",
            "ALTER FIELD age ON user DROP ASSERT",
            "ALTER FIELD age ON user COMMENT 'years'",
            "ALTER TABLE user PERMISSIONS FULL",
            "ALTER TABLE likes TYPE RELATION IN user OUT post | user",
            "REMOVE INDEX names ON user",
            "DEFINE FUNCTION OVERWRITE fn::greet($name: string | int, $loud: option<bool>) -> string { RETURN 'x' }",
            "DEFINE PARAM OVERWRITE $limit VALUE 20",
            "ALTER INDEX names ON user COMMENT 'x'",
        ],
    );
}

#[test]
fn what_may_refuse_an_older_binary_is_restrictive() {
    assert_effect(
        Restrictive,
        &[
            "DEFINE FIELD bio ON user TYPE string",
            "DEFINE FIELD bio ON user TYPE string DEFAULT ''",
            "DEFINE FIELD bio ON user ASSERT $value != NONE",
            "DEFINE FIELD place.city ON user TYPE string",
            "ALTER FIELD age ON user TYPE 1 | 2",
            "ALTER FIELD age ON user TYPE decimal",
            "ALTER FIELD age ON user TYPE option<decimal>",
            "DEFINE FIELD OVERWRITE marks ON user TYPE array<decimal>",
            "ALTER FIELD ratio ON user TYPE option<int>",
            "ALTER FIELD count ON user TYPE decimal",
            "DEFINE FIELD id ON user TYPE string",
            "ALTER FIELD ratio ON user TYPE option<int | float>",
            "DEFINE ACCESS OVERWRITE app ON DATABASE TYPE RECORD",
            "ALTER FIELD age ON user ASSERT $value > 1",
            "ALTER FIELD age ON user READONLY",
            "ALTER FIELD name ON user VALUE 'x'",
            "ALTER FIELD name ON user PERMISSIONS NONE",
            "DEFINE FIELD OVERWRITE tags ON user TYPE array<string, 5>",
            "ALTER TABLE user SCHEMAFULL",
            "ALTER TABLE user TYPE NORMAL",
            "ALTER TABLE user PERMISSIONS FOR select FULL, FOR update NONE",
            "ALTER TABLE user PERMISSIONS FOR select FULL, FOR update WHERE id = 1",
            "ALTER TABLE likes TYPE RELATION IN user OUT post ENFORCED",
            "DEFINE INDEX ages ON user FIELDS age UNIQUE",
            "REMOVE INDEX text ON user",
            "REMOVE EVENT log ON user",
            "REMOVE FUNCTION fn::greet",
            "REMOVE PARAM $limit",
            "REMOVE ACCESS app ON DATABASE",
            "REMOVE FIELD total ON user",
            "DEFINE FUNCTION OVERWRITE fn::greet($name: string, $other: int) -> string { RETURN 'x' }",
            "DEFINE FUNCTION OVERWRITE fn::greet($name: string) -> int { RETURN 1 }",
            "DEFINE FUNCTION OVERWRITE fn::greet($name: 'bob') -> string { RETURN $name }",
            "ALTER EVENT log ON user WHEN false",
            "IF true { DEFINE TABLE OVERWRITE user SCHEMAFULL }",
        ],
    );
}

#[test]
fn what_loses_something_is_destructive() {
    assert_effect(
        Destructive(Loss::Data),
        &[
            "REMOVE FIELD name ON user",
            "ALTER FIELD age ON user TYPE string",
            "ALTER FIELD age ON user TYPE float",
            "ALTER FIELD count ON user TYPE float",
            "ALTER FIELD count ON user TYPE option<string>",
            "ALTER FIELD age ON user TYPE float | int",
            "ALTER FIELD ratio ON user TYPE option<decimal>",
            "DEFINE FIELD OVERWRITE marks ON user TYPE array<float>",
            "DEFINE FIELD OVERWRITE marks ON user TYPE set<int>",
            "DEFINE FIELD OVERWRITE pair ON user TYPE array<int, 3>",
            "DELETE user WHERE age > 200",
            "LET $gone = (DELETE user:1)",
            "IF true { DELETE user WHERE age > 1 }",
            "ALTER FIELD name ON user TYPE record<user>",
            "DEFINE TABLE OVERWRITE user DROP",
            "REMOVE SEQUENCE ids",
            "FOR $i IN 0..2 { REMOVE FIELD name ON user }",
        ],
    );
    assert_effect(
        Destructive(Loss::Unsafe),
        &["REMOVE TABLE user", "DEFINE TABLE OVERWRITE post AS SELECT * FROM user", "{ REMOVE TABLE IF EXISTS user }"],
    );
}

#[test]
fn what_writes_rows_is_data() {
    assert_effect(
        Data,
        &[
            "CREATE user SET name = 'a'",
            "UPDATE user SET age = 1 WHERE age < 1",
            "UPSERT user:1",
            "INSERT INTO user {}",
            "RELATE user:1->likes->post:1",
            "FOR $i IN 0..3 { CREATE user }",
            "fn::greet('x')",
            "LET $x = function() { return 1 }",
            "LET $x = mod::text::plain('x')",
            "LET $x = api::invoke('/a')",
        ],
    );
}

#[test]
fn nothing_breaks_on_what_the_migration_itself_made() {
    let text = "DEFINE TABLE new; DEFINE FIELD a ON new TYPE string; DEFINE INDEX i ON new FIELDS a UNIQUE; \
                ALTER TABLE new SCHEMAFULL; ALTER FIELD a ON new TYPE int; REMOVE FIELD a ON new; DELETE new";
    let analysed = last(&[BEFORE, text]);
    assert_eq!(analysed.compatibility, Compatibility::Compatible);
    assert!(analysed.statements.iter().all(|statement| statement.effect() <= Data), "{:?}", analysed.statements);
}

#[test]
fn a_new_field_is_judged_by_what_becomes_of_it() {
    let text = "DEFINE FIELD bio ON user TYPE option<string>; ALTER FIELD bio ON user TYPE string";
    assert_eq!(effects(text), [Additive, Restrictive]);
    let text = "DEFINE FIELD bio ON user TYPE string DEFAULT ''; UPDATE user SET bio = '' WHERE bio = NONE";
    assert_eq!(effects(text), [Restrictive, Data]);
}

#[test]
fn a_migration_is_breaking_by_its_worst_statement() {
    let compatibility = |text| last(&[BEFORE, text]).compatibility;
    assert_eq!(compatibility("DEFINE TABLE more; REMOVE TABLE post"), Compatibility::Breaking);
    assert_eq!(compatibility("DEFINE TABLE more; CREATE more"), Compatibility::Compatible);
    assert_eq!(last(&[BEFORE]).compatibility, Compatibility::Compatible);
}

/// The one migration of a module that comes behind another one.
fn behind_another_module(text: &str) -> &'static migrate_core::Migration {
    let dir = tempfile::tempdir().unwrap();
    let put = |file: &str, text: &str| std::fs::write(dir.path().join(file), text).unwrap();
    put("migrations.toml", "requires = { auth = 1 }\n");
    put("V1__test.surql", &format!("{text};\n"));
    let loaded = crate::load(&crate::Folder::new(dir.path()), &crate::Options::new("app")).unwrap();
    Box::leak(Box::new(loaded.leak())).as_slice().first().unwrap()
}

fn effects_of(migration: &migrate_core::Migration) -> Vec<Effect> {
    migration.statements().iter().map(Statement::effect).collect()
}

#[test]
fn what_is_refused_on_another_modules_table_is_felt_there_from_the_first_migration_on() {
    for (text, expected) in [
        ("DEFINE FIELD plan ON user TYPE string", &[Restrictive][..]),
        ("DEFINE INDEX plan ON user FIELDS plan UNIQUE", &[Restrictive]),
        // A write would make the table, where it were not another module's.
        ("UPSERT user:system SET a = 1; DEFINE FIELD plan ON user TYPE string", &[Data, Restrictive]),
    ] {
        let migration = behind_another_module(&format!("-- migrate: allow(M301) tried\n{text}"));
        assert_eq!(
            (&effects_of(migration)[..], migration.compatibility()),
            (expected, Compatibility::Breaking),
            "{text}"
        );
    }
}

#[test]
fn what_adds_to_another_modules_table_leaves_the_table_when_it_is_undone() {
    let migration = behind_another_module(
        "DEFINE FIELD plan ON user TYPE option<string>; DEFINE INDEX plan ON user FIELDS plan; \
         DEFINE EVENT told ON user WHEN true THEN {}",
    );
    assert_eq!(effects_of(migration), [Additive; 3]);
    let undo = migration.undo().text().unwrap();
    assert!(undo.contains("REMOVE FIELD") && !undo.contains("REMOVE TABLE"), "{undo}");
}

#[test]
fn what_may_be_another_modules_is_not_removed_for_nothing() {
    for (code, text, effect) in [
        ("M303", "REMOVE TABLE IF EXISTS user", Destructive(Loss::Unsafe)),
        ("M302", "REMOVE FIELD IF EXISTS name ON user", Destructive(Loss::Data)),
        ("M301", "REMOVE FUNCTION IF EXISTS fn::sign_in", Restrictive),
        ("M301", "ALTER TABLE IF EXISTS user SCHEMAFULL", Restrictive),
    ] {
        let migration = behind_another_module(&format!("-- migrate: allow({code}) tried\n{text}"));
        assert_eq!(effects_of(migration), [effect], "{text}");
        assert_eq!(migration.undo().text(), None, "what it was is not known here: {text}");
    }
}
