//! A replica is killed at a random moment: what it leaves is whole, and the next one goes on from there.

use std::time::{Duration, Instant};

use migrate_runtime::{Context, Fleet, Migrations, Migrator};
use migrate_tests::{CHAINS, Storage, assert_agreement, assert_migrated, chain};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use surrealdb::opt::auth::Root;

use crate::replica::{Order, Replica};
use crate::{contexts, server};

/// How many replicas are killed, unless [`ROUNDS_VARIABLE`] says otherwise.
const ROUNDS: usize = 40;
const ROUNDS_VARIABLE: &str = "MIGRATE_TEST_ROUNDS";
const CONTEXTS: usize = 2;
/// In every round of this number another replica races with the one that is killed, and is left alone.
const COMPANY: usize = 5;

fn rounds() -> usize {
    std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"))
}

/// What one round found behind the killed replica.
struct Round {
    was_killed: bool,
    /// Whether a context had some of its migrations and not all.
    is_between: bool,
}

struct Rounds<'a> {
    url: &'a str,
    token: &'a str,
    db: Surreal<Any>,
}

impl Rounds<'_> {
    fn replica(&self, chain: &str, namespace: &str) -> Replica {
        let order = Order { url: self.url, chain, namespace, contexts: CONTEXTS, token: Some(self.token) };
        let mut replica = Replica::start(&order);
        assert!(replica.begun().is_some(), "it begins");
        replica
    }

    /// How long a replica needs that is left alone.
    fn undisturbed(&self, chain: &str) -> Duration {
        let replica = self.replica(chain, &format!("undisturbed_{chain}"));
        let begin = Instant::now();
        let ended = replica.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
        begin.elapsed()
    }

    async fn round(&self, number: usize, name: &str, schema: &'static Migrations, within: Duration) -> Round {
        let namespace = format!("round_{number}");
        let replica = self.replica(name, &namespace);
        let companion = number.is_multiple_of(COMPANY).then(|| self.replica(name, &namespace));
        tokio::time::sleep(within.mul_f64(fastrand::f64())).await;
        let was_killed = replica.kill();
        if let Some(ended) = companion.map(Replica::ended) {
            assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
        }
        let mut is_between = false;
        for context in contexts(&namespace, CONTEXTS) {
            let applied = assert_agreement(&self.db, &context, schema).await;
            is_between |= (1..schema.len()).contains(&applied);
        }
        self.heal(contexts(&namespace, CONTEXTS), schema).await;
        Round { was_killed, is_between }
    }

    async fn heal(&self, contexts: Vec<Context>, schema: &'static Migrations) {
        let migrator = Migrator::new([schema]).unwrap().deadline(Duration::from_mins(1));
        let report = migrator.migrate_all(&self.db, Fleet::contexts(contexts.clone())).await.unwrap();
        assert!(report.all_served(), "{report}");
        for context in contexts {
            assert_migrated(&self.db, &context, schema).await;
        }
    }
}

#[tokio::test]
async fn a_replica_that_is_killed_at_any_moment_leaves_nothing_half_done_and_the_next_run_heals() {
    let server = server(Storage::Memory);
    let db = server.root().await;
    let token = db.signin(Root { username: "root".to_owned(), password: "root".to_owned() }).await.unwrap();
    let url = server.url();
    let series = Rounds { url: &url, token: token.access.as_insecure_token(), db };
    let chains = CHAINS.map(|name| (name, chain(name).unwrap(), series.undisturbed(name)));
    let mut found = Vec::new();
    for number in 0..rounds() {
        let (name, schema, within) = chains[number % chains.len()];
        found.push(series.round(number, name, schema, within).await);
    }
    let killed = found.iter().filter(|round| round.was_killed).count();
    let between = found.iter().filter(|round| round.is_between).count();
    println!("{killed} of {} replicas were killed while they ran, {between} rounds ended between migrations", rounds());
    assert!(killed > 0, "a replica is killed before its end");
}
