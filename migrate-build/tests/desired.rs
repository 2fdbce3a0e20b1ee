//! The next migration from a desired schema, over real folders: it passes the build, and leads to the very schema.

use std::fs;
use std::path::Path;
use std::time::Duration;

use migrate_build::{
    __analyse, Consent, Desired, Folder, Loaded, Next, NextError, Options, Rename, Rollout, Wish, load,
};
use migrate_core::Catalog;
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

fn loaded(dir: &Path) -> Loaded {
    load(&Folder::new(dir), &Options::new("app")).unwrap_or_else(|error| panic!("{error}"))
}

fn read(text: &str, loaded: &Loaded) -> Result<Desired, String> {
    let files = [("schema/all.surql".to_owned(), text.as_bytes().to_vec())];
    Desired::read(&files, loaded).map_err(|diagnostics| diagnostics.to_string())
}

fn wish(consent: Consent, rollout: Rollout, renames: &[&str]) -> Wish {
    let mut wish = Wish::new("change".parse().unwrap());
    wish.consent = consent;
    wish.rollout = rollout;
    wish.renames = renames.iter().map(|rename| rename.parse::<Rename>().unwrap()).collect();
    wish
}

fn next(dir: &TempDir, schema: &str, wish: &Wish) -> Result<Next, NextError> {
    let loaded = loaded(dir.path());
    let desired = read(schema, &loaded).unwrap_or_else(|error| panic!("{error}"));
    loaded.next(loaded.next_version(Duration::ZERO).unwrap(), &desired, wish)
}

/// Writes the next migration and gives its text.
fn write(dir: &TempDir, schema: &str, wish: &Wish) -> String {
    let next = next(dir, schema, wish).unwrap_or_else(|error| panic!("{error}"));
    fs::write(dir.path().join(&next.file), &next.text).unwrap();
    let loaded = loaded(dir.path());
    let desired = read(schema, &loaded).unwrap();
    assert_eq!(loaded.catalog_at(None).diff(&desired.catalog()), [], "{}", next.text);
    next.text
}

fn ask() -> Wish {
    wish(Consent::Ask, Rollout::AtOnce, &[])
}

const USER: &str =
    "DEFINE FIELD email ON user TYPE string; -- the order does not matter\nDEFINE TABLE user SCHEMAFULL;\n";

#[test]
fn what_is_added_is_written_as_it_stands_in_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let text = write(&dir, USER, &ask());
    assert_eq!(text, "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n");
    let schema = format!(
        "{USER}DEFINE FIELD tags ON user TYPE option<array<string>>;\n\
         DEFINE FUNCTION fn::hello() {{\n    RETURN 'hello';\n}};\nDEFINE TABLE OVERWRITE post;"
    );
    let text = write(&dir, &schema, &ask());
    assert_eq!(
        text,
        "DEFINE FUNCTION fn::hello() {\n    RETURN 'hello';\n};\n\
         DEFINE TABLE post TYPE ANY SCHEMALESS PERMISSIONS NONE;\n\
         DEFINE FIELD tags ON user TYPE option<array<string>>;\n",
        "`tags.*` comes by itself"
    );
    assert!(matches!(next(&dir, &schema, &ask()), Err(NextError::Unchanged)));
}

#[test]
fn a_change_replaces_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, USER, &ask());
    let text = write(&dir, &USER.replace("string", "string | int"), &ask());
    assert_eq!(text, "DEFINE FIELD OVERWRITE email ON user TYPE string | int;\n");
}

#[test]
fn what_loses_data_or_refuses_an_older_binary_is_refused_until_somebody_says_so() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, USER, &ask());
    let only_table = "DEFINE TABLE user SCHEMAFULL";
    let Err(NextError::Breaking(breakages)) = next(&dir, only_table, &ask()) else { panic!() };
    assert_eq!(breakages.len(), 1);
    assert_eq!((breakages[0].code, breakages[0].effect.as_str()), ("M302", "destructive(data_loss)"));
    assert_eq!(breakages[0].statement, "REMOVE FIELD email ON user");
    for schema in ["", &USER.replace("string", "int"), &USER.replace("string", "string ASSERT $value != ''")] {
        assert!(matches!(next(&dir, schema, &ask()), Err(NextError::Breaking(_))), "{schema}");
    }
    let text = write(&dir, only_table, &wish(Consent::Given, Rollout::AtOnce, &[]));
    assert_eq!(text, "-- migrate: allow(M302) field user.email, by --force\nREMOVE FIELD email ON user;\n");
}

#[test]
fn what_looks_like_a_rename_has_to_be_said() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, &format!("{USER}DEFINE FIELD mail ON user TYPE string;"), &ask());
    let renamed = format!("{USER}DEFINE FIELD address ON user TYPE string;");
    let Err(NextError::LikelyRenames(likely)) = next(&dir, &renamed, &ask()) else { panic!() };
    assert_eq!(likely.iter().map(ToString::to_string).collect::<Vec<_>>(), ["user.mail=user.address"]);

    let text = write(&dir, &renamed, &wish(Consent::Ask, Rollout::AtOnce, &["user.mail=address"]));
    let statements: Vec<_> = text.lines().filter(|line| !line.starts_with("--")).collect();
    assert_eq!(
        statements,
        [
            "DEFINE FIELD address ON user TYPE string;",
            "UPDATE user SET address = mail WHERE mail != NONE;",
            "REMOVE FIELD mail ON user;",
            "UPDATE user UNSET mail WHERE mail != NONE;",
        ]
    );
    assert!(text.contains("allow(M302) field user.mail, by --rename user.mail=user.address\n"), "{text}");
}

#[test]
fn a_table_under_a_new_name_takes_its_rows_along() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, &format!("{USER}DEFINE INDEX e ON user FIELDS email UNIQUE;"), &ask());
    let renamed = format!("{USER}DEFINE INDEX e ON user FIELDS email UNIQUE;").replace("user", "person");
    let Err(NextError::LikelyRenames(likely)) = next(&dir, &renamed, &ask()) else { panic!() };
    assert_eq!(likely[0].to_string(), "user=person");
    let text = write(&dir, &renamed, &wish(Consent::Ask, Rollout::AtOnce, &["user=person"]));
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    let copy = "INSERT INTO person (SELECT *, type::record('person', record::id(id)) AS id FROM user) RETURN NONE;";
    assert!(at("DEFINE FIELD email ON person") < at(copy) && at(copy) < at("REMOVE TABLE user;"), "{text}");
}

#[test]
fn a_rename_that_cannot_be_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, USER, &ask());
    let readonly = "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD mail ON user TYPE string READONLY";
    for (schema, rename, reason) in [
        (USER, "user.email=mail", "is in the desired schema as well"),
        (USER, "user.mail=address", "there is no field user.mail before"),
        ("DEFINE TABLE user SCHEMAFULL", "user.email=mail", "there is no field user.mail in the desired schema"),
        ("DEFINE TABLE user SCHEMAFULL", "user=person", "table user is in the desired schema as well"),
        (readonly, "user.email=mail", "READONLY"),
    ] {
        let error = next(&dir, schema, &wish(Consent::Given, Rollout::AtOnce, &[rename])).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn rows_that_do_not_fit_the_renamed_table_are_told_before_anything_is_written() {
    for (before, after, reason) in [
        ("DEFINE FIELD age ON user TYPE string", "DEFINE FIELD age ON person TYPE int", "which does not fit `int`"),
        ("DEFINE FIELD age ON user TYPE int", "", "field user.age has no place in person"),
        ("", "DEFINE FIELD age ON person TYPE int", "field person.age is required, and no row of user has it"),
        (
            "DEFINE FIELD home ON user TYPE object; DEFINE FIELD home.city ON user TYPE string",
            "DEFINE FIELD home ON person TYPE object; DEFINE FIELD home.town ON person TYPE option<string>",
            "field user.home.city has no place in person",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, &format!("DEFINE TABLE user SCHEMAFULL; {before}"), &ask());
        let schema = format!("DEFINE TABLE person SCHEMAFULL; {after}");
        let error = next(&dir, &schema, &wish(Consent::Given, Rollout::AtOnce, &["user=person"])).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
    for (before, after, reason) in [
        ("DEFINE TABLE user", "DEFINE TABLE person SCHEMAFULL", "user is `SCHEMALESS` and person is `SCHEMAFULL`"),
        ("DEFINE TABLE user", "DEFINE TABLE person TYPE RELATION", "one of user and person is a relation"),
        ("DEFINE TABLE user", "DEFINE TABLE person DROP", "person keeps no rows"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, before, &ask());
        let error = next(&dir, after, &wish(Consent::Given, Rollout::AtOnce, &["user=person"])).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
    // A wider type, an optional field and one with a default take every row.
    let dir = tempfile::tempdir().unwrap();
    write(&dir, "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD age ON user TYPE int", &ask());
    let wider = "DEFINE TABLE person SCHEMAFULL; DEFINE FIELD age ON person TYPE option<number>;
        DEFINE FIELD bio ON person TYPE option<string>; DEFINE FIELD level ON person TYPE int DEFAULT 1";
    write(&dir, wider, &wish(Consent::Given, Rollout::AtOnce, &["user=person"]));
    let dir = tempfile::tempdir().unwrap();
    write(&dir, "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD age ON user TYPE string", &ask());
    let other = "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD years ON user TYPE int";
    let error = next(&dir, other, &wish(Consent::Given, Rollout::AtOnce, &["user.age=years"])).unwrap_err();
    assert!(error.to_string().contains("field user.age is `string`, which does not fit `int`"), "{error}");
}

#[test]
fn links_to_a_renamed_table_are_rewritten_or_refused() {
    let before = "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD boss ON user TYPE option<record<user>>;
        DEFINE TABLE post SCHEMAFULL; DEFINE FIELD author ON post TYPE record<user>;
        DEFINE FIELD readers ON post TYPE array<record<user | bot>>; DEFINE TABLE bot";
    let renaming = || wish(Consent::Ask, Rollout::AtOnce, &["user=person"]);
    let started = || {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, before, &ask());
        dir
    };
    let text = write(&started(), &before.replace("user", "person"), &renaming());
    let one = |value: &str| {
        format!(
            "IF type::is_record({value}, 'user') {{ type::record('person', record::id({value})) }} ELSE {{ {value} }}"
        )
    };
    assert!(text.contains(&format!("AS id, {} AS boss FROM user", one("boss"))), "{text}");
    let update = format!("UPDATE post SET author = {}, readers = IF type::is_array(readers)", one("author"));
    assert_eq!(text.matches("UPDATE post SET").count(), 1, "one write a row: {text}");
    assert!(text.contains(&update) && text.find(&update) > text.find("REMOVE TABLE user"), "{text}");
    assert!(text.contains("field post.author, by --rename user=person"), "{text}");

    let dangling = before
        .replace("user", "person")
        .replace("record<person>;\n        DEFINE FIELD readers", "record<user>;\n        DEFINE FIELD readers");
    let error = next(&started(), &dangling, &renaming()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("field post.author still leads to user in the desired schema: write `record<person>`"),
        "{error}"
    );
    for (more, reason) in [
        ("DEFINE TABLE knows TYPE RELATION IN user OUT user", "where an edge leads cannot be changed"),
        ("DEFINE TABLE t; DEFINE FIELD a ON t TYPE record<user> REFERENCE", "is a `REFERENCE`"),
        (
            "DEFINE TABLE t; DEFINE FIELD a ON t TYPE record<user> READONLY",
            "`READONLY`, so that its links cannot be changed",
        ),
        ("DEFINE TABLE t; DEFINE FIELD a ON t TYPE array<array<record<user>>>", "too deep inside"),
        (
            "DEFINE TABLE t; DEFINE FIELD a ON t TYPE array<object>; DEFINE FIELD a.*.by ON t TYPE record<user>",
            "too deep inside",
        ),
        ("DEFINE TABLE t; DEFINE FIELD a ON t TYPE set<record<user>>", "too deep inside"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let schema = format!("DEFINE TABLE user SCHEMAFULL; {more}");
        write(&dir, &schema, &wish(Consent::Given, Rollout::AtOnce, &[]));
        let renamed = schema.replace("user", "person");
        let error = next(&dir, &renamed, &wish(Consent::Given, Rollout::AtOnce, &["user=person"])).unwrap_err();
        assert!(error.to_string().contains(reason), "{more}: {error}");
    }
}

#[test]
fn no_error_shows_a_secret() {
    let access = |key: &str| format!("DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS256 KEY '{key}'");
    let dir = tempfile::tempdir().unwrap();
    write(&dir, &access("first-secret"), &wish(Consent::Given, Rollout::AtOnce, &[]));
    let error = next(&dir, &access("second-secret"), &ask()).unwrap_err();
    let NextError::Breaking(breakages) = &error else { panic!("{error}") };
    let told = format!("{error}\n{breakages:?}");
    assert!(!told.contains("secret") && told.contains("ACCESS api"), "{told}");
    let user = "DEFINE USER ann ON DATABASE PASSWORD 'third-secret' ROLES VIEWER";
    if let Err(error) = next(&dir, &format!("{};{user}", access("first-secret")), &ask()) {
        assert!(!format!("{error:?}").contains("third-secret"), "{error:?}");
    }
}

#[test]
fn what_only_the_run_can_tell_is_refused_with_its_place_and_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("V1__a.surql"), "DEFINE TABLE a;\n\nDEFINE PARAM $now VALUE time::now();\n").unwrap();
    let error = next(&dir, "DEFINE TABLE a; DEFINE PARAM $now VALUE 1", &ask()).unwrap_err();
    let told = error.to_string();
    assert!(told.contains("V1__a.surql:3: param now"), "{told}");
    assert!(told.contains("define it anew in a migration, with plain values and `OVERWRITE`"), "{told}");
    fs::write(dir.path().join("V2__b.surql"), "DEFINE PARAM OVERWRITE $now VALUE 1;\n").unwrap();
    let error = next(&dir, "DEFINE TABLE a; DEFINE PARAM $now VALUE 1", &ask()).unwrap_err();
    assert!(matches!(error, NextError::Unchanged), "{error}");
}

#[test]
fn what_breaks_is_put_off_to_the_second_phase() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, USER, &ask());
    let schema = "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD name ON user TYPE option<string>";
    let next = next(&dir, schema, &wish(Consent::Ask, Rollout::Phased, &[])).unwrap();
    assert_eq!(next.file, "V2__change.toml");
    let steps = steps(&next.text);
    let said: Vec<_> = steps.iter().map(|(phase, sql)| (phase.as_str(), sql.as_str())).collect();
    assert_eq!(
        said,
        [("start", "DEFINE FIELD name ON user TYPE option<string>"), ("complete", "REMOVE FIELD email ON user"),]
    );
}

#[test]
fn a_rename_in_phases_takes_the_values_along_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, &format!("{USER}DEFINE FIELD mail ON user TYPE string;"), &ask());
    let schema = format!("{USER}DEFINE FIELD address ON user TYPE string;");
    let next = next(&dir, &schema, &wish(Consent::Ask, Rollout::Phased, &["user.mail=address"])).unwrap();
    let manifest: toml::Table = next.text.parse().unwrap();
    let steps = manifest["step"].as_array().unwrap();
    let word = |step: &toml::Value, key: &str| step.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let sql: Vec<_> = steps.iter().map(|step| word(step, "sql").unwrap_or_default()).collect();
    // A required field is one that older binaries do not write: it comes last as well.
    let define = "DEFINE FIELD address ON user TYPE string";
    assert_eq!(sql, ["", define, "", "REMOVE FIELD mail ON user", "UPDATE user UNSET mail WHERE mail != NONE"]);
    assert_eq!((word(&steps[0], "phase"), word(&steps[0], "assert")), (Some("start".into()), Some("true".into())));
    assert_eq!(word(&steps[2]["backfill"], "where").as_deref(), Some("address IS NONE AND mail IS NOT NONE"));
}

#[test]
fn what_nobody_feels_needs_no_phases() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, USER, &ask());
    let schema = format!("{USER}DEFINE TABLE post;");
    assert!(matches!(next(&dir, &schema, &wish(Consent::Ask, Rollout::Phased, &[])), Err(NextError::Harmless)));
}

/// The phase and the statement of each step of a manifest.
fn steps(manifest: &str) -> Vec<(String, String)> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let text = |step: &toml::Value, key: &str| step[key].as_str().unwrap().to_owned();
    let steps = manifest["step"].as_array().unwrap();
    let ids: std::collections::BTreeSet<_> = steps.iter().map(|step| text(step, "id")).collect();
    assert_eq!(ids.len(), steps.len(), "every step has an id of its own");
    let with_text = steps.iter().filter(|step| step.get("sql").is_some());
    with_text.map(|step| (text(step, "phase"), text(step, "sql"))).collect()
}

#[test]
fn a_secret_that_changed_is_noticed_although_the_database_shows_none() {
    let dir = tempfile::tempdir().unwrap();
    let access = |key: &str| format!("DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS256 KEY '{key}'");
    write(&dir, &access("one"), &wish(Consent::Given, Rollout::AtOnce, &[]));
    assert!(matches!(next(&dir, &access("one"), &ask()), Err(NextError::Unchanged)));
    let text = write(&dir, &access("two"), &wish(Consent::Given, Rollout::AtOnce, &[]));
    assert!(text.contains("KEY 'two'"), "{text}");
    assert!(matches!(next(&dir, &access("two"), &ask()), Err(NextError::Unchanged)));
}

#[test]
fn what_is_no_schema_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = loaded(dir.path());
    for (text, line, said) in [
        ("DEFINE TABLE a;\nCREATE a;", 2, "this defines nothing"),
        ("REMOVE TABLE a", 1, "this defines nothing"),
        ("DEFINE TABLE a;\nDEFINE TABLE a;", 2, "table a is defined twice"),
        ("DEFINE TABLE user;\nDEFINE FIELD a ON usr;", 2, "did you mean `user`?"),
        ("DEFINE PARAM $p VALUE time::now()", 1, "only known when it runs"),
        ("DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS256 KEY '[REDACTED]'", 1, "in the place of a secret"),
        ("DEFINE USER u ON ROOT PASSWORD 'x'", 1, "outside"),
        ("DEFINE TABLE v AS SELECT * FROM gone", 1, "selects from is not there"),
        ("DEFINE TABLE a SCHEMAFULL; DEFINE INDEX i ON a FIELDS b", 1, "does not have"),
        ("DEFINE TABEL a", 1, "M101"),
    ] {
        let error = read(text, &loaded).unwrap_err();
        assert!(error.contains(said) && error.contains(&format!("schema/all.surql:{line}:")), "{error}");
    }
    assert!(read("-- nothing yet\n", &loaded).unwrap().catalog().is_empty());
}

#[test]
fn definitions_find_what_they_need_in_any_order_and_any_file() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = loaded(dir.path());
    let files = [
        "DEFINE TABLE deep AS SELECT * FROM view; DEFINE INDEX i ON note FIELDS text FULLTEXT ANALYZER words",
        "DEFINE TABLE view AS SELECT * FROM note; DEFINE FIELD text ON note TYPE string",
        "DEFINE TABLE note SCHEMAFULL; DEFINE ANALYZER words TOKENIZERS class",
    ];
    let read = |order: [usize; 3]| {
        let files = order.map(|at| (format!("{at}.surql"), files[at].as_bytes().to_vec()));
        Desired::read(&files, &loaded).unwrap_or_else(|error| panic!("{error}")).catalog()
    };
    let first = read([0, 1, 2]);
    assert_eq!(first.len(), 6);
    assert_eq!((read([2, 1, 0]), read([1, 2, 0])), (first.clone(), first));
}

/// A schema: each object in one of several forms, or not at all.
fn schema() -> impl Strategy<Value = String> {
    let maybe = |forms: &'static [&'static str]| prop::option::weighted(0.6, select(forms));
    let table = maybe(&["", " SCHEMAFULL", " TYPE NORMAL", " PERMISSIONS FULL", " COMMENT 'c' CHANGEFEED 1d"]);
    let edge = maybe(&["", " SCHEMAFULL", " ENFORCED"]);
    let field = || {
        let types = [
            "",
            " TYPE int",
            " TYPE string",
            " TYPE option<string>",
            " TYPE array<int>",
            " TYPE option<array<string>>",
            " TYPE object",
            " TYPE record<a>",
        ];
        let clauses = [
            "",
            "",
            " DEFAULT 1",
            " READONLY",
            " ASSERT $value != 3",
            " COMMENT 'c'",
            " PERMISSIONS NONE",
            " DEFAULT ALWAYS 2",
        ];
        prop::option::weighted(0.5, (select(types.to_vec()), select(clauses.to_vec())))
    };
    let fields = prop::collection::vec(field(), 10);
    let rest = (
        maybe(&["FIELDS x", "FIELDS x UNIQUE", "FIELDS xs", "FIELDS x, xs COMMENT 'c'"]),
        maybe(&["x", "*", "count() AS n"]),
        maybe(&["WHEN true THEN {}", "WHEN $event = 'CREATE' THEN { CREATE b }"]),
        maybe(&["1", "'x'", "[1, 2]"]),
        maybe(&["() { RETURN 1 }", "($a: int) { RETURN $a }", "() {\n  RETURN $p;\n}"]),
        maybe(&["TOKENIZERS class", "TOKENIZERS blank FILTERS lowercase"]),
    );
    (table, table_b(), edge, fields, rest).prop_map(
        |(a, b, edge, fields, (index, view, event, param, function, analyzer))| {
            let mut text = Vec::new();
            let mut push = |object: Option<String>| text.extend(object);
            for (at, field) in fields.iter().enumerate() {
                let (table, exists) = if at % 2 == 0 { ("a", a.is_some()) } else { ("b", b.is_some()) };
                let name = ["x", "xs", "y", "xs.*", "z"][at / 2];
                push(field.filter(|_| exists).map(|(t, clause)| format!("DEFINE FIELD {name} ON {table}{t}{clause}")));
            }
            push(index.filter(|_| a.is_some()).map(|form| format!("DEFINE INDEX i ON a {form}")));
            push(event.filter(|_| a.is_some()).map(|form| format!("DEFINE EVENT e ON a {form}")));
            push(view.filter(|_| a.is_some()).map(|form| {
                let group = if form.starts_with("count") { " GROUP ALL" } else { "" };
                format!("DEFINE TABLE v AS SELECT {form} FROM a{group}")
            }));
            push(a.map(|form| format!("DEFINE TABLE a{form}")));
            push(b.map(|form| format!("DEFINE TABLE b{form}")));
            push(
                edge.filter(|_| a.is_some() && b.is_some())
                    .map(|form| format!("DEFINE TABLE r TYPE RELATION IN a OUT b{form}")),
            );
            push(param.map(|form| format!("DEFINE PARAM $p VALUE {form}")));
            push(function.map(|form| format!("DEFINE FUNCTION fn::f{form}")));
            push(analyzer.map(|form| format!("DEFINE ANALYZER words {form}")));
            text.join(";\n")
        },
    )
}

fn table_b() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.6, select(&["", " SCHEMAFULL", " DROP"][..]))
}

/// The law: from any schema to any other one, the file passes the build, and the fold of the chain is the other one.
#[test]
fn from_any_schema_to_any_other() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 320,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let count = std::cell::Cell::new(0);
    let law = |(one, other): (String, String)| {
        let dir = tempfile::tempdir().unwrap();
        let force = wish(Consent::Given, Rollout::AtOnce, &[]);
        let empty = loaded(dir.path());
        let (Ok(first), Ok(second)) = (read(&one, &empty), read(&other, &empty)) else { return Ok(()) };
        let v1 = match next(&dir, &one, &force) {
            Ok(_) => write(&dir, &one, &force),
            Err(NextError::Unchanged | NextError::Invalid(_)) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{one}\n{error}"))),
        };
        prop_assert!(!v1.contains("allow("), "nobody knows what is new: {}", v1);
        if first.catalog() == second.catalog() {
            let is_unchanged = matches!(next(&dir, &other, &force), Err(NextError::Unchanged));
            prop_assert!(is_unchanged);
            return Ok(());
        }
        if let Err(NextError::Invalid(_)) = next(&dir, &other, &force) {
            return Ok(());
        }
        let phased = next(&dir, &other, &wish(Consent::Ask, Rollout::Phased, &[]));
        if let Ok(phased) = phased {
            let steps = steps(&phased.text);
            let of = |phase: &str| -> String {
                let of_phase = steps.iter().filter(|(of, _)| of == phase).map(|(_, sql)| sql.as_str());
                of_phase.flat_map(|sql| [sql, ";\n"]).collect()
            };
            let (start, complete) = (of("start"), of("complete"));
            prop_assert!(!complete.is_empty());
            prop_assert_eq!(catalog(&[&v1, &start, &complete]).diff(&second.catalog()), [], "{}", phased.text);
            if !start.is_empty() {
                let chain = __analyse(&[&v1, &start]);
                let harm = chain[1].statements.iter().map(migrate_core::Statement::effect).max();
                prop_assert!(harm < Some(migrate_core::Effect::Restrictive), "{}", phased.text);
            }
        } else {
            prop_assert!(matches!(phased, Err(NextError::LikelyRenames(_) | NextError::Harmless)), "{:?}", phased);
        }
        write(&dir, &other, &force);
        count.set(count.get() + 1);
        Ok(())
    };
    runner.run(&(schema(), schema()), law).unwrap();
    assert!(count.get() > 40, "enough pairs are of schemas that there can be: {count:?}");
}

/// The schema that a chain of texts leads to; those that are empty are left out.
fn catalog(texts: &[&str]) -> Catalog {
    let texts: Vec<&str> = texts.iter().copied().filter(|text| !text.is_empty()).collect();
    let analysed = __analyse(&texts);
    assert_eq!(analysed.len(), texts.len(), "{texts:#?}");
    analysed.last().map(|one| one.catalog.clone()).unwrap_or_default()
}
