//! Many contexts in every state at once.

use super::*;

fn tenant_of(n: usize) -> Context {
    Context::new("fleet", format!("tenant_{n:02}")).unwrap()
}

#[tokio::test]
async fn of_fifty_contexts_only_what_is_not_in_sync_is_listed_and_equal_drifts_together() {
    let db = engine().await;
    let (all, two) = (migrator(app(3)).concurrency(4), migrator(app(2)));
    let contexts = |range: std::ops::Range<usize>| Fleet::contexts(range.map(tenant_of));
    let _ = all.migrate_all(&db, contexts(0..38)).await.unwrap();
    let _ = two.migrate_all(&db, contexts(38..46)).await.unwrap();
    for n in 20..32 {
        rows(&db, &tenant_of(n), "REMOVE FIELD bio ON user; DEFINE TABLE mine;").await;
    }
    rows(&db, &tenant_of(32), "DEFINE PARAM $mine VALUE 1;").await;
    rows(&db, &tenant_of(33), "UPDATE _migrations SET status = 'running' WHERE version = 3;").await;
    rows(&db, &tenant_of(34), "UPDATE _migrations SET status = 'started' WHERE version = 3;").await;
    rows(&db, &tenant_of(35), "UPDATE _migrations SET checksum = 'nonsense' WHERE version = 3;").await;
    // Nothing is recorded there: with a schema, without one; and two that are not there.
    rows(&db, &tenant_of(46), "DEFINE TABLE theirs;").await;
    rows(&db, &tenant_of(47), "RETURN 1;").await;

    let watched = Faulty::new(&db, []);
    let report = all.drift(&watched, contexts(0..50), &DriftOptions::new()).await.unwrap();
    assert_eq!(watched.texts().len(), 50, "one round trip each");
    assert_eq!(report.round_trips(), 50);
    assert_eq!((report.in_sync(), report.drifted(), report.unknown().count(), report.pending()), (31, (13, 0), 6, 10));
    let kinds: Vec<_> = report.unknown().map(|(context, why)| (context.database().to_owned(), why.kind())).collect();
    let expected = [
        ("tenant_33", "mid_migration"),
        ("tenant_34", "stuck"),
        ("tenant_35", "unreadable"),
        ("tenant_46", "unrecorded"),
        ("tenant_48", "absent"),
        ("tenant_49", "absent"),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)), "{report}");
    let groups = report.groups();
    assert_eq!(
        groups.iter().map(|(differences, of)| (differences.len(), of.len())).collect::<Vec<_>>(),
        [(2, 12), (1, 1)]
    );
    let text = report.to_string();
    assert!(text.starts_with("50 contexts: 31 in sync, 13 drifted, 6 unknown; 10 have pending migrations"), "{text}");
    let same = "\ndrifted    the same 2 differences in 12 contexts: fleet/tenant_20 fleet/tenant_21 fleet/tenant_22 …\n  table mine";
    assert!(text.contains(same) && !text.contains("tenant_23") && !text.contains("tenant_01"), "{text}");

    let json = json(&report);
    assert_eq!((&json["contexts"], &json["in_sync"], &json["drifted"]), (&50.into(), &31.into(), &13.into()));
    assert_eq!(json["drifts"][0]["contexts"].as_array().unwrap().len(), 12);
    assert_eq!(json["drifts"][0]["differences"][0]["class"], "real");
    assert_eq!(json["unknowns"][0]["kind"], "mid_migration");

    // Nothing was created, and a second look says the same.
    assert_eq!(rows(&db, &tenant_of(0), "INFO FOR NS;").await["databases"].as_object().unwrap().len(), 48);
    let again = all.drift(&db, contexts(0..50), &DriftOptions::new()).await.unwrap();
    let lines = |report: &DriftReport| report.to_string().lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&again), lines(&report));
}

#[tokio::test]
async fn a_user_of_one_database_looks_at_it_and_keeps_snapshots_there() {
    use surrealdb::opt::auth::{Database, Root};

    let root = Root { username: "root".to_owned(), password: "root".to_owned() };
    let config = surrealdb::opt::Config::new().user(root.clone());
    let db = surrealdb::engine::any::connect(("mem://", config)).await.unwrap();
    db.signin(root).await.unwrap();
    for n in 0..2 {
        rows(&db, &tenant_of(n), "DEFINE USER editor ON DATABASE PASSWORD 'pw' ROLES OWNER;").await;
    }
    let user = db.clone();
    let credentials = Database {
        namespace: "fleet".to_owned(),
        database: "tenant_00".to_owned(),
        username: "editor".to_owned(),
        password: "pw".to_owned(),
    };
    user.signin(credentials).await.unwrap();
    let migrator = migrator(app(3)).snapshots(Snapshots::AfterEachMigration { keep: 9 });
    assert!(migrator.migrate(&user, tenant_of(0)).await.is_served());
    let stored = migrator.take_snapshot(&user, &tenant_of(0)).await.unwrap();
    assert!(migrator.list_snapshots(&user, &tenant_of(0), 9, None).await.unwrap().len() > 1);
    assert!(migrator.take_snapshot(&user, &tenant_of(1)).await.is_err());
    let options = DriftOptions::new().unmanaged(Unmanaged::matching(["user *"]));
    let watched = Faulty::new(&user, []);
    let report = migrator.drift(&watched, Fleet::contexts([0, 1].map(tenant_of)), &options).await.unwrap();
    assert!(watched.texts().len() <= 4, "two round trips each");
    assert_eq!((report.in_sync(), report.unknown().count()), (1, 1), "{report}");
    migrator.delete_snapshot(&user, &tenant_of(0), &stored.id).await.unwrap();
    let tables = rows(&db, &tenant_of(1), "INFO FOR DB;").await["tables"].clone();
    assert_eq!(tables, serde_json::json!({}), "the other database was not written to");
}
