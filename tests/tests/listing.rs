//! A listing says where each migration stands and what can be done, and only reads.

use std::time::Duration;

use migrate_runtime::{
    Context, ContextState, Evidence, Fleet, Here, ListFilter, ListedUndo, MigrationStatus, Migrations, Migrator,
    Presence, Refusal, Status, UndoSafety, Version,
};
use migrate_tests::{Faulty, engine, module, rows};
use serde_json::{Value, json};

fn app() -> &'static Migrations {
    module(
        "app",
        &[
            (
                "V1__a.surql",
                "-- migrate: description the first table\nDEFINE TABLE a;\nDEFINE FIELD n ON a TYPE option<int>;\n",
            ),
            ("V2__b.surql", "CREATE a:1 SET n = 1;\n"),
            ("V3__c.surql", "DEFINE TABLE c;\n"),
        ],
    )
}

fn tenant(n: usize) -> Context {
    Context::new("acme", format!("eu-{n}")).unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn migrator() -> Migrator {
    Migrator::new([app()]).unwrap().applied_by("service", "2.0")
}

async fn everything(db: &impl migrate_runtime::Database, context: &Context) -> Value {
    rows(db, context, "[(INFO FOR DB), (SELECT * FROM _migrations), (SELECT * FROM _migration_log)];").await
}

#[tokio::test]
async fn each_migration_is_listed_with_where_it_stands_and_nothing_is_changed() {
    let db = engine().await;
    let _ = migrator().until([("app", version(2))]).unwrap().migrate(&db, tenant(1)).await;
    let before = everything(&db, &tenant(1)).await;
    let watched = Faulty::new(&db, []);
    let list = migrator().list(&watched, &tenant(1), &ListFilter::all()).await.unwrap();
    assert_eq!(watched.texts().len(), 2, "one round trip to look whether it exists, and one to read");
    let [one, two, three] = &list.migrations[..] else { panic!("{list}") };
    assert_eq!((list.presence, list.refusal.as_ref()), (Presence::Present, None));
    assert_eq!((one.status.clone(), one.description.as_deref()), (Status::Applied.into(), Some("the first table")));
    assert_eq!((one.statements, &one.undo), (2, &ListedUndo::Derived { safety: UndoSafety::DataLoss }));
    assert_eq!(
        one.applied_by.as_ref().map(|by| (by.binary.as_str(), by.version.as_deref())),
        Some(("service", Some("2.0")))
    );
    assert!(one.applied_at.is_some() && one.first_seen.is_some(), "{one:?}");
    assert!(two.duration.is_some_and(|took| took > Duration::ZERO), "{two:?}");
    assert!(matches!(&two.undo, ListedUndo::None { reason } if reason == "it writes rows"), "{two:?}");
    assert_eq!((three.status.clone(), three.here), (MigrationStatus::Pending, Here::Wanted));
    let state = &list.modules[0];
    assert_eq!((state.current, state.target, state.pending), (Some(version(2)), Some(version(3)), 1));
    assert_eq!((list.counts.applied, list.counts.pending), (2, 1));
    assert_eq!(everything(&db, &tenant(1)).await, before);

    let text = list.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert!(lines[0].contains("acme/eu-1   app V2 of V3"), "{text}");
    let column = lines[1].find("status").unwrap();
    assert_eq!((lines[2].find("applied"), lines[4].find("pending")), (Some(column), Some(column)), "aligned:\n{text}");
    let json = serde_json::to_value(&list).unwrap();
    assert_eq!((&json["database"], &json["migrations"][2]["status"]), (&json!("eu-1"), &json!("pending")));
    assert_eq!(json["migrations"][0]["undo"], json!({ "kind": "derived", "safety": "data_loss" }));
}

#[tokio::test]
async fn a_context_that_does_not_exist_is_listed_and_not_created() {
    let db = engine().await;
    let list = migrator().list(&db, &tenant(7), &ListFilter::all()).await.unwrap();
    assert_eq!((list.presence, list.counts.pending), (Presence::Absent, 3));
    assert!(list.to_string().contains("acme/eu-7   does not exist"), "{list}");
    let info = rows(&db, &Context::new("x", "y").unwrap(), "INFO FOR ROOT;").await;
    assert!(info["namespaces"].get("acme").is_none(), "{info}");
}

#[tokio::test]
async fn a_filter_shows_what_it_names() {
    let db = engine().await;
    let _ = migrator().until([("app", version(2))]).unwrap().migrate(&db, tenant(1)).await;
    let versions = async |filter: ListFilter| {
        let list = migrator().list(&db, &tenant(1), &filter).await.unwrap();
        assert_eq!(list.modules.len(), 1, "whatever the filter");
        list.migrations.iter().map(|one| one.version.get()).collect::<Vec<_>>()
    };
    assert_eq!(versions(ListFilter::all().status(Status::Applied)).await, [1, 2]);
    assert_eq!(versions(ListFilter::all().status(MigrationStatus::Pending)).await, [3]);
    assert_eq!(versions(ListFilter::all().status(MigrationStatus::Pending).status(Status::Applied)).await, [1, 2, 3]);
    assert!(versions(ListFilter::all().module("other")).await.is_empty());
}

#[tokio::test]
async fn what_failed_or_is_stuck_comes_with_its_ways_out() {
    let db = engine().await;
    let broken = module("app", &[("V1__a.surql", "DEFINE TABLE a;\nCREATE a:1;\nCREATE a:1;\n")]);
    let _ = Migrator::new([broken]).unwrap().migrate(&db, tenant(1)).await;
    let list = Migrator::new([broken]).unwrap().list(&db, &tenant(1), &ListFilter::all()).await.unwrap();
    let [failed] = &list.migrations[..] else { panic!("{list}") };
    assert_eq!((failed.status.clone(), list.counts.failed), (Status::Failed.into(), 1));
    assert_eq!(
        failed.error.as_ref().map(|error| (error.line, error.message.contains("already exists"))),
        Some((Some(3), true))
    );
    assert!(list.to_string().contains("V1__a.surql:3: ") && list.to_string().contains("way out: "), "{list}");

    rows(&db, &tenant(1), "UPDATE _migrations SET status = 'started';").await;
    let list = Migrator::new([broken]).unwrap().list(&db, &tenant(1), &ListFilter::all()).await.unwrap();
    assert!(matches!(list.refusal, Some(Refusal::Stuck { .. })), "{list}");
    assert!(!list.migrations[0].ways_out.is_empty());
}

#[tokio::test]
async fn what_this_binary_does_not_know_is_listed_from_the_ledger_alone() {
    let db = engine().await;
    let other = module("mail", &[("V1__m.surql", "DEFINE TABLE mail;\n")]);
    let _ = Migrator::new([app(), other]).unwrap().migrate(&db, tenant(1)).await;
    let older = module("app", &[("V1__a.surql", app().as_slice()[0].text())]);
    let list = Migrator::new([older]).unwrap().list(&db, &tenant(1), &ListFilter::all()).await.unwrap();
    let here: Vec<_> = list.migrations.iter().map(|one| (one.module.as_str(), one.version.get(), one.here)).collect();
    let unknown = Here::Unknown;
    assert_eq!(here, [("app", 1, Here::Wanted), ("app", 2, unknown), ("app", 3, unknown), ("mail", 1, unknown)]);
    assert_eq!(list.migrations[2].undo, ListedUndo::Recorded { safety: UndoSafety::DataLoss });
    assert_eq!(list.modules[1].current, Some(version(1)));
}

#[tokio::test]
async fn the_contexts_of_a_fleet_are_read_together_and_in_order() {
    let db = engine().await;
    let _ = migrator().migrate(&db, tenant(2)).await;
    let _ = migrator().until([("app", version(1))]).unwrap().migrate(&db, tenant(1)).await;
    let watched = Faulty::new(&db, []);
    let fleet = || Fleet::contexts([tenant(3), tenant(2), tenant(1)]);
    let status = migrator().fleet_status(&watched, fleet(), Evidence::Ledger).await.unwrap();
    assert_eq!(watched.texts().len(), 3, "two to look which exist, and one to read all");
    let [three, two, one] = &status.contexts[..] else { panic!("{status:?}") };
    assert_eq!(three.state, ContextState::Absent);
    assert_eq!((&two.state, two.modules[0].recorded), (&ContextState::UpToDate, Some(version(3))));
    assert!(matches!(&one.state, ContextState::Pending { migrations } if migrations.len() == 2), "{status:?}");
    assert_eq!((one.modules[0].recorded, one.modules[0].known), (Some(version(1)), Some(version(3))));
    let stopped = migrator().until([("app", version(1))]).unwrap();
    let status = stopped.fleet_status(&db, fleet(), Evidence::Ledger).await.unwrap();
    assert_eq!(status.contexts[2].modules[0].known, Some(version(1)), "as far as is wanted");
    assert_eq!((status.count("up_to_date"), status.count("ahead"), status.count("absent")), (1, 1, 1), "{status:?}");
}
