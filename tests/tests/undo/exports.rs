use std::fs;

use migrate_runtime::{
    Approval, ExportError, Migrations, Migrator, RestoreError, UndoError, UndoOptions, UndoReport, UndoTarget,
};
use migrate_tests::{Fault, Faulty, engine, module, rows};
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use super::{FILES, migrator, schema, tenant, to, used, version};

const EVERYTHING: &str = "
    FOR $i IN 0..560 { CREATE type::record('item', $i) SET n = $i, tag = <string> $i };
    CREATE item:abc SET n = 1; CREATE item:⟨odd; name⟩ SET n = 2; CREATE item:ulid() SET n = 3; CREATE item:uuid() SET n = 4;
    CREATE item:['a', 1, d'2024-01-01T00:00:00Z'] SET n = 5;
    CREATE item:{ a: 1dec, b: [NONE, { c: 2h }] } SET n = 6;
    CREATE item:all SET a = d'2024-01-01T00:00:00.123456789Z', b = 1.50dec, c = 1h3ns, g = (1.0, 2.0),
        r = item:['x', d'2024-01-01T00:00:00Z'], bytes = <bytes> 'abc', u = u'018f0d4c-7b1a-7c2e-8f3a-0123456789ab', nothing = NONE,
        null = NULL, s = \"it's\", f = 1.5f, i = 1, inf = math::inf, nan = 0f / 0f, set = {1, 2, 3}, range = 1..5,
        o = { n: NONE, z: { q: [1, 2f] } }, big = 9223372036854775807, dd = 123456789012345678901234567.89dec, whole = 3f,
        polygon = { type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] }, ids = type::record('item', 1..5), minus = -0f;
    FOR $i IN 0..505 { RELATE (type::record('item', $i))->knows->(type::record('item', $i + 1)) SET w = <decimal> string::concat('0.', <string> $i, '1') };
    RELATE item:abc->knows:[1, 'x']->item:all;
";

/// The last migration has all that data is in: a table whose fields compute, an edge, and fields of a table that stays.
fn files() -> [(&'static str, &'static str); 3] {
    [
        (
            "V1__base.surql",
            "DEFINE TABLE base SCHEMAFULL;\nDEFINE FIELD n ON base TYPE int;\nDEFINE TABLE trace SCHEMALESS;\n",
        ),
        (
            "V2__tables.surql",
            "DEFINE TABLE item SCHEMALESS;\nDEFINE FIELD at ON item TYPE datetime VALUE time::now();\n\
             DEFINE FIELD double ON item COMPUTED 2;\nDEFINE FIELD once ON item TYPE option<int> READONLY;\n\
             DEFINE EVENT e ON item WHEN true THEN { CREATE trace };\nDEFINE INDEX by_n ON item FIELDS n;\n\
             DEFINE TABLE knows TYPE RELATION SCHEMALESS;\nDEFINE TABLE empty SCHEMALESS;\n",
        ),
        (
            "V3__fields.surql",
            "DEFINE FIELD price ON base TYPE option<decimal>;\nDEFINE FIELD place ON base TYPE option<object>;\n\
             DEFINE FIELD place.city ON base TYPE option<string>;\n",
        ),
    ]
}

fn everything() -> &'static Migrations {
    module("app", &files())
}

async fn filled(db: &Surreal<Any>) -> Migrator {
    let migrator = migrator(everything());
    assert!(migrator.migrate(db, tenant()).await.is_served());
    rows(db, &tenant(), EVERYTHING).await;
    rows(
        db,
        &tenant(),
        "FOR $i IN 0..600 { CREATE type::record('base', $i) SET n = $i, price = IF $i % 2 = 0 { <decimal> string::concat('1.', <string> $i, '1') } ELSE { NONE }, \
         place = IF $i % 3 = 0 { { city: <string> $i } } ELSE { NONE } };
         CREATE base:zeros SET n = 999, price = 1dec / 5;",
    )
    .await;
    migrator
}

/// Every record, as the database writes it.
async fn content(db: &Surreal<Any>) -> Vec<Value> {
    let mut content = Vec::new();
    for table in ["item", "knows", "base", "trace"] {
        // The trailing zeros of a decimal that was computed are not kept, its value is.
        let text = format!("SELECT VALUE <string> $this FROM {table} WHERE id != base:zeros;");
        content.push(rows(db, &tenant(), &text).await);
    }
    content.push(rows(db, &tenant(), "RETURN base:zeros.price = 0.2dec;").await);
    content.push(rows(db, &tenant(), "SELECT VALUE <string> ->knows->item FROM item WHERE n < 800;").await);
    content.push(rows(db, &tenant(), "SELECT VALUE <string> id FROM item WHERE n = 77;").await);
    content
}

async fn export(
    db: &Surreal<Any>,
    migrator: &Migrator,
    target: UndoTarget,
    to: &std::path::Path,
) -> Result<UndoReport, UndoError> {
    let plan = migrator.plan_undo(db, &tenant(), target).await?;
    migrator.undo(db, &plan, &UndoOptions::new().approve(Approval::Unsafe).export(to)).await
}

#[tokio::test]
async fn what_was_exported_and_restored_is_what_was_there() {
    let (db, folder) = (engine().await, tempfile::tempdir().unwrap());
    let migrator = filled(&db).await;
    let before = content(&db).await;
    let directory = folder.path().join("a/b");
    let report = export(&db, &migrator, to(1), &directory).await.unwrap();
    let exported = report.exported.as_ref().unwrap();
    let counts: Vec<_> = exported.tables.iter().map(|one| (one.table.as_str(), one.rows, one.fields.len())).collect();
    assert_eq!(counts, [("base", 401, 2), ("empty", 0, 0), ("item", 567, 0), ("knows", 506, 0)]);
    assert_eq!(
        rows(&db, &tenant(), "RETURN count(SELECT * FROM base WHERE price IS NOT NONE OR place IS NOT NONE);").await,
        0
    );

    let error = migrator.restore(&db, &tenant(), &directory).await.unwrap_err();
    assert!(matches!(error, RestoreError::NoSuchTable { .. }), "{error}");
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let restored = migrator.restore(&db, &tenant(), &directory).await.unwrap();
    assert!(restored.tables.iter().all(|one| one.left == 0), "{restored}");
    for (now, then) in content(&db).await.iter().zip(&before) {
        assert_eq!(now, then);
    }
    let again = migrator.restore(&db, &tenant(), &directory).await.unwrap();
    assert!(again.tables.iter().all(|one| one.written == 0), "{again}");
    assert_eq!(content(&db).await, before);
}

#[tokio::test]
async fn restoring_goes_on_where_it_was_cut_off() {
    let (db, folder) = (engine().await, tempfile::tempdir().unwrap());
    let migrator = filled(&db).await;
    let before = content(&db).await;
    export(&db, &migrator, to(1), folder.path()).await.unwrap().exported.unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let faults = [Fault::Pass, Fault::LostAfter, Fault::LostBefore, Fault::Conflict, Fault::Pass, Fault::LostAfter];
    let _ = migrator.restore(&Faulty::new(&db, faults), &tenant(), folder.path()).await.unwrap();
    assert_eq!(content(&db).await, before);
}

#[tokio::test]
async fn nothing_is_written_over() {
    let (db, folder) = (engine().await, tempfile::tempdir().unwrap());
    let migrator = used(&db, 3).await;
    fs::write(folder.path().join("mine"), "x").unwrap();
    let error = export(&db, &migrator, to(1), folder.path()).await.unwrap_err();
    assert!(matches!(error, UndoError::Export(ExportError::NotEmpty(_))), "{error}");
    super::assert_at(&db, &migrator, schema(3), Some(3)).await;

    let directory = folder.path().join("new");
    export(&db, &migrator, to(1), &directory).await.unwrap().exported.unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "CREATE person:2 SET name = 'later'; UPDATE note:1 SET tag = 'later';").await;
    let error = migrator.restore(&db, &tenant(), &directory).await.unwrap_err();
    assert!(error.to_string().contains("person:2 is there already, with other values"), "{error}");
    let tags = rows(&db, &tenant(), "SELECT VALUE tag FROM note ORDER BY id;").await;
    assert_eq!(tags[0], "later");
    rows(&db, &tenant(), "DELETE person:2;").await;
    let _ = migrator.restore(&db, &tenant(), &directory).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_saved_exactly_is_not_undone() {
    let (db, folder) = (engine().await, tempfile::tempdir().unwrap());
    let migrator = used(&db, 3).await;
    rows(&db, &tenant(), "CREATE person:9 SET pattern = <regex> 'a+';").await;
    let error = export(&db, &migrator, to(1), &folder.path().join("a")).await.unwrap_err();
    assert!(matches!(error, UndoError::Export(ExportError::Inexact { .. })), "{error}");
    super::assert_at(&db, &migrator, schema(3), Some(3)).await;

    let older = super::migrator(schema(1));
    let error = export(&db, &older, to(1), &folder.path().join("b")).await.unwrap_err();
    let UndoError::Export(ExportError::Unknown { version: unknown, .. }) = &error else { panic!("{error}") };
    assert_eq!(*unknown, version(3));
}

#[tokio::test]
async fn a_file_that_was_tampered_with_is_refused() {
    let (db, folder) = (engine().await, tempfile::tempdir().unwrap());
    let schema = module("app", &FILES[..2]);
    let migrator = Migrator::new([schema]).unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "CREATE note:1 SET text = 'a', tag = 'x';").await;
    export(&db, &migrator, to(1), folder.path()).await.unwrap().exported.unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let path = folder.path().join("001-note.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replace("\"tag\"", "\"tag = 1; REMOVE TABLE note\"")).unwrap();
    let error = migrator.restore(&db, &tenant(), folder.path()).await.unwrap_err();
    assert!(matches!(error, RestoreError::NoSuchField { .. }), "{error}");
    fs::write(&path, whole.rsplit_once("{\"rows\"").unwrap().0).unwrap();
    let error = migrator.restore(&db, &tenant(), folder.path()).await.unwrap_err();
    assert!(matches!(error, RestoreError::Malformed { .. }), "{error}");
    fs::write(&path, whole.replace("\"table\":\"note\"", "\"table\":\"_migrations\"")).unwrap();
    assert!(migrator.restore(&db, &tenant(), folder.path()).await.is_err());
    fs::write(&path, whole).unwrap();
    let _ = migrator.restore(&db, &tenant(), folder.path()).await.unwrap();
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE tag FROM note;").await, serde_json::json!(["x"]));
}
