//! Verifying reads every ledger, puts the index right, and changes nothing else.

use migrate_runtime::{Context, Fleet, IndexFinding, LedgerFinding, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{Fault, Faulty, engine, ledger, log, module, rows};
use serde_json::json;

fn system() -> Context {
    Context::new("ops", "system").unwrap()
}

fn tenant(n: usize) -> Context {
    Context::new("fleet", format!("tenant_{n}")).unwrap()
}

fn fleet(count: usize) -> Fleet {
    Fleet::contexts((0..count).map(tenant))
}

fn schema() -> &'static Migrations {
    module("app", &[("V1__a.surql", "DEFINE TABLE a;\n"), ("V2__b.surql", "DEFINE TABLE b;\n")])
}

fn indexed() -> Migrator {
    Migrator::new([schema()]).unwrap().index(system())
}

#[tokio::test]
async fn a_restored_tenant_is_found_and_its_row_put_right_without_applying_anything() {
    let db = engine().await;
    let migrator = indexed();
    let _ = migrator.migrate_all(&db, fleet(5)).await.unwrap();
    assert!(migrator.verify(&db, fleet(5)).await.unwrap().is_clean());

    // Tenant 1 was restored in place, the rows of 2 and 3 are gone or old, 4 is damaged, 5 does not exist.
    rows(&db, &tenant(1), "REMOVE TABLE b; DELETE _migrations:['app', 2];").await;
    rows(&db, &system(), "DELETE _migration_fleet:['fleet', 'tenant_2'];").await;
    rows(&db, &system(), "UPDATE _migration_fleet:['fleet', 'tenant_3'] SET modules.app.digest = 'x';").await;
    rows(&db, &tenant(4), "UPDATE _migrations:['app', 2] SET status = 'started';").await;
    let before = log(&db, &tenant(1)).await.len();
    let verification = migrator.verify(&db, fleet(6)).await.unwrap();
    let found: Vec<_> = verification.findings.iter().map(|f| (f.context.clone(), &f.ledger, f.index)).collect();
    let [one, two, three, four, five] = &found[..] else { panic!("{verification}") };
    let right = IndexFinding::Wrong { repaired: true };
    assert_eq!(one, &(tenant(1), &LedgerFinding::Pending { migrations: 1 }, right));
    assert_eq!(two, &(tenant(2), &LedgerFinding::UpToDate, IndexFinding::Missing { repaired: true }));
    assert_eq!(three, &(tenant(3), &LedgerFinding::UpToDate, IndexFinding::Behind { repaired: true }));
    assert!(matches!(four, (_, LedgerFinding::Refused(Refusal::Stuck { .. }), index) if *index == right), "{four:?}");
    assert_eq!(five, &(tenant(5), &LedgerFinding::Absent, IndexFinding::NotAsked));
    assert_eq!((verification.contexts, verification.up_to_date, verification.repaired), (6, 3, 4));
    assert_eq!(log(&db, &tenant(1)).await.len(), before, "nothing was applied");
    let info = rows(&db, &tenant(0), "INFO FOR NS;").await;
    assert!(info["databases"].get("tenant_5").is_none(), "nothing was created");

    let json = serde_json::to_value(&verification).unwrap();
    assert_eq!((&json["repaired"], &json["index_usable"]), (&json!(4), &json!(true)));
    let finding = &json["findings"][0];
    assert_eq!((&finding["namespace"], &finding["database"]), (&json!("fleet"), &json!("tenant_1")));
    assert_eq!(finding["ledger"], json!({ "state": "pending", "migrations": 1 }));
    assert_eq!(finding["index"], json!({ "state": "wrong", "repaired": true }));
    assert_eq!(json["findings"][3]["ledger"]["kind"], "stuck");

    // From now on the fleet knows.
    let report = migrator.migrate_all(&db, fleet(5)).await.unwrap();
    assert_eq!(report.contexts()[1].outcome, Outcome::Migrated);
    assert_eq!((report.counts().up_to_date, report.counts().failed), (3, 1), "{report}");
}

#[tokio::test]
async fn an_index_is_rebuilt_from_the_ledgers_and_forgets_who_is_gone() {
    let db = engine().await;
    let migrator = indexed();
    let _ = migrator.migrate_all(&db, fleet(4)).await.unwrap();
    rows(&db, &tenant(0), "REMOVE DATABASE tenant_3;").await;
    rows(&db, &system(), "UPDATE _migration_fleet SET modules = {};").await;
    let verification = migrator.rebuild_index(&db, Fleet::databases_of("fleet")).await.unwrap();
    assert_eq!((verification.contexts, verification.repaired), (3, 3), "{verification}");
    let names = rows(&db, &system(), "SELECT VALUE database FROM _migration_fleet;").await;
    assert_eq!(names, json!(["tenant_0", "tenant_1", "tenant_2"]));
    let report = migrator.migrate_all(&db, fleet(3)).await.unwrap();
    assert_eq!((report.counts().up_to_date, report.round_trips()), (3, 1));
}

#[tokio::test]
async fn a_repair_whose_answer_was_lost_is_not_called_done() {
    let db = engine().await;
    let migrator = indexed();
    let _ = migrator.migrate_all(&db, fleet(1)).await.unwrap();
    rows(&db, &system(), "DELETE _migration_fleet;").await;
    // Two to see what exists, one to ask, one to read; the repair's answer is lost.
    let pass = [Fault::Pass, Fault::Pass, Fault::Pass, Fault::Pass, Fault::LostAfter];
    let verification = migrator.verify(&Faulty::new(&db, pass), fleet(1)).await.unwrap();
    assert_eq!(verification.findings[0].index, IndexFinding::Missing { repaired: false });
    assert_eq!(migrator.migrate_all(&db, fleet(1)).await.unwrap().round_trips(), 1, "it was written all the same");
}

#[tokio::test]
async fn without_an_index_verifying_says_what_the_ledgers_hold() {
    let db = engine().await;
    let migrator = Migrator::new([schema()]).unwrap();
    assert_eq!(migrator.migrate(&db, tenant(0)).await.outcome, Outcome::Migrated);
    rows(&db, &tenant(1), "RETURN 1;").await;
    let verification = migrator.verify(&db, Fleet::databases_of("fleet")).await.unwrap();
    assert_eq!((verification.contexts, verification.up_to_date, verification.index_is_usable), (2, 1, None));
    assert_eq!(verification.findings[0].ledger, LedgerFinding::Pending { migrations: 2 });
    let tables = rows(&db, &tenant(1), "INFO FOR DB;").await["tables"].clone();
    assert_eq!(tables, json!({}));
    assert_eq!(ledger(&db, &tenant(0)).await.len(), 2);
}
