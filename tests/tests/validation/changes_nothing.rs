//! What was tried is taken back, whole; and what passes can be applied.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use migrate_runtime::{FindingCode, Migrator, ValidationOptions};
use migrate_tests::{engine, module, rows};
use proptest::prelude::*;
use serde_json::json;

use super::{USERS, at_v1, codes, everything, tenant, validate, version};

#[tokio::test]
async fn rows_definitions_events_and_identifiers_are_taken_back() {
    let text = "-- migrate: allow(M302) -\n-- migrate: allow(M423) -\nDEFINE EVENT seen ON user WHEN true THEN (CREATE audit);\n\
                DEFINE TABLE audit CHANGEFEED 1d;\nCREATE user SET name = rand::ulid();\nUPDATE user SET name = 'z';\n\
                DELETE user:1;\nREMOVE FIELD email ON user;\n";
    let chain = module("app", &[USERS, ("V2__all.surql", text)]);
    let db = at_v1(chain, "CREATE user:1 SET name = 'a'; CREATE user:2 SET name = 'b'; DEFINE TABLE audit;").await;
    rows(&db, &tenant(), "REMOVE TABLE audit;").await;
    let before = everything(&db, &tenant(), &["user"]).await;
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert!(validation.can_apply_with_force(), "{validation}");
    assert_eq!(everything(&db, &tenant(), &["user"]).await, before);
}

#[tokio::test]
async fn a_live_query_hears_nothing_of_what_is_tried() {
    use futures_util::StreamExt;
    let chain = module("app", &[USERS, ("V2__row.surql", "CREATE user:7 SET name = 'a';\n")]);
    let db = at_v1(chain, "RETURN 1;").await;
    let listener = db.clone();
    listener.use_ns("acme").use_db("eu-1").await.unwrap();
    let mut live = listener.select::<Vec<surrealdb::types::Value>>("user").live().await.unwrap();
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&heard);
    let task = tokio::spawn(async move {
        while live.next().await.is_some() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let validation = validate(chain, &db, ValidationOptions::new()).await;
    assert!(validation.can_apply_with_force(), "{validation}");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(heard.load(Ordering::SeqCst), 0);
    task.abort();
}

#[tokio::test]
async fn a_number_that_was_taken_from_a_sequence_is_used_up() {
    let files = [
        ("V1__s.surql", "DEFINE SEQUENCE s;\nDEFINE TABLE t;\n"),
        ("V2__n.surql", "CREATE t SET n = sequence::nextval('s');\n"),
    ];
    let chain = module("app", &files);
    let db = at_v1(chain, "RETURN 1;").await;
    let _ = validate(chain, &db, ValidationOptions::new()).await;
    let next = rows(&db, &tenant(), "sequence::nextval('s');").await;
    assert_eq!(next, json!(1), "the documented exception: 0 was taken and is not given again");
}

/// One statement of a generated migration, over two tables with rows.
fn statement() -> impl Strategy<Value = String> {
    let table = prop_oneof![Just("a"), Just("b")];
    let field = prop_oneof![Just("n"), Just("m"), Just("s")];
    let kind = prop_oneof![Just("int"), Just("option<int>"), Just("string"), Just("option<string | int>"), Just("any")];
    (table, field, kind, 0..9_u8, any::<u16>()).prop_map(|(table, field, kind, what, n)| match what {
        0 | 1 => format!("DEFINE FIELD OVERWRITE {field} ON {table} TYPE {kind};"),
        // Not one name twice: the engine refuses that at the commit, again and again.
        2 => format!("DEFINE INDEX i_{n} ON {table} FIELDS {field} UNIQUE;"),
        3 => format!("DEFINE INDEX i_{n} ON {table} FIELDS {field};"),
        4 => format!("UPDATE {table} SET {field} = 1;"),
        5 => format!("CREATE {table} SET {field} = 'x';"),
        6 => format!("DELETE {table} WHERE {field} IS NONE;"),
        7 => format!("REMOVE FIELD IF EXISTS {field} ON {table};"),
        _ => format!("DEFINE EVENT OVERWRITE e ON {table} WHEN true THEN (CREATE log);"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 4, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_changed_and_what_can_be_applied_is_applied(statements in prop::collection::vec(statement(), 1..5)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(async {
            let allows: String = ["M301", "M302", "M304", "M423", "M424", "M221", "M420", "M223"]
                .map(|code| format!("-- migrate: allow({code}) -\n"))
                .concat();
            let (first, rest) = statements.split_first().unwrap();
            let second = rest.join("\n") + "\nDEFINE TABLE last;\n";
            let folder = tempfile::tempdir().unwrap();
            let first_text = "DEFINE TABLE a;\nDEFINE TABLE b;\nDEFINE TABLE log;\n";
            for (file, text) in [
                ("V1__tables.surql", first_text.to_owned()),
                ("V2__one.surql", format!("{allows}{first}\n")),
                ("V3__two.surql", format!("{allows}{second}")),
                ("migrations.toml", "[rules]\nM028 = \"allow\"\n".to_owned()),
            ] {
                std::fs::write(folder.path().join(file), text).unwrap();
            }
            let options = migrate_build::Options::new("app");
            // What a build refuses is none of this test's business.
            let Ok(loaded) = migrate_build::load(&migrate_build::Folder::new(folder.path()), &options) else { return Ok(()) };
            let chain: &'static _ = Box::leak(Box::new(loaded.leak()));
            let db = engine().await;
            let migrator = || Migrator::new([chain]).unwrap().deadline(std::time::Duration::from_secs(5));
            let _ = migrator().until([("app", version(1))]).unwrap().migrate(&db, tenant()).await;
            rows(&db, &tenant(), "CREATE a:1 SET n = 1; CREATE a:2 SET n = 'x'; CREATE a:3; CREATE b:1 SET s = 1, m = 2; CREATE b:2 SET s = 1;").await;
            let before = everything(&db, &tenant(), &["a", "b", "log"]).await;
            let validation = validate(chain, &db, ValidationOptions::new()).await;
            prop_assert_eq!(everything(&db, &tenant(), &["a", "b", "log"]).await, before);
            let report = migrator().migrate(&db, tenant()).await;
            let is_tried = !codes(&validation).contains(&FindingCode::NotTried);
            let is_sure = is_tried || !validation.can_apply_with_force();
            if is_sure {
                prop_assert_eq!(validation.can_apply_with_force(), report.is_served(), "{} {:?}", validation, report.outcome);
            }
            Ok(())
        });
        result?;
    }
}
