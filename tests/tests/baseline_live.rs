//! The live schema is what the database reports, all of it, read in one round trip and without a trace.

use migrate_core::{Catalog, Object, ObjectKind};
use migrate_runtime::{Context, LiveSchemaError, Migrator, Unmanaged};
use migrate_tests::{Fault, Faulty, engine, live_catalog, module, rows};

fn tenant() -> Context {
    Context::new("acme", "eu `1`").unwrap()
}

const EVERYTHING: &str = "
    DEFINE CONFIG GRAPHQL AUTO;
    DEFINE PARAM $limit VALUE 10;
    DEFINE FUNCTION fn::greet($name: string) { RETURN 'hi ' + $name; };
    DEFINE ANALYZER plain TOKENIZERS blank FILTERS lowercase;
    DEFINE SEQUENCE orders BATCH 10 START 5;
    DEFINE TABLE user SCHEMAFULL;
    DEFINE FIELD tags ON user TYPE array<string>;
    DEFINE FIELD `odd name` ON user TYPE option<object>;
    DEFINE INDEX `by tags` ON user FIELDS tags;
    DEFINE EVENT changed ON user WHEN $event = 'UPDATE' THEN (CREATE audit SET at = time::now());
    DEFINE TABLE `odd \\` table` SCHEMALESS;
    DEFINE FIELD x ON `odd \\` table` TYPE option<int>;
    DEFINE TABLE likes TYPE RELATION IN user OUT user;
    DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNUP (CREATE user) SIGNIN (SELECT * FROM user) DURATION FOR TOKEN 1h;
    DEFINE USER reader ON DATABASE PASSWORD 'secret' ROLES VIEWER;";

#[tokio::test]
async fn it_is_what_the_database_reports_text_for_text() {
    let db = engine().await;
    rows(&db, &tenant(), EVERYTHING).await;
    let watched = Faulty::new(&db, []);
    let schema = Migrator::new([]).unwrap().live_schema(&watched, &tenant(), &Unmanaged::none()).await.unwrap();
    assert_eq!(watched.texts().len(), 1, "one round trip, whatever the number of tables");
    db.use_ns("acme").use_db("eu `1`").await.unwrap();
    let reported = live_catalog(&db).await.unwrap();
    assert_eq!(schema.catalog().diff(&reported), []);
    assert!(reported.len() > 15 && reported.iter().any(|(_, text)| text.contains("[REDACTED]")));
    let json = serde_json::to_value(&schema).unwrap();
    assert_eq!(json["objects"].as_object().unwrap().len(), reported.len());
}

#[tokio::test]
async fn neither_our_own_tables_nor_unmanaged_ones_are_part_of_it() {
    let db = engine().await;
    let schema = module("app", &[("V1__a.surql", "DEFINE TABLE user;\nDEFINE FIELD name ON user TYPE string;\n")]);
    let migrator = Migrator::new([schema]).unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(
        &db,
        &tenant(),
        "DEFINE TABLE audit_1; DEFINE FIELD at ON audit_1 TYPE datetime; DEFINE PARAM $audit_x VALUE 1;",
    )
    .await;
    let unmanaged = Unmanaged::matching(["audit_*"]);
    let live = migrator.live_schema(&db, &tenant(), &unmanaged).await.unwrap();
    assert_eq!(live.into_catalog(), schema.catalog_at(None));
    let all = migrator.live_schema(&db, &tenant(), &Unmanaged::none()).await.unwrap();
    let extra: Catalog = all
        .catalog()
        .iter()
        .filter(|(object, _)| unmanaged.contains(object))
        .map(|(object, text)| (object.clone(), text.to_owned()))
        .collect();
    assert!(extra.contains(&Object::on("audit_1", ObjectKind::Field, "at")) && extra.len() == 3);
}

#[tokio::test]
async fn a_context_that_does_not_exist_is_not_created_by_looking() {
    let db = engine().await;
    let migrator = Migrator::new([]).unwrap();
    rows(&db, &Context::new("acme", "other").unwrap(), "DEFINE TABLE secret;").await;
    for context in [tenant(), Context::new("nobody", "here").unwrap()] {
        let error = migrator.live_schema(&db, &context, &Unmanaged::none()).await.unwrap_err();
        assert_eq!(error, LiveSchemaError::Absent(context));
    }
    let there = rows(&db, &Context::new("acme", "other").unwrap(), "INFO FOR NS;").await;
    assert_eq!(there["databases"].as_object().unwrap().keys().collect::<Vec<_>>(), ["other"]);
    let there = rows(&db, &Context::new("acme", "other").unwrap(), "INFO FOR ROOT;").await;
    assert!(there["namespaces"]["nobody"].is_null());
}

#[tokio::test]
async fn a_disturbed_read_is_asked_again() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        let db = engine().await;
        rows(&db, &tenant(), "DEFINE TABLE user;").await;
        let faulty = Faulty::new(&db, [fault.clone(), fault]);
        let live = Migrator::new([]).unwrap().live_schema(&faulty, &tenant(), &Unmanaged::none()).await.unwrap();
        assert!(live.catalog().contains(&Object::new(ObjectKind::Table, "user")));
        assert_eq!(faulty.texts().len(), 3);
    }
}
