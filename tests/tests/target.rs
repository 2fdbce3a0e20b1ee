//! A migrator that is told where to stop brings contexts there, and no further.

use migrate_runtime::{Context, Fleet, LedgerFinding, Migrations, Migrator, Outcome, TargetError, Version};
use migrate_tests::{Faulty, engine, ledger, module, rows};
use serde_json::json;

fn app() -> &'static Migrations {
    module(
        "app",
        &[
            ("V1__a.surql", "DEFINE TABLE a;\n"),
            ("V2__b.surql", "DEFINE TABLE b;\n"),
            ("V3__c.surql", "DEFINE TABLE c;\n"),
        ],
    )
}

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn until(number: u64) -> Migrator {
    Migrator::new([app()]).unwrap().until([("app", version(number))]).unwrap()
}

#[tokio::test]
async fn every_version_up_to_the_target_is_applied_and_none_behind_it() {
    let db = engine().await;
    let report = until(2).migrate(&db, tenant()).await;
    assert_eq!(report.outcome, Outcome::Migrated);
    assert_eq!(report.applied.iter().map(|one| one.version).collect::<Vec<_>>(), [version(1), version(2)]);
    let info = rows(&db, &tenant(), "INFO FOR DB;").await;
    assert!(info["tables"].get("b").is_some() && info["tables"].get("c").is_none(), "{info}");
    assert_eq!(until(2).migrate(&db, tenant()).await.outcome, Outcome::UpToDate);

    let report = Migrator::new([app()]).unwrap().migrate(&db, tenant()).await;
    assert_eq!(report.applied.iter().map(|one| one.version).collect::<Vec<_>>(), [version(3)]);
    let chains: Vec<_> = ledger(&db, &tenant()).await.iter().map(|row| row["chain"].clone()).collect();
    let embedded: Vec<_> = app().iter().map(|migration| json!(migration.chain().to_string())).collect();
    assert_eq!(chains, embedded, "the way there leaves no trace");
}

#[tokio::test]
async fn a_context_beyond_the_target_is_ahead_and_is_served() {
    let db = engine().await;
    let _ = Migrator::new([app()]).unwrap().migrate(&db, tenant()).await;
    let report = until(1).migrate(&db, tenant()).await;
    let Outcome::Ahead(ahead) = &report.outcome else { panic!("{report:?}") };
    assert_eq!((ahead[0].version, ahead[0].by, ahead[0].known), (version(3), 2, 2));
    assert!(report.is_served());
    let verification = until(1).verify(&db, Fleet::contexts([tenant()])).await.unwrap();
    assert!(matches!(verification.findings[0].ledger, LedgerFinding::Ahead { .. }), "{verification}");
    assert_eq!(ledger(&db, &tenant()).await.len(), 3, "nothing was undone");
}

#[tokio::test]
async fn the_index_confirms_a_context_that_is_at_the_target_of_who_asks() {
    let db = engine().await;
    let indexed = |migrator: Migrator| migrator.index(Context::new("ops", "system").unwrap());
    let fleet = || Fleet::contexts([tenant()]);
    let _ = indexed(until(2)).migrate_all(&db, fleet()).await.unwrap();
    let watched = Faulty::new(&db, []);
    let report = indexed(until(2)).migrate_all(&watched, fleet()).await.unwrap();
    assert_eq!((report.counts().up_to_date, watched.texts().len()), (1, 1), "one question to the index");

    let report = indexed(until(1)).migrate_all(&db, fleet()).await.unwrap();
    assert_eq!(report.counts().ahead, 1, "{report}");
    let report = indexed(until(3)).migrate_all(&db, fleet()).await.unwrap();
    assert_eq!(report.counts().migrated, 1, "{report}");
    assert!(indexed(until(3)).verify(&db, fleet()).await.unwrap().is_clean());
}

#[tokio::test]
async fn modules_stop_together_or_not_at_all() {
    let auth = module("auth", &[("V1__a.surql", "DEFINE TABLE u;\n"), ("V2__b.surql", "DEFINE FIELD n ON u;\n")]);
    let billing = module(
        "billing",
        &[
            ("V1__a.surql", "DEFINE TABLE bill;\n"),
            ("V2__b.surql", "-- migrate: requires auth 2\nDEFINE TABLE invoice;\n"),
        ],
    );
    let migrator = || Migrator::new([auth, billing]).unwrap();
    let error = migrator().until([("auth", version(1))]).unwrap_err();
    assert!(matches!(error, TargetError::Required { module: "auth", .. }), "{error}");
    let db = engine().await;
    let both = migrator().until([("auth", version(1)), ("billing", version(1))]).unwrap();
    let report = both.migrate(&db, tenant()).await;
    assert_eq!(report.applied.len(), 2, "{report:?}");
    let report = migrator().migrate(&db, tenant()).await;
    assert_eq!(report.applied.iter().map(|one| one.module).collect::<Vec<_>>(), ["auth", "billing"]);
}
