//! Applies embedded SurrealDB schema migrations to every tenant, safely with any number of replicas.
//!
//! A binary carries its own schema history, checked and hashed while it was built. When it starts, it brings every
//! tenant's database to its version and refuses to serve only those tenants that it cannot bring there.
//!
//! Features: `macros` (default) for `embed_migrations!`; `surrealdb` (default) for applying them through the SurrealDB
//! SDK; `cli` for the operator's commands as a part of a server's own command line. With `macros` alone, this crate is what a crate
//! needs that ships a schema module of its own; with none, no more than the vocabulary of `migrate-core`.
#![forbid(unsafe_code)]

#[cfg(feature = "surrealdb")]
mod adopt;
#[cfg(feature = "surrealdb")]
mod apply;
#[cfg(feature = "surrealdb")]
mod attempt;
#[cfg(feature = "surrealdb")]
mod backoff;
#[cfg(feature = "surrealdb")]
mod baseline;
#[cfg(feature = "surrealdb")]
mod canaries;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "surrealdb")]
mod compare;
#[cfg(feature = "surrealdb")]
mod consult;
#[cfg(feature = "surrealdb")]
mod contention;
#[cfg(feature = "surrealdb")]
mod context;
#[cfg(feature = "surrealdb")]
mod counted;
#[cfg(feature = "surrealdb")]
mod counters;
#[cfg(feature = "surrealdb")]
mod course;
#[cfg(feature = "surrealdb")]
mod database;
#[cfg(feature = "surrealdb")]
mod drift;
#[cfg(feature = "surrealdb")]
mod failure;
#[cfg(feature = "surrealdb")]
mod fleet;
#[cfg(feature = "surrealdb")]
mod fleet_contexts;
#[cfg(feature = "surrealdb")]
mod fleet_error;
#[cfg(feature = "surrealdb")]
mod fleet_status;
#[cfg(feature = "surrealdb")]
mod flow;
#[cfg(feature = "surrealdb")]
mod gate;
mod graph;
#[cfg(feature = "surrealdb")]
mod halt;
#[cfg(feature = "surrealdb")]
mod handover;
#[cfg(feature = "surrealdb")]
mod index;
#[cfg(feature = "surrealdb")]
mod inventory;
#[cfg(feature = "surrealdb")]
mod lease;
#[cfg(feature = "surrealdb")]
mod ledger;
#[cfg(feature = "surrealdb")]
mod listing;
#[cfg(feature = "surrealdb")]
mod live;
#[cfg(feature = "surrealdb")]
mod migration_log;
#[cfg(feature = "surrealdb")]
mod migrator;
#[cfg(feature = "surrealdb")]
mod modules_error;
#[cfg(feature = "surrealdb")]
mod observer;
#[cfg(feature = "surrealdb")]
mod options;
#[cfg(feature = "surrealdb")]
mod order;
#[cfg(feature = "surrealdb")]
mod outcome;
#[cfg(feature = "surrealdb")]
mod ownership;
#[cfg(feature = "surrealdb")]
mod phased;
#[cfg(feature = "surrealdb")]
mod plan;
#[cfg(feature = "surrealdb")]
mod probe;
#[cfg(feature = "surrealdb")]
mod reach;
#[cfg(feature = "surrealdb")]
mod reading;
#[cfg(feature = "surrealdb")]
mod refusal;
#[cfg(feature = "surrealdb")]
mod registry;
#[cfg(feature = "surrealdb")]
mod replica;
#[cfg(feature = "surrealdb")]
mod report;
#[cfg(feature = "surrealdb")]
mod roll;
#[cfg(feature = "surrealdb")]
mod run;
#[cfg(feature = "surrealdb")]
mod schema_repair;
#[cfg(feature = "surrealdb")]
mod script;
#[cfg(feature = "surrealdb")]
mod sdk;
#[cfg(feature = "surrealdb")]
mod silence;
#[cfg(feature = "surrealdb")]
mod snapshot;
#[cfg(feature = "surrealdb")]
mod stepwise;
#[cfg(feature = "surrealdb")]
mod stop;
#[cfg(feature = "surrealdb")]
mod target;
#[cfg(feature = "surrealdb")]
mod telemetry;
#[cfg(feature = "surrealdb")]
mod undo;
#[cfg(feature = "surrealdb")]
mod upkeep;
#[cfg(feature = "surrealdb")]
mod validate;
#[cfg(feature = "surrealdb")]
mod verdict;
#[cfg(feature = "surrealdb")]
mod verification;
#[cfg(feature = "surrealdb")]
mod verify;
#[cfg(feature = "surrealdb")]
mod waiting;

pub use migrate_core::{
    CHECKED_FOR, Catalog, Change, Check, CheckKind, Checksum, Compatibility, Difference, DifferenceClass, EdgeKind,
    Effect, Expectation, Fresh, FreshStatement, Link, Loss, Migration, Migrations, Mode, Moved, Object, ObjectKind,
    Pace, ParseChecksumError, ParseObjectError, ParseVersionError, Phase, PhaseStep, PhaseWork, Phased, Requirement,
    Statement, StatementKind, Undo, UndoSafety, Version, VersionCircle, VersionEdge, VersionNode,
};

pub use crate::graph::VersionGraph;

#[cfg(feature = "macros")]
pub use migrate_macros::embed_migrations;

/// Called by the code that `embed_migrations!` writes; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use migrate_core::__embedded::Embedded;
    pub use migrate_core::{Migrations, Requirement};
}

#[cfg(feature = "surrealdb")]
pub use crate::{
    adopt::{Adoption, AdoptionError, ForeignLedger, ForeignMigration, Rollout, Tool},
    baseline::{Baseline, BaselineError, BaselineReport, Strangers, TakenOver, Takeover, TakeoverState},
    compare::{Comparison, NoSuchVersion, compare},
    context::{Context, ContextError},
    counters::{Counters, CountersSnapshot},
    database::{Database, QueryError, Reply, StatementError, StatementErrorKind},
    drift::{Against, ContextDrift, DriftOptions, DriftReport, DriftState, DriftUnknown},
    fleet::Fleet,
    fleet_error::FleetError,
    fleet_status::{ContextState, ContextStatus, FailedUndo, FleetStatus, ModuleStatus, UndoLeft},
    gate::{CreateError, Gate, GateCounts, GateOptions, GateRefusal, GateState},
    halt::Halted,
    lease::{Lease, LeaseHolder, LeaseState, Unfinished},
    ledger::Status,
    listing::{
        AppliedBy, Here, ListFilter, ListedMigration, ListedUndo, MigrationList, MigrationStatus, ModuleState,
        Presence, RecordedError, RecordedUndoError, StatusCounts,
    },
    live::{LiveSchema, LiveSchemaError, SchemaDifference, Unmanaged},
    migration_log::{LogEntry, LogFilter},
    migrator::Migrator,
    modules_error::{ModulesError, Needed, Place},
    observer::{Event, Observer},
    order::PhasedStarts,
    outcome::{Applied, ContextReport, Evidence, Outcome},
    phased::{
        Awaited, AwaitedEnd, Concluded, Move, NotReady, ParseWaveError, PhasedCompletions, PhasedError, PhasedState,
        PhasedStatus, Repair, RolloutContext, RolloutCounts, RolloutError, RolloutOptions, RolloutOutcome,
        RolloutOverride, RolloutReport, RolloutStatus, StateCount, StepRecord, WaitingFor, Wave, WaveCounts, WhenReady,
    },
    plan::{Ahead, Incomplete, Stranger},
    reach::reach,
    reading::{ReadError, Reading},
    refusal::{DivergentPart, Refusal, Unknown},
    registry::{
        AtLeast, Membership, MembershipStatus, ModuleHead, Pause, PausedBy, Registry, RegistryError, Renewal,
        ReplicaInfo,
    },
    report::{Counts, Report},
    schema_repair::{
        LedgerRepair, LedgerRepaired, SchemaRepairAction, SchemaRepairError, SchemaRepairLoss, SchemaRepairObstacle,
        SchemaRepairOptions, SchemaRepairPlan, SchemaRepairReport, SchemaRepairStatement,
    },
    snapshot::{
        Author, Keep, ParseSnapshotIdError, Pruned, Snapshot, SnapshotError, SnapshotFormatError, SnapshotId,
        Snapshots, StoredSnapshot,
    },
    stop::Stop,
    target::TargetError,
    undo::{
        Approval, ExportError, Exported, ExportedTable, Gone, Leftovers, RestoreError, Restored, RestoredTable,
        UndoError, UndoImpact, UndoObstacle, UndoOptions, UndoPlan, UndoReport, UndoSource, UndoStep, UndoTarget,
        UndoTexts, Undone, UndoneBy,
    },
    validate::{
        FindingCode, FindingSeverity, FleetValidation, Force, OffendingRows, RowCount, Skipped, UndoPolicy,
        ValidateError, Validation, ValidationFinding, ValidationOptions, ValidationPhase, ValidationVerdict,
    },
    verification::{Finding, IndexFinding, LedgerFinding, Verification},
};
