//! Others work on the same tenants at the same time: they conflict with the migrations, or take the tenant away.

use std::time::Duration;

use migrate_runtime::{Context, Database, Fleet, Migrator};
use migrate_tests::{Fault, Faulty, Storage, assert_agreement, assert_migrated, chain};
use serde_json::Map;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::{contexts, server};

const CONTEXTS: usize = 4;
const NAMESPACE: &str = "busy";

/// Does something to one context after another until it is dropped, and lets whatever that meets pass.
async fn disturb(db: &Surreal<Any>, contexts: &[Context], what: impl Fn(&Context) -> String) {
    loop {
        let context = &contexts[fastrand::usize(..contexts.len())];
        // It conflicts with the migrations as they do with it: that is what it is for.
        let _ = Database::query(db, what(context), Map::new()).await;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..10))).await;
    }
}

#[tokio::test]
async fn conflicts_are_tried_again_until_they_are_over() {
    let server = server(Storage::Memory);
    let (db, other) = (server.root().await, server.root().await);
    let schema = chain("split").unwrap();
    let injected = (0..20).map(|n| if n % 3 == 0 { Fault::Pass } else { Fault::Conflict });
    let conflicting = Faulty::new(&db, injected);
    let contexts = contexts(NAMESPACE, CONTEXTS);
    // The very records and definitions that the migrations write, written by somebody who then thinks better of it.
    let disturbing = disturb(&other, &contexts, |context| {
        format!(
            "USE NS {} DB {}; BEGIN; DEFINE TABLE IF NOT EXISTS effect; CREATE _migrations:['app', 2]; \
             DEFINE FIELD OVERWRITE text ON note TYPE int; SLEEP 5ms; CANCEL; DEFINE TABLE OVERWRITE noise; REMOVE TABLE noise;",
            context.namespace(),
            context.database()
        )
    });
    let migrator = Migrator::new([schema]).unwrap();
    let report = tokio::select! {
        report = migrator.migrate_all(&conflicting, Fleet::contexts(contexts.clone())) => report.unwrap(),
        () = disturbing => unreachable!("it goes on until it is dropped"),
    };
    assert!(report.all_served(), "{report}");
    // The last disturbance may still be under way on the server.
    let _ = Database::query(&other, "RETURN NONE".to_owned(), Map::new()).await;
    for context in contexts {
        let noise = format!("USE NS {NAMESPACE} DB {}; REMOVE TABLE IF EXISTS noise;", context.database());
        other.query(noise).await.unwrap();
        assert_migrated(&db, &context, schema).await;
    }
}

#[tokio::test]
async fn a_tenant_that_is_removed_during_the_run_is_begun_anew_and_the_next_run_brings_it_back() {
    let server = server(Storage::Memory);
    let (db, other) = (server.root().await, server.root().await);
    let schema = chain("split").unwrap();
    let migrator = Migrator::new([schema]).unwrap();
    for round in 0..5 {
        let contexts = contexts(&format!("removed_{round}"), CONTEXTS);
        let removing = async {
            for _ in 0..8 {
                tokio::time::sleep(Duration::from_millis(fastrand::u64(0..60))).await;
                let context = &contexts[fastrand::usize(..contexts.len())];
                let text = format!("USE NS {}; REMOVE DATABASE IF EXISTS {};", context.namespace(), context.database());
                // It may meet a conflict, as whatever is done beside a migration may.
                let _ = Database::query(&other, text, Map::new()).await;
            }
        };
        let run = migrator.migrate_all(&db, Fleet::contexts(contexts.clone()));
        let report = tokio::join!(run, removing).0.unwrap();
        assert!(report.all_served(), "{report}");
        for context in &contexts {
            assert_agreement(&db, context, schema).await;
        }
        let report = migrator.migrate_all(&db, Fleet::contexts(contexts.clone())).await.unwrap();
        assert!(report.all_served(), "{report}");
        for context in contexts {
            assert_migrated(&db, &context, schema).await;
        }
    }
}
