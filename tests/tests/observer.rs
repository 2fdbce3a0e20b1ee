//! What happens is told while it happens, and counted.

use std::sync::{Arc, Mutex};

use migrate_runtime::{
    Context, DriftOptions, Event, Evidence, Fleet, Migrations, Migrator, Outcome, ValidationOptions,
};
use migrate_tests::{Fault, Faulty, engine, module};

fn tenant(name: &str) -> Context {
    Context::new("acme", name).unwrap()
}

fn schema() -> &'static Migrations {
    module("app", &[("V1__a.surql", "DEFINE TABLE a;\n"), ("V2__b.surql", "DEFINE TABLE b;\nCREATE b:1;\n")])
}

/// A migrator whose events are written down, each as one line.
fn watched(schema: &'static Migrations) -> (Migrator, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&lines);
    let migrator = Migrator::new([schema]).unwrap().observer(move |event: &Event<'_>| {
        let line = match event {
            Event::RunStarted { contexts, .. } => format!("run of {contexts:?}"),
            Event::ContextProbed { context, .. } => format!("probed {context}"),
            Event::MigrationStarted { migration, retries, .. } => {
                format!("V{} begins after {retries}", migration.version)
            }
            Event::MigrationApplied { migration, .. } => format!("V{} applied", migration.version),
            Event::MigrationFailed { refusal, .. } => format!("failed: {}", refusal.kind()),
            Event::Waiting { contexts, reason, tries, .. } => {
                format!("{} wait after {tries}: {reason}", contexts.len())
            }
            Event::ContextFinished { report, .. } => format!("{} served: {}", report.context, report.is_served()),
            Event::RunFinished { counts, .. } => format!("over, {} migrated", counts.migrated),
            Event::ContextRead { context, .. } => format!("read {context}"),
            Event::Validating { context, phase, .. } => format!("{context}: {phase}"),
            other => format!("{other:?}"),
        };
        written.lock().unwrap().push(line);
    });
    (migrator, lines)
}

#[tokio::test]
async fn an_observer_is_told_of_every_step_in_its_order() {
    let db = engine().await;
    let faulty = Faulty::new(&db, [Fault::LostBefore, Fault::Pass, Fault::Conflict]);
    let (migrator, lines) = watched(schema());
    let report = migrator.migrate_all(&faulty, Fleet::contexts([tenant("a")])).await.unwrap();
    assert!(report.all_served(), "{report}");
    let lines = lines.lock().unwrap().clone();
    let expected = [
        "run of Some(1)",
        "1 wait after 1: the connection was lost: dropped before",
        "probed acme/a",
        "V1 begins after 0",
        "V2 begins after 0",
        "1 wait after 1: a concurrent transaction was there first: injected",
        "probed acme/a",
        "V1 begins after 1",
        "V2 begins after 1",
        "V1 applied",
        "V2 applied",
        "acme/a served: true",
        "over, 1 migrated",
    ];
    assert_eq!(lines, expected);

    let counted = migrator.counters().read();
    assert_eq!((counted.migrated, counted.migrations_applied, counted.migrations_failed), (1, 2, 0));
    assert_eq!((counted.retries, counted.conflicts, counted.lost), (2, 1, 1));
    assert_eq!((counted.probed, counted.in_progress, counted.round_trips), (2, 0, report.round_trips()));
}

#[tokio::test]
async fn a_failure_is_told_and_the_counters_go_on_over_runs() {
    let db = engine().await;
    let broken = module("app", &[("V1__a.surql", "DEFINE TABLE a SCHEMAFULL;\nCREATE b:1;\nCREATE b:1;\n")]);
    let (migrator, lines) = watched(broken);
    let first = migrator.migrate(&db, tenant("a")).await;
    assert!(matches!(first.outcome, Outcome::Refused(_)));
    assert!(lines.lock().unwrap().contains(&"failed: failed".to_owned()));
    let (served, _) = watched(schema());
    assert_eq!(served.migrate(&db, tenant("b")).await.outcome, Outcome::Migrated);
    assert_eq!(served.migrate(&db, tenant("b")).await.outcome, Outcome::UpToDate);
    let (failed, served) = (migrator.counters().read(), served.counters().read());
    assert_eq!((failed.failed, failed.migrations_failed, failed.migrations_applied), (1, 1, 0));
    assert_eq!((served.migrated, served.up_to_date, served.migrations_applied), (1, 1, 2));
}

#[tokio::test]
async fn what_only_looks_tells_how_many_contexts_there_are_and_which_is_done() {
    let db = engine().await;
    let (migrator, lines) = watched(schema());
    let _ = migrator.migrate(&db, tenant("a")).await;
    let fleet = || Fleet::contexts([tenant("a"), tenant("absent")]);
    let told = || std::mem::take(&mut *lines.lock().unwrap());
    told();

    let _ = migrator.drift(&db, fleet(), &DriftOptions::new()).await.unwrap();
    let read = ["ReadingStarted { contexts: Some(2) }", "read acme/a", "read acme/absent"];
    let mut drift = told();
    drift[1..].sort();
    assert_eq!(drift, read);

    let _ = migrator.validate_all(&db, fleet(), &ValidationOptions::new()).await.unwrap();
    let validated = told();
    assert_eq!(validated[0], read[0]);
    let of = |what: &str| validated.iter().filter(|line| line.starts_with(what)).cloned().collect::<Vec<_>>();
    assert_eq!(of("acme/a: "), ["acme/a: syntax", "acme/a: constraints", "acme/a: performance"]);
    assert_eq!((of("acme/absent: ").len(), of("read ").len()), (3, 2), "{validated:?}");

    let _ = migrator.fleet_status(&db, fleet(), Evidence::Ledger).await.unwrap();
    assert_eq!(told(), ["ReadingStarted { contexts: Some(1) }", "probed acme/a"], "one of them does not exist");
}
