use std::time::Duration;

use migrate_core::Object;

use crate::baseline::Takeover;
use crate::context::Context;
use crate::halt::Halted;
use crate::outcome::{Applied, ContextReport};
use crate::phased::{WaitingFor, WaveCounts};
use crate::refusal::Refusal;
use crate::report::Counts;
use crate::undo::{UndoError, UndoStep, UndoneBy};
use crate::validate::ValidationPhase;

/// What happens during a run, in the order in which it happens to each context.
///
/// Contexts are worked on at once, so the events of different contexts mix.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A fleet is about to be brought up to date.
    #[non_exhaustive]
    RunStarted {
        /// How many contexts it has, where that is known beforehand.
        contexts: Option<usize>,
    },
    /// The contexts of a fleet are about to be looked at, and nothing is applied.
    #[non_exhaustive]
    ReadingStarted {
        /// How many they are, where that is known beforehand.
        contexts: Option<usize>,
    },
    /// A phase of the validation of a context is begun.
    #[non_exhaustive]
    Validating {
        /// The context.
        context: &'a Context,
        /// Which phase.
        phase: ValidationPhase,
    },
    /// A context was looked at as a whole: held against what its schema should be, or validated.
    #[non_exhaustive]
    ContextRead {
        /// The context.
        context: &'a Context,
    },
    /// A context's ledger was read.
    #[non_exhaustive]
    ContextProbed {
        /// The context.
        context: &'a Context,
    },
    /// A migration is on its way to the database, or a stepwise one is begun or gone on with. Several of one context may be,
    /// in one text.
    #[non_exhaustive]
    MigrationStarted {
        /// The context.
        context: &'a Context,
        /// Which migration.
        migration: Applied,
        /// How often this context was tried before, for whatever reason.
        retries: u32,
    },
    /// A migration was committed.
    #[non_exhaustive]
    MigrationApplied {
        /// The context.
        context: &'a Context,
        /// Which migration.
        migration: Applied,
        /// How long the round trip took that carried it, and perhaps others with it; for a stepwise one, all of them.
        elapsed: Duration,
    },
    /// A migration failed. Nothing of it was kept, or of a stepwise one what its refusal says.
    #[non_exhaustive]
    MigrationFailed {
        /// The context.
        context: &'a Context,
        /// What failed and why.
        refusal: &'a Refusal,
    },
    /// The snapshot behind a migration could not be stored. Nothing was kept of the migration, which is applied without one,
    /// and so are the others of this run in this context.
    #[non_exhaustive]
    SnapshotSkipped {
        /// The context.
        context: &'a Context,
        /// What the database said.
        reason: &'a str,
    },
    /// A stepwise migration came further.
    #[non_exhaustive]
    StepwiseProgress {
        /// The context.
        context: &'a Context,
        /// Which migration.
        migration: Applied,
        /// How many of its statements are done.
        done: usize,
        /// How many it has.
        of: usize,
        /// How many rows the batches of the next statement have written so far, if it goes in batches and has begun.
        rows: Option<u64>,
    },
    /// A stepwise migration waits for an index.
    #[non_exhaustive]
    IndexBuilding {
        /// The context.
        context: &'a Context,
        /// Which migration.
        migration: Applied,
        /// The index.
        index: &'a Object,
        /// How many rows the database has looked at.
        rows: u64,
    },
    /// Somebody else is at a stepwise migration and is waited for. This is told once for each migration.
    #[non_exhaustive]
    WaitingForHolder {
        /// The context.
        context: &'a Context,
        /// Which migration.
        migration: Applied,
        /// Who is at it.
        by: &'a str,
    },
    /// Somebody was in the way, or the database did not answer: it is tried again after a pause.
    #[non_exhaustive]
    Waiting {
        /// Those that wait: one, or all of one batch.
        contexts: &'a [Context],
        /// What the last try met.
        reason: &'a str,
        /// How many tries there were.
        tries: u32,
    },
    /// A context is done, one way or the other.
    #[non_exhaustive]
    ContextFinished {
        /// What became of it.
        report: &'a ContextReport,
    },
    /// A stream of contexts gave one a second time, which is passed over.
    #[non_exhaustive]
    ContextRepeated {
        /// The context.
        context: &'a Context,
    },
    /// The contexts that go first are up to date, and the others follow.
    #[non_exhaustive]
    CanariesPassed {},
    /// A context that goes first was refused: nothing is applied any more.
    #[non_exhaustive]
    CanaryRefused {
        /// The context.
        context: &'a Context,
        /// Why.
        refusal: &'a Refusal,
    },
    /// As many contexts were refused as there may be: nothing is applied any more.
    #[non_exhaustive]
    BudgetExhausted {
        /// How many that are.
        refused: usize,
    },
    /// The fleet index confirmed contexts, whose ledgers are not read therefore.
    #[non_exhaustive]
    IndexConfirmed {
        /// How many.
        contexts: usize,
    },
    /// The fleet index cannot be used. Everything goes on without it; this is told once.
    #[non_exhaustive]
    IndexUnusable {
        /// The context that holds it.
        index: &'a Context,
        /// Why.
        reason: &'a str,
    },
    /// Rows of the fleet index were written anew from their tenants' ledgers.
    #[non_exhaustive]
    IndexRepaired {
        /// The tenants.
        contexts: &'a [Context],
    },
    /// A context was taken over, or had been before, or has nothing of that kind.
    #[non_exhaustive]
    TakenOver {
        /// What became of it.
        takeover: &'a Takeover,
    },
    /// A context was not taken over, and nothing was written there.
    #[non_exhaustive]
    TakeoverRefused {
        /// The context.
        context: &'a Context,
        /// Why.
        reason: &'a str,
    },
    /// A migration is about to be undone.
    #[non_exhaustive]
    UndoStarted {
        /// The context.
        context: &'a Context,
        /// Which migration, and by what.
        step: &'a UndoStep,
    },
    /// A migration is undone.
    #[non_exhaustive]
    UndoDone {
        /// The context.
        context: &'a Context,
        /// Which migration, and by what.
        step: &'a UndoStep,
        /// Who did it.
        by: UndoneBy,
    },
    /// A migration could not be undone.
    #[non_exhaustive]
    UndoFailed {
        /// The context.
        context: &'a Context,
        /// Which migration, and by what.
        step: &'a UndoStep,
        /// Why.
        error: &'a UndoError,
    },
    /// Rows were written to a file, before an undo takes them away.
    #[non_exhaustive]
    RowsExported {
        /// The context.
        context: &'a Context,
        /// The table.
        table: &'a str,
        /// How many of that table so far.
        rows: u64,
    },
    /// What an undo exported is about to be put back. Every file of it was looked through and is whole.
    #[non_exhaustive]
    RestoreStarted {
        /// The context.
        context: &'a Context,
        /// How many rows there are, in all files.
        rows: u64,
    },
    /// Rows were put back from a file.
    #[non_exhaustive]
    RowsRestored {
        /// The context.
        context: &'a Context,
        /// The table.
        table: &'a str,
        /// How many of that file so far.
        rows: u64,
    },
    /// A phased migration is to be completed and cannot be yet.
    #[non_exhaustive]
    RolloutWaiting {
        /// What it waits for.
        reason: &'a WaitingFor,
    },
    /// A wave of a rollout is done, and another one follows.
    #[non_exhaustive]
    WaveFinished {
        /// Which one, counted from 1.
        wave: usize,
        /// How many there are.
        of: usize,
        /// What became of its contexts.
        counts: WaveCounts,
        /// How long it is until the next one begins.
        pause: Duration,
    },
    /// A rollout begins nothing more in any context.
    #[non_exhaustive]
    RolloutHalted {
        /// Why not.
        because: &'a Halted,
    },
    /// A run is over.
    #[non_exhaustive]
    RunFinished {
        /// How many contexts ended in each way.
        counts: Counts,
        /// How long it took.
        elapsed: Duration,
        /// How many queries were sent.
        round_trips: u64,
    },
}
