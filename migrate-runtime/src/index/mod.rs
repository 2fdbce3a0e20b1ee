//! The fleet index: a table in one system context with a row per tenant, written in the transactions that change their
//! ledgers. It is a cache, never the truth, and everything works without it.

mod confirm;
mod define;
mod expected;
mod look;
mod repair;
mod text;
mod usable;

pub(crate) use confirm::{Answer, Confirmation, confirm};
pub(crate) use define::{Undefined, clear, define};
pub(crate) use look::{Look, look};
pub(crate) use repair::{Repaired, repair};
pub(crate) use text::record_statements;
pub(crate) use usable::{Index, IndexUse};

/// What the index holds about one tenant, from this binary's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It says that the tenant is where this binary would bring it.
    Confirmed,
    /// It speaks of the very database that exists, and says something else.
    Stale,
    /// It knows nothing of the database that exists: there is no row, or it speaks of one of that name that is gone.
    Stranger,
    /// The index was not asked.
    Unknown,
}
