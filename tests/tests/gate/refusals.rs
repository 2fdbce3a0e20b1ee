//! A context that cannot be served: refused at once, tried again after a pause, and alone in that.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{Context, Evidence, Fleet, Gate, GateOptions, GateState, Migrator, Refusal};
use migrate_tests::{Fault, Faulty, engine, ledger, module, rows};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use super::{Held, TEXT, exists, migrator, patient, schema, tenant};

const LONGEST: Duration = Duration::from_hours(10);

/// What V1 of the schema defines is there already.
async fn break_it(db: &Surreal<Any>, context: &Context) {
    rows(db, context, "DEFINE TABLE counter COMMENT 'made by hand';").await;
}

#[tokio::test]
async fn a_refused_context_is_answered_for_at_once_and_the_others_are_served() {
    let db = engine().await;
    break_it(&db, &tenant()).await;
    let other = Context::new("acme", "eu-2").unwrap();
    exists(&db, &other).await;
    let faulty = Arc::new(Faulty::new(db.clone(), []));
    let gate = Gate::with_options(migrator(), Arc::clone(&faulty), patient());

    let refusal = gate.ensure(&tenant()).await.unwrap_err();
    let Some(Refusal::Failed { file, cause, .. }) = refusal.refusal() else { panic!("{refusal:?}") };
    assert_eq!(file, "V1__init.surql");
    assert!(cause.contains("already exists"), "{cause}");
    let round_trips = faulty.texts().len();
    let again = gate.ensure(&tenant()).await.unwrap_err();
    assert!(again.retry_after().unwrap() <= refusal.retry_after().unwrap());
    assert!(matches!(gate.state(&tenant()), GateState::Refused(_)));
    assert_eq!(faulty.texts().len(), round_trips, "it was not tried again");

    gate.ensure(&other).await.unwrap();
    assert_eq!((gate.counts().served, gate.counts().refused, gate.counts().migrating), (1, 1, 0));
}

#[tokio::test]
async fn a_context_that_was_repaired_is_served_after_the_pause() {
    let db = engine().await;
    break_it(&db, &tenant()).await;
    let options = GateOptions::default().retry(Duration::from_millis(20), Duration::from_millis(40));
    let gate = Gate::with_options(migrator(), db.clone(), options);
    let refusal = gate.ensure(&tenant()).await.unwrap_err();
    rows(&db, &tenant(), "REMOVE TABLE counter;").await;
    tokio::time::sleep(refusal.retry_after().unwrap()).await;
    gate.ensure(&tenant()).await.unwrap();
    assert_eq!(ledger(&db, &tenant()).await.len(), schema().len());
}

#[tokio::test]
async fn what_only_an_operator_can_change_is_tried_rarely_from_the_first_time_on() {
    let db = engine().await;
    let edited = module("app", &[("V1__init.surql", "DEFINE TABLE counter SCHEMALESS;\n")]);
    assert!(Migrator::new([edited]).unwrap().migrate(&db, tenant()).await.is_served());
    let gate = Gate::with_options(migrator(), db.clone(), patient());
    let divergent = gate.ensure(&tenant()).await.unwrap_err();
    assert!(matches!(divergent.refusal(), Some(Refusal::Divergent { .. })), "{divergent:?}");
    // Half of the longest pause, less the moment that passed since.
    assert!(divergent.retry_after().unwrap() > LONGEST.mul_f64(0.49), "{divergent:?}");
}

#[tokio::test]
async fn a_database_that_is_away_refuses_for_a_while_and_is_found_again() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let away = Faulty::new(db.clone(), std::iter::repeat_n(Fault::LostBefore, 3));
    let gate = Gate::with_options(migrator(), away, patient());
    // A short absence is not noticed at all.
    gate.ensure(&tenant()).await.unwrap();

    let migrator = migrator().deadline(Duration::from_millis(30));
    let away = Faulty::new(db.clone(), [Fault::Pass].into_iter().chain(std::iter::repeat_n(Fault::LostBefore, 1000)));
    let gate = Gate::with_options(migrator, away, patient());
    let refusal = gate.ensure(&tenant()).await.unwrap_err();
    assert!(matches!(refusal.refusal(), Some(Refusal::Unavailable { .. })), "{refusal:?}");
}

#[tokio::test]
async fn what_an_eager_run_found_out_is_taken_over() {
    let db = engine().await;
    break_it(&db, &tenant()).await;
    let served: Vec<_> = (2..5).map(|n| Context::new("acme", format!("eu-{n}")).unwrap()).collect();
    let fleet = Fleet::contexts([tenant()].into_iter().chain(served.clone()));
    let report = migrator().migrate_all(&db, fleet).await.unwrap();

    let faulty = Arc::new(Faulty::new(db.clone(), []));
    let gate = Gate::with_options(migrator(), Arc::clone(&faulty), patient());
    gate.admit(&report);
    for context in &served {
        gate.ensure(context).await.unwrap();
    }
    let refusal = gate.ensure(&tenant()).await.unwrap_err();
    assert!(matches!(refusal.refusal(), Some(Refusal::Failed { .. })), "{refusal:?}");
    assert_eq!((gate.counts().served, gate.counts().refused), (3, 1));
    assert!(faulty.texts().is_empty(), "none of this needed the database");

    // The same in one: the tenant was repaired, and the gate learns it from the run.
    rows(&db, &tenant(), "REMOVE TABLE counter;").await;
    let report = gate.migrate_all(Fleet::databases_of("acme")).await.unwrap();
    assert_eq!((report.counts().migrated, report.counts().up_to_date), (1, 3));
    gate.ensure(&tenant()).await.unwrap();
    assert_eq!((gate.counts().served, gate.counts().refused), (4, 0));
}

#[tokio::test]
async fn what_only_the_fleet_index_says_is_not_taken_over() {
    let db = engine().await;
    let indexed = || migrator().index(Context::new("ops", "system").unwrap());
    let tenants: Vec<_> = (1..4).map(|n| Context::new("acme", format!("eu-{n}")).unwrap()).collect();
    let first = indexed().migrate_all(&db, Fleet::contexts(tenants.clone())).await.unwrap();
    assert!(first.contexts().iter().all(|one| one.evidence == Evidence::Ledger));

    // Restored in place from a backup of before the migrations, of which the index knows nothing.
    rows(
        &db,
        &tenants[0],
        "REMOVE TABLE _migrations; REMOVE TABLE _migration_log; REMOVE TABLE counter; REMOVE TABLE other;",
    )
    .await;
    let gate = Gate::with_options(indexed(), Arc::new(db.clone()), patient());
    let report = gate.migrate_all(Fleet::contexts(tenants.clone())).await.unwrap();
    assert_eq!(report.counts().up_to_date, 3, "the index confirms them");
    assert!(report.contexts().iter().all(|one| one.evidence == Evidence::Index));
    assert_eq!(gate.counts().served, 0, "each is looked at when it is first asked for");

    gate.ensure(&tenants[0]).await.unwrap();
    assert_eq!(ledger(&db, &tenants[0]).await.len(), 2, "and that one was migrated again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_flight_brings_after_its_context_was_forgotten_does_not_count() {
    let db = engine().await;
    exists(&db, &tenant()).await;
    let held = Held::new(&db);
    let gate = Gate::new(migrator(), Arc::clone(&held));
    let caller = tokio::spawn({
        let gate = gate.clone();
        async move { gate.ensure(&tenant()).await }
    });
    held.arrived(1).await;
    gate.forget(&tenant());
    held.let_go();
    caller.await.unwrap().unwrap();
    gate.idle().await;
    assert!(matches!(gate.state(&tenant()), GateState::Unknown));
    gate.ensure(&tenant()).await.unwrap();
    assert!(matches!(gate.state(&tenant()), GateState::Served));
}

#[tokio::test]
async fn a_later_and_breaking_schema_is_refused_and_one_that_is_compatible_is_served() {
    let db = engine().await;
    let breaking = "-- migrate: allow(M302) nobody uses it\nREMOVE FIELD old ON counter;\n";
    let first = ("V1__init.surql", "DEFINE TABLE counter SCHEMAFULL;\nDEFINE FIELD old ON counter TYPE option<int>;\n");
    let (older, newer) = (module("app", &[first]), module("app", &[first, ("V2__drop.surql", breaking)]));
    assert!(Migrator::new([newer]).unwrap().migrate(&db, tenant()).await.is_served());
    let gate = Gate::with_options(Migrator::new([older]).unwrap(), db.clone(), patient());
    let refusal = gate.ensure(&tenant()).await.unwrap_err();
    assert!(matches!(refusal.refusal(), Some(Refusal::Incompatible { .. })), "{refusal:?}");
    assert_eq!(refusal.kind(), "incompatible");

    let other = Context::new("acme", "eu-2").unwrap();
    let first = ("V1__init.surql", TEXT);
    let (older, newer) =
        (module("app", &[first]), module("app", &[first, ("V2__more.surql", "DEFINE TABLE other;\n")]));
    assert!(Migrator::new([newer]).unwrap().migrate(&db, other.clone()).await.is_served());
    let gate = Gate::new(Migrator::new([older]).unwrap(), db.clone());
    gate.ensure(&other).await.unwrap();
    assert!(matches!(gate.state(&other), GateState::Served));
}
