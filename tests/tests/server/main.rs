//! Integration tests against the real server in a process of its own: what only processes that race, die and lose their
//! connection can show.

mod clock;
mod connection;
mod disturbed;
mod exactly_once;
mod fleet_index;
mod killed_replica;
mod killed_server;
mod registry;
mod replica;
mod rollout;
mod start_up;
mod stepwise;
mod takeover;
mod tampered;
mod time_limit;
mod undo;
mod users;

use migrate_runtime::Context;
use migrate_tests::{Server, Storage};

/// A server that is only this test's.
fn server(storage: Storage) -> Server {
    Server::start(env!("CARGO_BIN_EXE_surreal"), storage)
}

/// The contexts that a replica migrates.
fn contexts(namespace: &str, count: usize) -> Vec<Context> {
    (0..count).map(|n| Context::new(namespace, format!("c{n}")).unwrap()).collect()
}
