//! A migrator that was told to validate first refuses what does not pass.

use migrate_runtime::{Fleet, Force, Migrations, Migrator, Refusal, ValidationOptions};
use migrate_tests::{ledger, log, rows};
use serde_json::json;

use super::{at_v1, tenant, with};

fn warned() -> &'static Migrations {
    with("V2__row.surql", "CREATE user:1 SET name = 'a';\n")
}

fn migrator(chain: &'static Migrations, force: Force) -> Migrator {
    Migrator::new([chain]).unwrap().require_validation(ValidationOptions::new(), force)
}

#[tokio::test]
async fn a_context_with_warnings_is_refused_and_with_force_migrated_and_the_force_is_logged() {
    let db = at_v1(warned(), "RETURN 1;").await;
    let report = migrator(warned(), Force::No).migrate(&db, tenant()).await;
    let Some(Refusal::Invalid { findings }) = report.refusal() else { panic!("{report:?}") };
    assert_eq!(findings.len(), 1);
    assert_eq!(ledger(&db, &tenant()).await.len(), 1, "nothing was applied, and nothing is recorded as failed");

    let report = migrator(warned(), Force::Yes).migrate(&db, tenant()).await;
    assert_eq!(report.applied.len(), 1, "{report:?}");
    let log = log(&db, &tenant()).await;
    let forced: Vec<_> = log.iter().filter(|row| row["event"] == "forced").collect();
    assert_eq!(forced.len(), 1);
    assert_eq!(forced[0]["findings"][0]["code"], "irreversible");
    assert_eq!(rows(&db, &tenant(), "SELECT VALUE id FROM user;").await, json!(["user:1"]));
}

#[tokio::test]
async fn no_force_applies_what_would_fail_and_other_contexts_do_not_suffer() {
    let chain = with(
        "V2__unique.surql",
        "-- migrate: allow(M301) -\n-- migrate: allow(M424) -\nDEFINE INDEX u ON user FIELDS name UNIQUE;\n",
    );
    let db = at_v1(chain, "CREATE user:1 SET name = 'a'; CREATE user:2 SET name = 'a';").await;
    let other = migrate_runtime::Context::new("acme", "eu-2").unwrap();
    let fleet = Fleet::contexts([tenant(), other]);
    let report = migrator(chain, Force::Yes).migrate_all(&db, fleet).await.unwrap();
    assert_eq!((report.counts().migrated, report.counts().failed), (1, 1), "{report}");
    let (_, refusal) = report.refused().next().unwrap();
    assert!(matches!(refusal, Refusal::Invalid { .. }), "{refusal}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["failures"][0]["kind"], "invalid");
    assert_eq!(json["failures"][0]["findings"][0]["code"], "fails");
    assert!(ledger(&db, &tenant()).await.iter().all(|row| row["status"] == "applied"));
}
