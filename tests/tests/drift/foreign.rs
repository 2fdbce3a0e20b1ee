//! Contexts that know more than this binary does.

use super::*;

const V4: (&str, &str) = (
    "V4__later.surql",
    "-- migrate: allow(M301) a test\nDEFINE FIELD OVERWRITE bio ON user TYPE option<string> ASSERT $value != '';\nDEFINE TABLE later;\n",
);

fn newer() -> &'static Migrations {
    let v1 = V1.1.replace("`é```", "`é\\``");
    module("app", &[(V1.0, v1.as_str()), V2, V3, V4])
}

#[tokio::test]
async fn what_a_later_version_did_is_explained_by_its_snapshot_or_left_open() {
    let db = engine().await;
    assert!(migrator(newer()).migrate(&db, tenant()).await.is_served());
    let older = migrator(app(3));
    let watched = Faulty::new(&db, []);
    let report = older.drift(&watched, Fleet::contexts([tenant()]), &DriftOptions::new()).await.unwrap();
    assert!(watched.texts().len() <= 2, "a handful of round trips");
    let found = &report.contexts()[0];
    let DriftState::Unknown(DriftUnknown::Unexplained { by, objects }) = &found.state else { panic!("{report}") };
    assert_eq!((by.as_str(), objects.len(), found.ahead.len()), ("app V4", 2, 1));
    assert!(report.to_string().contains("cannot be compared in full"), "{report}");
    assert_eq!(json(&report)["not_in_this_binary"][0]["version"], 4);
    let of_one = serde_json::to_value(found).unwrap();
    assert_eq!((&of_one["state"], &of_one["kind"]), (&"unknown".into(), &"unexplained".into()));
    assert_eq!(of_one["ahead"], serde_json::json!([{ "module": "app", "version": 4, "by": 1, "known": 0 }]));

    migrator(newer()).take_snapshot(&db, &tenant()).await.unwrap();
    assert_eq!(drift(&older, &db).await, DriftState::InSync);
    // Back to what the older binary knows is a change by hand all the same.
    rows(&db, &tenant(), "DEFINE FIELD OVERWRITE bio ON user TYPE option<string>;").await;
    let state = drift(&older, &db).await;
    let [SchemaDifference::Changed { expected, live, .. }] = state.differences() else { panic!("{state:?}") };
    assert!(expected.contains("ASSERT") && !live.contains("ASSERT"));
    // Those who know V4 need no snapshot for that.
    assert_eq!(drift(&migrator(newer()), &db).await, state);
}

#[tokio::test]
async fn what_another_module_did_is_explained_by_a_snapshot_or_left_open() {
    let db = engine().await;
    let mail = module("mail", &[("V1__mail.surql", "DEFINE TABLE mail;\nDEFINE FIELD text ON mail TYPE string;\n")]);
    let both = Migrator::new([app(3), mail]).unwrap();
    assert!(both.migrate(&db, tenant()).await.is_served());
    let alone = migrator(app(3));
    let report = alone.drift(&db, Fleet::contexts([tenant()]), &DriftOptions::new()).await.unwrap();
    let DriftState::Unknown(why @ DriftUnknown::Unexplained { objects, .. }) = &report.contexts()[0].state else {
        panic!("{report}")
    };
    assert_eq!((objects.len(), report.contexts()[0].strangers.len()), (2, 1));
    assert!(why.to_string().contains("table mail and 1 more may be the work of mail V1"), "{why}");

    // What is ours is certain.
    rows(&db, &tenant(), "REMOVE FIELD bio ON user;").await;
    let state = drift(&alone, &db).await;
    assert!(matches!(state.differences(), [SchemaDifference::Removed { .. }]), "{state:?}");
    rows(&db, &tenant(), "DEFINE FIELD bio ON user TYPE option<string>;").await;

    both.take_snapshot(&db, &tenant()).await.unwrap();
    assert_eq!(drift(&alone, &db).await, DriftState::InSync);
    rows(&db, &tenant(), "REMOVE FIELD text ON mail; DEFINE TABLE mine;").await;
    let state = drift(&alone, &db).await;
    let objects: Vec<_> = state.differences().iter().map(|one| one.object().to_string()).collect();
    assert_eq!(objects, ["table mine", "field mail.text"]);
}
