//! What the integration tests share: schema modules written on the spot, engines and servers, and databases that
//! misbehave.

mod agreement;
mod chains;
mod faulty;
mod folder;
mod ledger;
mod live_catalog;
mod mortal;
mod proxy;
mod server;

pub use crate::agreement::{assert_agreement, assert_migrated};
pub use crate::chains::{CHAINS, chain};
pub use crate::faulty::{Fault, Faulty};
pub use crate::folder::module;
pub use crate::ledger::{applied, ledger, log, rows};
pub use crate::live_catalog::live_catalog;
pub use crate::mortal::Mortal;
pub use crate::proxy::{Proxy, Weather};
pub use crate::server::{Server, Storage, signed_in};

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
