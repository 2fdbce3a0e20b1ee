//! How the database behaves where the design stands on it. A test that fails here after an upgrade of the engine says
//! which decision has to be thought over.

use migrate_runtime::{Database, Reply, StatementErrorKind};
use migrate_tests::engine;
use serde_json::{Map, Value, json};

async fn run(text: &str) -> Reply {
    Database::query(&engine().await, text.to_owned(), Map::new()).await.unwrap()
}

async fn last(text: &str) -> Value {
    run(text).await.0.pop().unwrap().unwrap()
}

fn kind(reply: &Reply, at: usize) -> Option<StatementErrorKind> {
    reply.0[at].as_ref().err().map(|error| error.kind)
}

#[tokio::test]
async fn definitions_and_rows_roll_back_together() {
    let text = "USE NS a DB b; BEGIN; DEFINE TABLE t; CREATE t:1; THROW 'x'; COMMIT; INFO FOR DB;";
    assert_eq!(last(text).await["tables"], json!({}));
}

#[tokio::test]
async fn the_text_behind_a_transaction_that_fell_still_runs() {
    let text = "USE NS a DB b; BEGIN; THROW 'x'; COMMIT; BEGIN; CREATE t:1; COMMIT; SELECT * FROM t;";
    assert_eq!(last(text).await, json!([{ "id": "t:1" }]));
}

#[tokio::test]
async fn a_return_ends_a_transaction_early_and_commits_it_without_an_error() {
    let reply = run("USE NS a DB b; BEGIN; CREATE t:1; RETURN 1; CREATE t:2; COMMIT; SELECT * FROM t;").await;
    assert!(reply.0.iter().all(Result::is_ok), "{reply:?}");
    assert_eq!(reply.0.len(), 6, "one result fewer than statements");
    assert_eq!(reply.0.last().unwrap().as_ref().unwrap(), &json!([{ "id": "t:1" }]));
}

#[tokio::test]
async fn every_statement_of_a_transaction_gives_one_result_whether_it_holds_or_falls() {
    let holds = run("USE NS a DB b; BEGIN; LET $a = 1; FOR $i IN 0..2 { CREATE t }; IF true { 1 }; COMMIT;").await;
    assert_eq!(holds.0.len(), 6);
    let falls = run("USE NS a DB b; BEGIN; CREATE t:1; CREATE t:1; CREATE t:2; COMMIT;").await;
    assert_eq!(falls.0.len(), 6);
    let bystander = Some(StatementErrorKind::Bystander);
    assert_eq!(
        [2, 3, 4, 5].map(|at| kind(&falls, at)),
        [bystander, Some(StatementErrorKind::RecordExists), bystander, bystander]
    );
}

#[tokio::test]
async fn a_use_says_what_it_entered_and_creates_it() {
    let reply = run("USE NS a DB b; USE NS a; INFO FOR NS;").await;
    assert_eq!(reply.0[0].as_ref().unwrap(), &json!({ "namespace": "a", "database": "b" }));
    assert!(reply.0[2].as_ref().unwrap()["databases"].get("b").is_some());
}

#[tokio::test]
async fn what_a_use_creates_within_a_transaction_falls_with_it() {
    let text = "BEGIN; USE NS a; LET $there = INFO FOR NS; USE DB b; THROW 'x'; COMMIT; INFO FOR ROOT;";
    assert_eq!(last(text).await["namespaces"], json!({}));
}

#[tokio::test]
async fn only_a_table_that_does_not_exist_is_reported_as_such() {
    let reply = run("USE NS a DB b; SELECT * FROM t; DEFINE TABLE t; SELECT * FROM t;").await;
    assert_eq!(kind(&reply, 1), Some(StatementErrorKind::NoSuchTable));
    assert_eq!(reply.0[3].as_ref().unwrap(), &json!([]));
}

#[tokio::test]
async fn a_plain_default_does_not_help_the_rows_that_exist_and_an_unconditional_one_does() {
    let before = "USE NS a DB b; DEFINE TABLE t SCHEMAFULL; CREATE t:1;";
    let plain = run(&format!("{before} DEFINE FIELD n ON t TYPE int DEFAULT 0; UPDATE t:1;")).await;
    assert!(plain.0[4].as_ref().unwrap_err().message.contains("Expected `int` but found `NONE`"), "{plain:?}");
    let always = run(&format!("{before} DEFINE FIELD n ON t TYPE int DEFAULT ALWAYS 0; UPDATE t:1;")).await;
    assert_eq!(always.0[4].as_ref().unwrap(), &json!([{ "id": "t:1", "n": 0 }]));
}

#[tokio::test]
async fn a_field_of_an_array_implies_one_of_its_parts_which_outlives_it() {
    let text = "USE NS a DB b; DEFINE TABLE t; DEFINE FIELD tags ON t TYPE array<string>; REMOVE FIELD tags ON t; \
                INFO FOR TABLE t;";
    assert_eq!(
        last(text).await["fields"],
        json!({ "tags.*": "DEFINE FIELD tags.* ON t TYPE string PERMISSIONS FULL" })
    );
}

#[tokio::test]
async fn a_field_on_a_missing_table_creates_it_and_hides_a_later_definition() {
    let text = "USE NS a DB b; DEFINE FIELD f ON t; DEFINE TABLE IF NOT EXISTS t SCHEMAFULL; INFO FOR DB;";
    assert_eq!(last(text).await["tables"], json!({ "t": "DEFINE TABLE t TYPE ANY SCHEMALESS PERMISSIONS NONE" }));
}

#[tokio::test]
async fn a_row_written_whole_keeps_only_an_unconditional_default() {
    let before = "USE NS a DB b; DEFINE TABLE t SCHEMAFULL; CREATE t:1;";
    let plain = "DEFINE FIELD n ON t TYPE int DEFAULT 0; UPDATE t:1 SET n = 0; UPDATE t:1 CONTENT {};";
    let plain = run(&format!("{before} {plain}")).await;
    assert!(plain.0[5].as_ref().unwrap_err().message.contains("Expected `int` but found `NONE`"), "{plain:?}");
    let always = "DEFINE FIELD n ON t TYPE int DEFAULT ALWAYS 0; UPDATE t:1 SET n = 0; UPDATE t:1 CONTENT {};";
    let always = run(&format!("{before} {always}")).await;
    assert_eq!(always.0[5].as_ref().unwrap(), &json!([{ "id": "t:1", "n": 0 }]));
}

#[tokio::test]
async fn a_number_becomes_one_of_the_new_type_when_its_row_is_next_written_and_may_lose_digits() {
    let rows = |from: &str, value: &str, to: &str| {
        format!(
            "USE NS a DB b; DEFINE TABLE t; DEFINE FIELD n ON t TYPE {from}; CREATE t:1 SET n = {value}; \
             DEFINE FIELD OVERWRITE n ON t TYPE {to}; SELECT VALUE [type::of(n), <string> n] FROM t; UPDATE t:1 SET m = 1; \
             SELECT VALUE [type::of(n), <string> n] FROM t;"
        )
    };
    for (from, value, to, after) in [
        ("int", "9007199254740993", "float", ["float", "9007199254740992f"]),
        ("int", "9007199254740993", "decimal", ["decimal", "9007199254740993"]),
        ("int", "9007199254740993", "number", ["int", "9007199254740993"]),
        ("int", "5", "float | int", ["float", "5f"]),
        ("int", "5", "int | float", ["int", "5"]),
        ("float", "0.30000000000000004", "decimal", ["decimal", "0.3"]),
        ("decimal", "0.12345678901234567890123dec", "float", ["float", "0.12345678901234569f"]),
    ] {
        let reply = run(&rows(from, value, to)).await;
        assert_eq!(reply.0[5].as_ref().unwrap()[0][0], from, "the definition alone changes no row");
        assert_eq!(reply.0[7].as_ref().unwrap(), &json!([after]), "{from} to {to}");
    }
    let refused = run(&rows("float", "1.5", "int")).await;
    assert!(refused.0[6].as_ref().unwrap_err().message.contains("Expected `int` but found `1.5f`"), "{refused:?}");
}

#[tokio::test]
async fn the_length_of_an_array_type_is_the_only_one_that_it_takes() {
    let text =
        "USE NS a DB b; DEFINE FIELD a ON t TYPE array<int, 3>; CREATE t SET a = [1, 2]; CREATE t SET a = [1, 2, 3];";
    let reply = run(text).await;
    assert!(reply.0[2].is_err() && reply.0[3].is_ok(), "{reply:?}");
}

#[tokio::test]
async fn a_database_is_known_by_an_id_that_is_never_given_twice() {
    let ids = "(INFO FOR NS STRUCTURE).databases.map(|$database| [$database.name, $database.id])";
    let text = format!(
        "USE NS a DB x; USE NS a DB y; LET $before = {ids}; REMOVE DATABASE x; DEFINE DATABASE x; RETURN [$before, {ids}];"
    );
    assert_eq!(last(&text).await, json!([[["x", 0], ["y", 1]], [["x", 2], ["y", 1]]]));
}

#[tokio::test]
async fn a_transaction_over_two_databases_holds_or_falls_as_one() {
    let spanning = |end: &str| format!("USE NS a DB t; BEGIN; CREATE t:1; USE NS a DB s; UPSERT s:1; {end}; COMMIT;");
    let falls = format!("{} USE NS a DB t; INFO FOR DB;", spanning("THROW 'x'"));
    assert_eq!(last(&falls).await["tables"], json!({}));
    let holds = format!("{} SELECT * FROM s; USE NS a DB t; SELECT * FROM t;", spanning("RETURN 1"));
    assert_eq!(last(&holds).await, json!([{ "id": "t:1" }]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_that_write_different_records_of_one_table_do_not_conflict() {
    let db = engine().await;
    Database::query(&db, "USE NS s DB s; DEFINE TABLE row SCHEMAFULL;".to_owned(), Map::new()).await.unwrap();
    let parallel = (0..64).map(|n| {
        let db = db.clone();
        let text = format!(
            "USE NS t DB d{n}; BEGIN; DEFINE TABLE t; CREATE t:1; USE NS s DB s; UPSERT row:['t', 'd{n}']; COMMIT;"
        );
        // The database is there before, as it is when a migration runs.
        tokio::spawn(async move {
            while Database::query(&db, format!("USE NS t DB d{n};"), Map::new()).await.unwrap().0[0].is_err() {}
            Database::query(&db, text, Map::new()).await.unwrap()
        })
    });
    for reply in parallel.collect::<Vec<_>>() {
        let reply = reply.await.unwrap();
        assert!(reply.0.iter().all(Result::is_ok), "{reply:?}");
    }
}

#[tokio::test]
async fn a_table_with_a_schema_refuses_to_write_a_row_that_has_a_value_without_a_field() {
    let text = "USE NS a DB b; DEFINE TABLE t SCHEMAFULL; DEFINE FIELD x ON t TYPE option<int>; DEFINE FIELD y ON t TYPE option<int>; \
                CREATE t:1 SET x = 1; REMOVE FIELD x ON t; SELECT * FROM t; UPDATE t SET y = 1; UPDATE t UNSET x; UPDATE t SET y = 1;";
    let reply = run(text).await;
    assert_eq!(reply.0[6].as_ref().unwrap(), &json!([{ "id": "t:1", "x": 1 }]), "the value stays");
    assert_eq!((kind(&reply, 7), kind(&reply, 8), kind(&reply, 9)), (Some(StatementErrorKind::Other), None, None));
}

#[tokio::test]
async fn an_import_runs_nothing_within_a_transaction_and_ends_with_its_text() {
    let db = engine().await;
    let text = "USE NS a DB b; DEFINE TABLE t; DEFINE FIELD at ON t VALUE time::now(); DEFINE TABLE log; \
                DEFINE EVENT e ON t WHEN true THEN { CREATE log }; BEGIN; OPTION IMPORT; INSERT INTO t { id: t:1, at: 5 }; \
                UPDATE t SET x = 1; OPTION IMPORT = false; COMMIT; SELECT * FROM t; SELECT * FROM log;";
    let reply = Database::query(&db, text.to_owned(), Map::new()).await.unwrap();
    let results: Vec<_> = reply.0.iter().rev().take(2).map(|result| result.as_ref().unwrap()).collect();
    assert_eq!(results, [&json!([]), &json!([{ "id": "t:1", "at": 5, "x": 1 }])]);
    let reply =
        Database::query(&db, "USE NS a DB b; CREATE t:2; RETURN count(SELECT * FROM log);".to_owned(), Map::new());
    assert_eq!(reply.await.unwrap().0[2].as_ref().unwrap(), &json!(1), "an event runs again");
}

#[tokio::test]
async fn cbor_keeps_apart_what_json_does_not_and_refuses_what_it_has_no_form_for() {
    let text = "USE NS a DB b; LET $value = { a: d'2024-01-01T00:00:00.123456789Z', b: 1.5dec, c: 1h3ns, d: 3f, e: 3, f: NONE, g: NULL, \
                h: t:[1, 'x', { y: 1dec }], i: <bytes> 'abc', j: {1, 2}, k: 1..5, l: (1.0, 2.0), m: -0f, n: 0f / 0f, o: type::record('t', 1..3) }; \
                <string> encoding::cbor::decode(encoding::base64::decode(encoding::base64::encode(encoding::cbor::encode($value)))) = <string> $value; \
                encoding::cbor::encode(<regex> 'a+');";
    let reply = run(text).await;
    assert_eq!(reply.0[2].as_ref().unwrap(), &json!(true));
    assert_eq!(kind(&reply, 3), Some(StatementErrorKind::Other));
}

#[tokio::test]
async fn an_index_is_built_over_the_rows_as_they_were_before_the_transaction() {
    let text = "USE NS a DB b; CREATE t:1 SET n = 1; CREATE t:2 SET n = 2; BEGIN; UPDATE t SET n = 1; \
                DEFINE INDEX u ON t FIELDS n UNIQUE; COMMIT; SELECT VALUE n FROM t;";
    assert_eq!(last(text).await, json!([1, 1]), "the unique index did not see what was written before it");
}
