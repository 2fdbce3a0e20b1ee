//! Creating a context, and what others see of it meanwhile.

use std::sync::Arc;

use migrate_runtime::{Context, CreateError, Gate, GateRefusal, GateState, Migrator, Refusal};
use migrate_tests::{Fault, Faulty, applied, engine, ledger, module, rows};

use super::{exists, inventory, migrator, patient, schema, tenant};

#[tokio::test]
async fn a_context_is_created_with_its_schema_once() {
    let db = engine().await;
    let gate = Gate::new(migrator(), db.clone());
    gate.create(&tenant()).await.unwrap();
    assert!(matches!(gate.state(&tenant()), GateState::Served));
    assert_eq!(ledger(&db, &tenant()).await.len(), schema().len());
    let again = gate.create(&tenant()).await;
    assert!(matches!(&again, Err(CreateError::AlreadyExists(context)) if *context == tenant()), "{again:?}");
    assert!(matches!(gate.state(&tenant()), GateState::Served), "the one that is there goes on being served");
    assert_eq!(inventory(&db).await, ["acme", "acme/eu-1"]);
}

#[tokio::test]
async fn a_context_that_exists_without_any_schema_is_not_created_either() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let gate = Gate::new(migrator(), db.clone());
    assert!(matches!(gate.create(&tenant()).await, Err(CreateError::AlreadyExists(_))));
    let info = rows(&db, &tenant(), "INFO FOR DB;").await;
    assert!(info["tables"].as_object().unwrap().is_empty(), "{info}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_create_one_context_on_many_replicas_one_succeeds() {
    let db = engine().await;
    let schema = schema();
    for round in 0..5 {
        let context = Context::new(format!("ns-{round}"), "eu-1").unwrap();
        let creators: Vec<_> = (0..8)
            .map(|_| {
                let gate = Gate::new(Migrator::new([schema]).unwrap(), db.clone());
                let context = context.clone();
                tokio::spawn(async move { gate.create(&context).await })
            })
            .collect();
        let mut created = 0;
        for creator in creators {
            match creator.await.unwrap() {
                Ok(()) => created += 1,
                Err(CreateError::AlreadyExists(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(created, 1);
        assert_eq!(applied(&db, &context).await, schema.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_ask_while_a_context_is_created_find_nothing_or_all_of_it() {
    let db = engine().await;
    let gate = Gate::new(migrator(), db.clone());
    let askers: Vec<_> = (0..16)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move {
                while let Err(refusal) = gate.ensure(&tenant()).await {
                    assert!(matches!(refusal, GateRefusal::NoSuchContext { .. }), "{refusal:?}");
                }
                gate
            })
        })
        .collect();
    gate.create(&tenant()).await.unwrap();
    for asker in askers {
        asker.await.unwrap();
        assert_eq!(ledger(&db, &tenant()).await.len(), schema().len());
    }
    assert_eq!(applied(&db, &tenant()).await, schema().len());
}

#[tokio::test]
async fn whether_a_context_was_created_is_not_guessed_when_the_answer_is_lost() {
    let db = engine().await;
    let faulty = Faulty::new(db.clone(), [Fault::Pass, Fault::LostAfter]);
    let gate = Gate::new(migrator(), faulty);
    let Err(CreateError::Refused(refusal)) = gate.create(&tenant()).await else { panic!("nobody can know") };
    let Some(Refusal::Unavailable { reason }) = refusal.refusal() else { panic!("{refusal:?}") };
    assert!(reason.contains("whether acme/eu-1 was created is unknown"), "{reason}");
    assert!(refusal.retry_after().is_some());
    // It was, and the first request finds it.
    gate.ensure(&tenant()).await.unwrap();
    assert_eq!(ledger(&db, &tenant()).await.len(), schema().len());
}

#[tokio::test]
async fn conflicts_on_the_way_are_overcome() {
    let db = engine().await;
    let faulty = Faulty::new(db.clone(), [Fault::Conflict, Fault::Pass, Fault::Conflict, Fault::Conflict]);
    Gate::new(migrator(), faulty).create(&tenant()).await.unwrap();
    assert_eq!(ledger(&db, &tenant()).await.len(), schema().len());
}

#[tokio::test]
async fn a_context_whose_schema_cannot_be_applied_exists_and_is_refused() {
    let db = engine().await;
    let broken =
        module("app", &[("V1__init.surql", "DEFINE TABLE user;\nIF time::year() > 0 { THROW 'not today' };\n")]);
    let gate = Gate::with_options(Migrator::new([broken]).unwrap(), db.clone(), patient());
    let Err(CreateError::Refused(refusal)) = gate.create(&tenant()).await else { panic!("it cannot be applied") };
    assert!(matches!(refusal.refusal(), Some(Refusal::Failed { .. })), "{refusal:?}");
    assert!(matches!(gate.create(&tenant()).await, Err(CreateError::AlreadyExists(_))));
    assert!(matches!(gate.state(&tenant()), GateState::Refused(_)));
}

#[tokio::test]
async fn what_was_known_of_a_context_does_not_outlive_it() {
    let db = engine().await;
    let faulty = Arc::new(Faulty::new(db.clone(), []));
    let gate = Gate::new(migrator(), Arc::clone(&faulty));
    gate.create(&tenant()).await.unwrap();
    rows(&db, &Context::new("acme", "other").unwrap(), "REMOVE DATABASE `eu-1`;").await;
    // Created anew, although the gate was not told that the former one is gone.
    gate.create(&tenant()).await.unwrap();
    assert_eq!(ledger(&db, &tenant()).await.len(), schema().len());

    rows(&db, &Context::new("acme", "other").unwrap(), "REMOVE DATABASE `eu-1`;").await;
    gate.forget(&tenant());
    assert!(matches!(gate.ensure(&tenant()).await, Err(GateRefusal::NoSuchContext { .. })));
    assert_eq!(inventory(&db).await, ["acme", "acme/other"]);
}
