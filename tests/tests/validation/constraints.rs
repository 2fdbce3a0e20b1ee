//! The rows that are in the way are found, counted and shown.

use migrate_runtime::{FindingCode, FindingSeverity, RowCount, ValidationOptions, ValidationVerdict};
use migrate_tests::{module, rows};

use super::{USERS, at_v1, codes, everything, tenant, validate, with};

#[tokio::test]
async fn a_statement_that_would_fail_is_named_with_its_line_and_a_unique_index_with_the_rows_in_its_way() {
    let text = "-- migrate: allow(M301) -\n-- migrate: allow(M424) -\nDEFINE TABLE other;\n\n\
                DEFINE INDEX u ON user FIELDS name UNIQUE;\n";
    let chain = with("V2__unique.surql", text);
    let db = at_v1(
        chain,
        "CREATE user:1 SET name = 'a'; CREATE user:2 SET name = 'a'; CREATE user:3 SET name = 'b'; CREATE user:4 SET name = 'a';",
    )
    .await;
    let before = everything(&db, &tenant(), &["user"]).await;
    let validation = validate(chain, &db, ValidationOptions::new().examples(2)).await;
    assert_eq!(codes(&validation), [FindingCode::Fails, FindingCode::DuplicateValues], "{validation}");
    let [fails, duplicates] = &validation.findings[..] else { panic!("{validation}") };
    assert_eq!(
        (fails.line, fails.severity, fails.file.as_str()),
        (Some(5), FindingSeverity::Error, "V2__unique.surql")
    );
    assert!(fails.message.contains("already contains 'a'"), "{}", fails.message);
    let found = duplicates.rows.as_ref().unwrap();
    assert_eq!(
        (found.count, &found.examples[..]),
        (RowCount::Exactly(3), &["user:1".to_owned(), "user:2".to_owned()][..])
    );
    assert_eq!(validation.verdict(), ValidationVerdict::Fail);
    assert_eq!(everything(&db, &tenant(), &["user"]).await, before);
}

#[tokio::test]
async fn rows_that_a_required_field_a_narrower_type_or_an_assertion_refuses_are_found() {
    let text = "-- migrate: allow(M301) -\n-- migrate: allow(M302) -\n-- migrate: allow(M304) -\n\
                DEFINE FIELD OVERWRITE email ON user TYPE string ASSERT $value CONTAINS '@';\n\
                DEFINE FIELD OVERWRITE name ON user TYPE string ASSERT string::len($value) > 1;\n";
    let chain = with("V2__strict.surql", text);
    let rows = "CREATE user:1 SET name = 'ab', email = 'a@b'; CREATE user:2 SET name = 'ab'; \
                CREATE user:3 SET name = 'ab', email = 'nowhere'; CREATE user:4 SET name = 'a', email = 'a@b';";
    let db = at_v1(chain, rows).await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert_eq!(codes(&validation), [FindingCode::RefusedValues, FindingCode::RefusedValues], "{validation}");
    let found: Vec<_> = validation
        .findings
        .iter()
        .map(|one| (one.object.as_ref().unwrap().to_string(), one.line, one.rows.clone().unwrap().examples))
        .collect();
    assert_eq!(
        found,
        [
            ("field user.email".to_owned(), Some(4), vec!["user:2".to_owned(), "user:3".to_owned()]),
            ("field user.name".to_owned(), Some(5), vec!["user:4".to_owned()]),
        ]
    );
    // What the engine says to a write of each row is what the queries said.
    let _ = migrate_runtime::Migrator::new([chain]).unwrap().migrate(&db, tenant()).await;
    for (id, is_refused) in [(1, false), (2, true), (3, true), (4, true)] {
        let written =
            surrealdb::Surreal::query(&db, format!("USE NS acme DB `eu-1`; UPDATE user:{id};")).await.unwrap();
        assert_eq!(written.check().is_err(), is_refused, "user:{id}");
    }
}

#[tokio::test]
async fn rows_that_the_migration_itself_puts_right_are_not_in_the_way() {
    let text = "-- migrate: allow(M301) -\n-- migrate: allow(M423) -\nDEFINE FIELD age ON user TYPE int;\nUPDATE user SET age = 1;\n";
    let chain = with("V2__age.surql", text);
    let db = at_v1(chain, "CREATE user:1 SET name = 'a'; CREATE user:2 SET name = 'b';").await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert!(!codes(&validation).contains(&FindingCode::RefusedValues), "{validation}");
}

#[tokio::test]
async fn what_was_never_typed_is_held_against_its_new_type() {
    let files = [
        ("V1__loose.surql", "DEFINE TABLE t SCHEMALESS;\n"),
        (
            "V2__typed.surql",
            "-- migrate: allow(M301) -\nDEFINE FIELD n ON t TYPE option<int>;\nDEFINE FIELD tags ON t TYPE option<array<string>>;\n\
             DEFINE FIELD `odd name` ON t TYPE option<bool>;\n",
        ),
    ];
    let chain = module("app", &files);
    let rows = "CREATE t:1 SET n = 1, tags = ['a'], `odd name` = true; CREATE t:2 SET n = 2.0; CREATE t:3 SET n = 2.5; \
                CREATE t:4 SET n = 'x'; CREATE t:5 SET tags = ['a', 1]; CREATE t:6 SET tags = 'a'; CREATE t:7 SET `odd name` = 1;";
    let db = at_v1(chain, rows).await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    let mut found: Vec<_> = validation.findings.iter().flat_map(|one| one.rows.clone().unwrap().examples).collect();
    found.sort();
    assert_eq!(found, ["t:3", "t:4", "t:5", "t:6", "t:7"], "{validation}");
    let _ = migrate_runtime::Migrator::new([chain]).unwrap().migrate(&db, tenant()).await;
    for id in 1..=7 {
        let written = surrealdb::Surreal::query(&db, format!("USE NS acme DB `eu-1`; UPDATE t:{id};")).await.unwrap();
        assert_eq!(written.check().is_err(), found.contains(&format!("t:{id}")), "t:{id}");
    }
}

#[tokio::test]
async fn a_concurrent_index_of_a_stepwise_migration_is_tried_and_its_batches_are_said_not_to_be() {
    let unique =
        "-- migrate: stepwise\n-- migrate: allow(M301) -\nDEFINE INDEX u ON user FIELDS name UNIQUE CONCURRENTLY;\n";
    let chain = module("app", &[USERS, ("V2__slow.surql", unique)]);
    let db = at_v1(chain, "CREATE user:1 SET name = 'a'; CREATE user:2 SET name = 'a';").await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert_eq!(codes(&validation)[..2], [FindingCode::Fails, FindingCode::DuplicateValues], "{validation}");

    let batched =
        "-- migrate: stepwise\nUPDATE (SELECT VALUE id FROM user WHERE email IS NONE LIMIT 1) SET email = 'x';\n";
    let files = [USERS, ("V2__slow.surql", batched), ("V3__next.surql", "DEFINE TABLE next;\n")];
    let chain = module("app", &files);
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    let skipped: Vec<_> = validation.skipped.iter().map(|one| one.migration.unwrap().version.get()).collect();
    assert_eq!(skipped, [3, 2], "{validation}");
    assert_eq!(codes(&validation), [FindingCode::NotTried, FindingCode::Irreversible]);
}

#[tokio::test]
async fn a_concurrent_index_is_tried_as_its_statement_says_whatever_is_there() {
    let plain = "-- migrate: stepwise\nDEFINE INDEX i ON user FIELDS name CONCURRENTLY;\n";
    let by_hand = "DEFINE INDEX i ON user FIELDS email;";
    let chain = module("app", &[USERS, ("V2__index.surql", plain)]);
    let validation = validate(chain, &at_v1(chain, by_hand).await, ValidationOptions::new()).await;
    assert!(
        codes(&validation).contains(&FindingCode::Fails),
        "it is there, and is not to be overwritten: {validation}"
    );

    let unless = "-- migrate: stepwise\nDEFINE INDEX IF NOT EXISTS i ON user FIELDS name CONCURRENTLY;\n";
    let chain = module("app", &[USERS, ("V2__index.surql", unless)]);
    let validation = validate(chain, &at_v1(chain, by_hand).await, ValidationOptions::new()).await;
    assert!(validation.can_apply_with_force(), "what is there stays: {validation}");

    let again = "-- migrate: stepwise\nDEFINE INDEX OVERWRITE i ON user FIELDS name CONCURRENTLY;\n";
    let first = "DEFINE INDEX i ON user FIELDS email;\n";
    let chain = module("app", &[USERS, ("V2__index.surql", first), ("V3__again.surql", again)]);
    let validation = validate(chain, &at_v1(chain, "RETURN 1;").await, ValidationOptions::new()).await;
    assert!(!codes(&validation).contains(&FindingCode::Fails), "V2 has defined it by then: {validation}");
}

#[tokio::test]
async fn links_to_tables_that_are_no_longer_meant_are_found() {
    let wide = ("V2__wide.surql", "DEFINE TABLE org;\nDEFINE FIELD of ON user TYPE option<record<user | org>>;\n");
    let narrow = (
        "V3__narrow.surql",
        "-- migrate: allow(M301) -\n-- migrate: allow(M302) -\nDEFINE FIELD OVERWRITE of ON user TYPE option<record<user>>;\n",
    );
    let db = at_v1(module("app", &[USERS]), "RETURN 1;").await;
    let before = module("app", &[USERS, wide]);
    let _ = migrate_runtime::Migrator::new([before]).unwrap().migrate(&db, tenant()).await;
    rows(&db, &tenant(), "CREATE user:1 SET name = 'a', of = org:1; CREATE user:2 SET name = 'b', of = user:1;").await;
    let validation = validate(module("app", &[USERS, wide, narrow]), &db, ValidationOptions::new()).await;
    let refused = validation.findings.iter().find(|one| one.code == FindingCode::RefusedValues);
    let examples = refused.and_then(|one| one.rows.as_ref()).map(|rows| rows.examples.clone());
    assert_eq!(examples, Some(vec!["user:1".to_owned()]), "{validation}");
}

#[tokio::test]
async fn a_phased_migration_is_read_and_said_not_to_be_tried() {
    let phased = "[[step]]\nid = \"add\"\nphase = \"start\"\nsql = 'DEFINE FIELD nick ON user TYPE option<string>'\n\n\
                  [[step]]\nid = \"remove\"\nphase = \"complete\"\nsql = 'REMOVE FIELD email ON user'\n";
    let chain = module("app", &[USERS, ("V2__nick.toml", phased)]);
    let validation = validate(chain, &at_v1(chain, "RETURN 1;").await, ValidationOptions::new()).await;
    assert_eq!(codes(&validation), [FindingCode::NotTried, FindingCode::Irreversible], "{validation}");
    assert!(validation.can_apply_with_force());
}
