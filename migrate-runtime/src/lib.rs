//! Applies embedded SurrealDB schema migrations to every tenant, safely with any number of replicas.
//!
//! A binary carries its own schema history, checked and hashed while it was built. When it starts, it brings every
//! tenant's database to its version and refuses to serve only those tenants that it cannot bring there.
//!
//! Features: `macros` (default) for `embed_migrations!`; `surrealdb` (default) for applying them through the SurrealDB
//! SDK. With neither, this crate is no more than the vocabulary of `migrate-core`, which is what a crate needs that
//! ships a schema module of its own.
#![forbid(unsafe_code)]

#[cfg(feature = "surrealdb")]
mod apply;
#[cfg(feature = "surrealdb")]
mod backoff;
#[cfg(feature = "surrealdb")]
mod context;
#[cfg(feature = "surrealdb")]
mod counted;
#[cfg(feature = "surrealdb")]
mod database;
#[cfg(feature = "surrealdb")]
mod failure;
#[cfg(feature = "surrealdb")]
mod fleet;
#[cfg(feature = "surrealdb")]
mod gate;
#[cfg(feature = "surrealdb")]
mod inventory;
#[cfg(feature = "surrealdb")]
mod ledger;
#[cfg(feature = "surrealdb")]
mod migrator;
#[cfg(feature = "surrealdb")]
mod order;
#[cfg(feature = "surrealdb")]
mod outcome;
#[cfg(feature = "surrealdb")]
mod plan;
#[cfg(feature = "surrealdb")]
mod probe;
#[cfg(feature = "surrealdb")]
mod reach;
#[cfg(feature = "surrealdb")]
mod refusal;
#[cfg(feature = "surrealdb")]
mod replica;
#[cfg(feature = "surrealdb")]
mod report;
#[cfg(feature = "surrealdb")]
mod script;
#[cfg(feature = "surrealdb")]
mod sdk;
#[cfg(feature = "surrealdb")]
mod stepwise;
#[cfg(feature = "surrealdb")]
mod verdict;

pub use migrate_core::{
    Catalog, Change, Checksum, Compatibility, Difference, Effect, Fresh, FreshStatement, Loss, Migration, Migrations,
    Mode, Object, ObjectKind, Pace, ParseChecksumError, ParseObjectError, ParseVersionError, Requirement, Statement,
    StatementKind, Undo, UndoSafety, Version,
};

#[cfg(feature = "macros")]
pub use migrate_macros::embed_migrations;

/// Called by the code that `embed_migrations!` writes; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use migrate_core::{
        Change, Compatibility, Effect, Fresh, FreshStatement, Loss, Migration, Migrations, Mode, Object, ObjectKind,
        Pace, Requirement, Statement, StatementKind, Undo, UndoSafety,
    };
}

#[cfg(feature = "surrealdb")]
pub use crate::{
    context::{Context, ContextError},
    database::{Database, QueryError, Reply, StatementError, StatementErrorKind},
    fleet::{Fleet, FleetError},
    gate::{CreateError, Gate, GateCounts, GateOptions, GateRefusal, GateState},
    ledger::Status,
    migrator::Migrator,
    order::ModulesError,
    outcome::{Applied, ContextReport, Outcome},
    plan::Ahead,
    reach::reach,
    refusal::{DivergentPart, Refusal, Unknown},
    report::{Counts, Report},
};
