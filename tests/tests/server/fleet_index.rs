//! The fleet index on a real server, where its transactions span two databases over one connection.

use migrate_runtime::{Context, Fleet, Migrator};
use migrate_tests::{Storage, assert_migrated, chain, rows};
use serde_json::json;

use crate::{contexts, server};

fn index() -> Context {
    Context::new("ops", "system").unwrap()
}

fn migrator(chain_name: &str) -> Migrator {
    Migrator::new([chain(chain_name).unwrap()]).unwrap().index(index())
}

#[tokio::test]
async fn replicas_that_race_leave_an_index_that_confirms_all_of_them_by_one_query() {
    for storage in [Storage::Memory, Storage::SurrealKv] {
        let server = server(storage);
        let tenants = contexts("indexed", 12);
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let (url, tenants) = (server.url(), tenants.clone());
                tokio::spawn(async move {
                    let db = migrate_tests::signed_in(&url).await.unwrap();
                    migrator("small").migrate_all(&db, Fleet::contexts(tenants)).await.unwrap()
                })
            })
            .collect();
        for run in runs {
            let report = run.await.unwrap();
            assert!(report.all_served(), "{report}");
        }
        let db = server.root().await;
        for tenant in &tenants {
            assert_migrated(&db, tenant, chain("small").unwrap()).await;
        }
        let again = migrator("small").migrate_all(&db, Fleet::contexts(tenants.clone())).await.unwrap();
        assert_eq!((again.counts().up_to_date, again.round_trips()), (12, 1), "{again}");
    }
}

#[tokio::test]
async fn a_stepwise_migration_is_in_the_index_from_its_beginning_to_its_end() {
    let server = server(Storage::Memory);
    let db = server.root().await;
    let [tenant] = &contexts("stepwise_index", 1)[..] else { panic!("one context") };
    let report = migrator("stepwise").migrate_all(&db, Fleet::contexts([tenant.clone()])).await.unwrap();
    assert!(report.all_served(), "{report}");
    let row = rows(&db, &index(), "SELECT VALUE modules.app.version FROM _migration_fleet;").await;
    assert_eq!(row, json!([2]));
    let again = migrator("stepwise").migrate_all(&db, Fleet::contexts([tenant.clone()])).await.unwrap();
    assert_eq!((again.counts().up_to_date, again.round_trips()), (1, 1), "{again}");

    // As a crash in its middle leaves it: who knows the migration goes on, and who does not is not told that all is well.
    rows(&db, tenant, "UPDATE _migrations:['app', 2] SET status = 'running', cursor = 4, breaking = true;").await;
    let verified = migrator("stepwise").verify(&db, Fleet::contexts([tenant.clone()])).await.unwrap();
    assert_eq!(verified.findings.len(), 1, "the index said that it was up to date");
    let report = migrator("stepwise").migrate_all(&db, Fleet::contexts([tenant.clone()])).await.unwrap();
    assert_eq!(report.counts().migrated, 1, "{report}");
}
