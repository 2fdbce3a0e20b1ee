//! What the integration tests share: schema modules written on the spot, engines, and databases that misbehave.

mod faulty;
mod folder;
mod ledger;
mod live_catalog;

pub use crate::faulty::{Fault, Faulty};
pub use crate::folder::module;
pub use crate::ledger::{applied, ledger, log, rows};
pub use crate::live_catalog::live_catalog;

use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};

/// A new embedded engine that keeps everything in memory.
///
/// # Panics
///
/// When the engine does not start.
pub async fn engine() -> Surreal<Any> {
    connect("mem://").await.expect("the embedded engine starts")
}
