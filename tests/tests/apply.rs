//! What applying does to one context, on the embedded engine.

use migrate_runtime::{
    Context, Effect, Fleet, Migration, Migrations, Migrator, Outcome, Refusal, Report, Statement, StatementKind, Status,
};
use migrate_tests::{Faulty, engine, ledger, log, module, rows};
use serde_json::json;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

async fn migrate(db: &Surreal<Any>, schema: &'static Migrations) -> Report {
    let migrator = Migrator::new([schema]).unwrap().applied_by("test", "1.2.3");
    migrator.migrate_all(db, Fleet::contexts([tenant()])).await.unwrap()
}

fn outcome(report: &Report) -> &Outcome {
    let [context] = report.contexts() else { panic!("one context") };
    &context.outcome
}

const V1: (&str, &str) = ("V1__init.surql", "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n");
const V2: (&str, &str) =
    ("V2__bio.surql", "-- no semicolon at the end\nDEFINE FIELD bio ON user TYPE option<string> -- end");
const V3: (&str, &str) = ("V3__team.surql", "DEFINE TABLE team SCHEMAFULL;\n");

#[tokio::test]
async fn a_fresh_context_gets_every_migration_and_a_row_for_each() {
    let db = engine().await;
    let report = migrate(&db, module("app", &[V1, V2])).await;
    assert_eq!(outcome(&report), &Outcome::Migrated);
    assert_eq!(report.contexts()[0].applied.len(), 2);

    let rows = ledger(&db, &tenant()).await;
    let [one, two] = &rows[..] else { panic!("two rows, not {rows:?}") };
    assert_eq!((&one["module"], &one["version"], &one["name"]), (&json!("app"), &json!(1), &json!("init")));
    assert_eq!((&one["status"], &one["statements"], &one["breaking"]), (&json!("applied"), &json!(2), &json!(false)));
    assert_eq!((&one["applied_by"]["binary"], &one["applied_by"]["version"]), (&json!("test"), &json!("1.2.3")));
    assert!(one["duration"].is_string() && one["applied_at"].is_string());
    assert_eq!(two["file"], "V2__bio.surql");
    assert_ne!(two["chain"], one["chain"]);
    let log = log(&db, &tenant()).await;
    assert_eq!(log.iter().map(|row| &row["event"]).collect::<Vec<_>>(), ["applied", "applied"]);
}

#[tokio::test]
async fn an_up_to_date_context_is_only_read() {
    let db = engine().await;
    let schema = module("app", &[V1, V2]);
    let _ = migrate(&db, schema).await;
    let watched = Faulty::new(&db, []);
    let migrator = Migrator::new([schema]).unwrap();
    let report = migrator.migrate_all(&watched, Fleet::contexts([tenant()])).await.unwrap();
    assert_eq!(outcome(&report), &Outcome::UpToDate);
    let texts = watched.texts();
    assert_eq!(texts.len() as u64, report.round_trips());
    for text in texts {
        for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            let reads = ["USE ", "SELECT ", "INFO "].iter().any(|keyword| statement.starts_with(keyword));
            assert!(reads, "{statement}");
        }
    }
}

#[tokio::test]
async fn only_what_is_pending_is_applied() {
    let db = engine().await;
    let _ = migrate(&db, module("app", &[V1])).await;
    let report = migrate(&db, module("app", &[V1, V2, V3])).await;
    let versions: Vec<_> = report.contexts()[0].applied.iter().map(|applied| applied.version.get()).collect();
    assert_eq!(versions, [2, 3]);
    assert_eq!(ledger(&db, &tenant()).await.len(), 3);
}

#[tokio::test]
async fn a_failing_statement_leaves_no_trace_but_a_failed_record_with_file_and_line() {
    let db = engine().await;
    let broken = "CREATE user:1 SET email = 'a';\n\nDEFINE TABLE note SCHEMAFULL;\n\nCREATE user:2\n  SET email = math::max([7]);\nDEFINE TABLE never;\n";
    let schema = module("app", &[V1, ("V2__broken.surql", broken), V3]);
    let report = migrate(&db, schema).await;

    let Outcome::Refused(Refusal::Failed { file, line, statement, cause, .. }) = outcome(&report) else {
        panic!("{report}")
    };
    assert_eq!((file.as_str(), *line), ("V2__broken.surql", Some(5)));
    assert_eq!(statement.as_deref(), Some("CREATE user:2 SET email = math::max([7])"));
    assert!(cause.contains("Expected `string` but found `7`"), "{cause}");
    let kept: Vec<_> = report.contexts()[0].applied.iter().map(|applied| applied.version.get()).collect();
    assert_eq!(kept, [1]);

    let info = rows(&db, &tenant(), "INFO FOR DB;").await;
    let tables: Vec<_> = info["tables"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(tables, ["_migration_log", "_migrations", "user"]);
    assert_eq!(rows(&db, &tenant(), "SELECT * FROM user;").await, json!([]));

    let rows = ledger(&db, &tenant()).await;
    let [_, failed] = &rows[..] else { panic!("V1 and the failed V2, not {rows:?}") };
    assert_eq!(
        (&failed["version"], &failed["status"], &failed["error"]["line"]),
        (&json!(2), &json!("failed"), &json!(5))
    );
    assert_eq!(failed["error"]["statement"], "CREATE user:2 SET email = math::max([7])");
}

#[tokio::test]
async fn what_failed_is_applied_once_its_cause_is_gone() {
    let db = engine().await;
    let schema = module("app", &[V1, ("V2__team.surql", "DEFINE TABLE team;\nCREATE team:1;\n")]);
    let _ = migrate(&db, module("app", &[V1])).await;
    rows(&db, &tenant(), "DEFINE TABLE team; CREATE team:1;").await;
    assert!(matches!(outcome(&migrate(&db, schema).await), Outcome::Refused(Refusal::Failed { .. })));
    assert!(matches!(outcome(&migrate(&db, schema).await), Outcome::Refused(Refusal::Failed { .. })));

    rows(&db, &tenant(), "REMOVE TABLE team;").await;
    assert_eq!(outcome(&migrate(&db, schema).await), &Outcome::Migrated);
    let events: Vec<_> = log(&db, &tenant()).await.iter().map(|row| row["event"].clone()).collect();
    assert_eq!(events, ["applied", "failed", "failed", "applied"]);
    let rows = ledger(&db, &tenant()).await;
    assert_eq!((&rows[1]["status"], rows[1].get("error")), (&json!("applied"), None));
}

#[tokio::test]
async fn a_first_migration_that_fails_is_recorded_too() {
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE user;").await;
    let report = migrate(&db, module("app", &[V1])).await;
    assert!(matches!(outcome(&report), Outcome::Refused(Refusal::Failed { line: Some(1), .. })), "{report}");
    assert_eq!(ledger(&db, &tenant()).await[0]["status"], "failed");
}

#[tokio::test]
async fn an_edited_migration_is_divergent_with_both_checksums() {
    let db = engine().await;
    let (old, new) = (module("app", &[V1]), module("app", &[("V1__init.surql", "DEFINE TABLE user SCHEMALESS;\n")]));
    let _ = migrate(&db, old).await;
    let report = migrate(&db, new).await;
    let Outcome::Refused(Refusal::Divergent { recorded, embedded, .. }) = outcome(&report) else { panic!("{report}") };
    let checksum = |module: &Migrations| module.as_slice()[0].checksum();
    assert_eq!((*recorded, *embedded), (checksum(old), Some(checksum(new))));
}

#[tokio::test]
async fn an_older_binary_is_ahead_or_incompatible_as_the_unknown_migration_says() {
    let db = engine().await;
    let _ = migrate(&db, module("app", &[V1, V2])).await;
    let older = module("app", &[V1]);
    let report = migrate(&db, older).await;
    let Outcome::Ahead(ahead) = outcome(&report) else { panic!("{report}") };
    assert_eq!((ahead[0].version.get(), ahead[0].by), (2, 1));

    rows(&db, &tenant(), "UPDATE _migrations:['app', 2] SET breaking = true;").await;
    let report = migrate(&db, older).await;
    assert!(matches!(outcome(&report), Outcome::Refused(Refusal::Incompatible { .. })), "{report}");
    assert_eq!(report.counts().incompatible, 1);
}

#[tokio::test]
async fn a_row_that_was_taken_away_is_missing() {
    let db = engine().await;
    let schema = module("app", &[V1, V2]);
    let _ = migrate(&db, schema).await;
    rows(&db, &tenant(), "DELETE _migrations:['app', 1];").await;
    let report = migrate(&db, schema).await;
    assert!(matches!(outcome(&report), Outcome::Refused(Refusal::Missing { .. })), "{report}");
}

#[tokio::test]
async fn a_table_of_somebody_else_under_the_ledgers_name_is_left_alone() {
    let db = engine().await;
    rows(&db, &tenant(), "CREATE _migrations:1 SET name = 'theirs';").await;
    let report = migrate(&db, module("app", &[V1])).await;
    assert!(matches!(outcome(&report), Outcome::Refused(Refusal::Unreadable { .. })), "{report}");
    assert_eq!(rows(&db, &tenant(), "SELECT * FROM _migrations;").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn modules_have_version_spaces_of_their_own() {
    let db = engine().await;
    let (app, auth) = (module("app", &[V1, V2]), module("auth", &[("V1__team.surql", V3.1)]));
    let migrator = Migrator::new([app, auth]).unwrap();
    let report = migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    assert_eq!(outcome(&report), &Outcome::Migrated);
    let rows = ledger(&db, &tenant()).await;
    let ids: Vec<_> =
        rows.iter().map(|row| (row["module"].as_str().unwrap(), row["version"].as_u64().unwrap())).collect();
    assert_eq!(ids, [("app", 1), ("app", 2), ("auth", 1)]);
}

#[tokio::test]
async fn what_one_migration_lets_the_next_one_does_not_find() {
    let first = ("V1__let.surql", "DEFINE TABLE seen;\nLET $limit = 5;\nCREATE seen:1 SET limit = $limit;\n");
    let second = ("V2__read.surql", "CREATE seen:2 SET limit = $limit;\n");
    let db = engine().await;
    let report = migrate(&db, module("app", &[first, second])).await;
    assert_eq!(outcome(&report), &Outcome::Migrated);
    let seen = rows(&db, &tenant(), "SELECT * FROM seen;").await;
    assert_eq!(seen, json!([{ "id": "seen:1", "limit": 5 }, { "id": "seen:2" }]), "as if V2 had come a year later");
}

/// A module that no build would let pass: its one migration has these statements.
fn unchecked(statements: &[&str]) -> &'static Migrations {
    let text = statements.join(";\n");
    let range = |statement: &&str| text.find(*statement).map(|start| (start, start + statement.len())).unwrap();
    let kind = StatementKind::Expression;
    let known =
        statements.iter().map(|one| Statement::__new(range(one), 1, kind, Effect::Data, None)).collect::<Vec<_>>();
    let migration = Migration::__new(1, "x", "V1__x.surql", text.clone().leak(), [1; 32], [1; 32]);
    let chain = vec![migration.__with_statements(known.leak())];
    Box::leak(Box::new(Migrations::__new("app", chain.leak())))
}

#[tokio::test]
async fn what_ends_or_tears_a_migration_half_way_is_never_taken_for_applied() {
    for trap in ["RETURN 1", "BREAK"] {
        let db = engine().await;
        let schema = unchecked(&["CREATE a:1", trap, "CREATE a:2"]);
        for start in ["first", "second"] {
            let report = migrate(&db, schema).await;
            let stuck = matches!(outcome(&report), Outcome::Refused(Refusal::Stuck { status: Status::Started, .. }));
            assert!(stuck, "{trap}, {start} start: {report}");
        }
        assert_eq!(ledger(&db, &tenant()).await[0]["status"], "started", "{trap}");
    }
}
