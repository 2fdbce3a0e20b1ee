//! Where a fleet stands, what was logged and who has the lease, read without creating anything, over a connection that
//! fails; and runs that are told to stop.

use migrate_runtime::{
    Context, ContextState, Evidence, Fleet, Halted, LogEntry, LogFilter, Migrations, Migrator, Outcome, ReadError,
    Refusal, Stop, UndoLeft,
};
use migrate_tests::{Fault, Faulty, engine, module, rows};

/// Names that would do something if they were not quoted.
const HOSTILE: &str = "a`; REMOVE TABLE user; `\\";

fn schema() -> &'static Migrations {
    module("app", &[("V1__a.surql", "DEFINE TABLE a;\n"), ("V2__b.surql", "DEFINE TABLE b;\n")])
}

fn contexts() -> [Context; 3] {
    [("acme", HOSTILE), ("acme", "absent"), ("nowhere", "absent")]
        .map(|(namespace, database)| Context::new(namespace, database).unwrap())
}

#[tokio::test]
async fn what_exists_is_read_and_what_does_not_is_not_made_whatever_the_connection_does() {
    let db = engine().await;
    let [there, ..] = &contexts();
    let migrator = Migrator::new([schema()]).unwrap();
    assert!(migrator.migrate(&db, there.clone()).await.is_served());
    let before = rows(&db, there, "RETURN [(INFO FOR ROOT).namespaces, INFO FOR NS, INFO FOR DB];").await;
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        // The questions about what exists are not asked again; those behind them are.
        let fleet = || Fleet::contexts(contexts());
        let faulty = || Faulty::new(&db, [Fault::Pass, Fault::Pass, fault.clone(), fault.clone()]);
        let status = migrator.fleet_status(&faulty(), fleet(), Evidence::Ledger).await.unwrap();
        let found: Vec<_> = status.contexts.iter().map(|one| one.state.clone()).collect();
        assert_eq!(found, [ContextState::UpToDate, ContextState::Absent, ContextState::Absent], "{fault:?}");
        assert_eq!(status.contexts[0].modules[0].recorded, schema().last().map(migrate_core::Migration::version));

        let log = migrator.log(&faulty(), fleet(), &LogFilter::default()).await.unwrap();
        let events = log[0].found.as_ref().unwrap();
        assert_eq!(events.iter().map(LogEntry::event).collect::<Vec<_>>(), ["applied", "applied"]);
        assert_eq!(log[1].found, Err(ReadError::Absent(contexts()[1].clone())));
        let leases = migrator.leases(&faulty(), fleet()).await.unwrap();
        assert!(leases[0].found.as_ref().unwrap().holder.is_none() && leases[2].found.is_err());
    }
    let after = rows(&db, there, "RETURN [(INFO FOR ROOT).namespaces, INFO FOR NS, INFO FOR DB];").await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_session_that_stays_elsewhere_is_not_taken_for_the_context() {
    let db = engine().await;
    db.query("USE NS home DB home; CREATE _migration_log SET at = time::now(), event = 'applied';").await.unwrap();
    let [there, ..] = &contexts();
    let migrator = Migrator::new([schema()]).unwrap();
    assert!(migrator.migrate(&db, there.clone()).await.is_served());
    let refusing = Faulty::new(&db, [Fault::Pass, Fault::Pass, Fault::UseRefused]);
    let log = migrator.log(&refusing, Fleet::contexts([there.clone()]), &LogFilter::default()).await.unwrap();
    assert!(matches!(&log[0].found, Err(ReadError::Unavailable { .. })), "{log:?}");
}

#[tokio::test]
async fn a_run_that_was_told_to_stop_reads_and_applies_nothing() {
    let db = engine().await;
    let stop = Stop::default();
    let migrator = Migrator::new([schema()]).unwrap().stopped_by(&stop);
    let context = |name| Context::new("acme", name).unwrap();
    assert!(migrator.migrate(&db, context("done")).await.is_served());
    stop.now();
    let report = migrator.migrate_all(&db, Fleet::contexts(["done", "new"].map(context))).await.unwrap();
    let outcomes: Vec<_> = report.contexts().iter().map(|one| one.outcome.clone()).collect();
    let untouched = Outcome::Refused(Refusal::NotAttempted { because: Halted::Stopped, pending: 2 });
    assert_eq!(outcomes, [Outcome::UpToDate, untouched], "{report}");
}

#[tokio::test]
async fn an_undo_that_failed_or_is_torn_is_named() {
    let db = engine().await;
    let [there, ..] = &contexts();
    let migrator = Migrator::new([schema()]).unwrap();
    assert!(migrator.migrate(&db, there.clone()).await.is_served());
    let seen = async |change: &str| {
        let field = "DEFINE FIELD IF NOT EXISTS undo ON _migrations TYPE option<object> FLEXIBLE";
        rows(&db, there, &format!("{field}; UPDATE _migrations:['app', 2] SET {change}")).await;
        let fleet = Fleet::contexts([there.clone()]);
        migrator.fleet_status(&db, fleet, Evidence::Ledger).await.unwrap().contexts.remove(0)
    };
    let failed = seen("undo = { token: 'x', error: { message: 'not today' } }").await;
    let [undo] = &failed.failed_undos[..] else { panic!("{failed:?}") };
    assert_eq!(
        (&failed.state, undo.left, undo.message.as_str()),
        (&ContextState::UpToDate, UndoLeft::Applied, "not today")
    );
    let torn = seen("status = 'started', undo = { token: 'x' }").await;
    assert!(matches!(torn.state, ContextState::Refused(Refusal::Stuck { .. })), "{torn:?}");
    let said = "the undo of app V2__b failed: it ended before its end, and nobody recorded why; nobody knows which of its statements ran";
    assert_eq!((torn.failed_undos[0].left, torn.failed_undos[0].to_string().as_str()), (UndoLeft::Unknown, said));
    let json = serde_json::to_value(&torn).unwrap();
    assert_eq!((&json["failed_undos"][0]["version"], &json["failed_undos"][0]["left"]), (&2.into(), &"unknown".into()));
    // One that was done, and a migration that ended early by itself, are no failed undos.
    assert!(seen("status = 'rolled_back', undo = { token: 'x' }").await.failed_undos.is_empty());
    assert!(seen("status = 'started', undo = NONE").await.failed_undos.is_empty());
}
