//! A connection that drops, crawls or falls silent: what happened meanwhile is read in the ledger.

use std::time::Duration;

use migrate_runtime::{Fleet, Migrator, Outcome, Refusal, Report};
use migrate_tests::{Proxy, Server, Storage, Weather, assert_agreement, assert_migrated, chain, signed_in};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::{contexts, server};

const CONTEXTS: usize = 4;
const NAMESPACE: &str = "away";

/// A server, a connection to it that may fail, and one that does not.
struct Setup {
    /// Stopped with the rest.
    _server: Server,
    proxy: Proxy,
    far: Surreal<Any>,
    near: Surreal<Any>,
}

impl Setup {
    async fn new() -> Self {
        let server = server(Storage::Memory);
        let proxy = Proxy::before(server.address()).await;
        let far = signed_in(&proxy.url()).await.unwrap();
        let near = server.root().await;
        Self { _server: server, proxy, far, near }
    }

    /// Migrates the first so many contexts through the connection that may fail.
    async fn migrate(&self, count: usize, deadline: Duration) -> Report {
        let migrator = Migrator::new([chain("split").unwrap()]).unwrap().deadline(deadline);
        migrator.migrate_all(&self.far, Fleet::contexts(contexts(NAMESPACE, count))).await.unwrap()
    }

    async fn assert_migrated(&self, count: usize) {
        for context in contexts(NAMESPACE, count) {
            assert_migrated(&self.near, &context, chain("split").unwrap()).await;
        }
    }
}

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_transaction_that_never_reached_the_server_is_sent_again() {
    let setup = Setup::new().await;
    setup.proxy.set(Weather::CutBefore);
    let report = setup.migrate(1, LONG).await;
    assert_eq!(setup.proxy.cuts(), 1, "the connection was cut");
    assert_eq!(report.contexts()[0].outcome, Outcome::Migrated, "{report}");
    assert_eq!(report.contexts()[0].applied.len(), 4, "by this run, all of it: {report}");
    setup.assert_migrated(1).await;
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_in_the_ledger_and_not_done_again() {
    let setup = Setup::new().await;
    setup.proxy.set(Weather::CutBehind);
    let report = setup.migrate(1, LONG).await;
    assert_eq!(setup.proxy.cuts(), 1, "the connection was cut");
    assert!(report.all_served(), "{report}");
    // The first text brought V1, and its answer never came: what is left to do is known from the ledger alone.
    let applied: Vec<_> = report.contexts()[0].applied.iter().map(|applied| applied.version.get()).collect();
    assert_eq!(applied, [2, 3, 4], "{report}");
    setup.assert_migrated(1).await;
}

#[tokio::test]
async fn a_connection_that_drops_again_and_again_only_delays() {
    let setup = Setup::new().await;
    let run = setup.migrate(CONTEXTS, LONG);
    let cutting = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(fastrand::u64(20..200))).await;
            setup.proxy.cut();
        }
    };
    let report = tokio::join!(run, cutting).0;
    assert!(report.all_served(), "{report}");
    setup.assert_migrated(CONTEXTS).await;
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let setup = Setup::new().await;
    setup.proxy.set(Weather::Slow(Duration::from_millis(80)));
    // No deadline ends what is under way: it only says how long something is tried again.
    let report = setup.migrate(CONTEXTS, Duration::from_millis(100)).await;
    assert_eq!(report.counts().migrated, CONTEXTS, "{report}");
    setup.assert_migrated(CONTEXTS).await;
}

#[tokio::test]
async fn a_connection_that_falls_silent_ends_the_run_at_its_deadline_and_the_next_run_heals() {
    let setup = Setup::new().await;
    let run = setup.migrate(CONTEXTS, Duration::from_millis(500));
    let silence = async {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..200))).await;
        setup.proxy.set(Weather::BlackHole);
    };
    let report = tokio::join!(run, silence).0;
    for (context, refusal) in report.refused() {
        let Refusal::Unavailable { reason } = refusal else { panic!("{context}: {refusal}") };
        assert!(reason.contains("has not answered anything"), "{reason}");
    }
    for context in contexts(NAMESPACE, CONTEXTS) {
        assert_agreement(&setup.near, &context, chain("split").unwrap()).await;
    }
    // The operating system gives the dead connection up at last, and the SDK makes a new one by itself.
    setup.proxy.set(Weather::Clear);
    setup.proxy.cut();
    let report = setup.migrate(CONTEXTS, LONG).await;
    assert!(report.all_served(), "{report}");
    setup.assert_migrated(CONTEXTS).await;
}
