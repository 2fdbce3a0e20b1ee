use clap::ValueEnum;
use migrate_runtime::Context;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::args::Args;
use crate::chain::Chain;
use crate::ours::{Index, migrate};
use crate::{Failure, limit, loops, peers};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Contender {
    /// The bare texts: what the others are held against.
    Limit,
    Ours,
    /// The same with the fleet index.
    Indexed,
    /// `use_ns`, `use_db` and a `SELECT` per tenant. It can do nothing but look.
    Sequential,
    /// The loop that a team would write.
    ByHand,
    SurrealKit,
    Overshift,
}

impl Contender {
    /// Those who migrate.
    pub(crate) const ALL: [Self; 6] =
        [Self::Limit, Self::Ours, Self::Indexed, Self::ByHand, Self::SurrealKit, Self::Overshift];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit: bare texts",
            Self::Ours => "migrate-runtime",
            Self::Indexed => "migrate-runtime, fleet index",
            Self::Sequential => "sequential loop",
            Self::ByHand => "loop by hand",
            Self::SurrealKit => "surrealkit 1.0.0-beta.6",
            Self::Overshift => "overshift 0.2.2",
        }
    }

    /// What it does, beside the numbers.
    pub(crate) const fn does(self) -> &'static str {
        match self {
            Self::Limit => {
                "the statements alone, in the batches and with the concurrency of migrate-runtime: no ledger, no \
                 checks, nothing is decided"
            }
            Self::Ours => {
                "each context is read; chained SHA-256 checksums compared; a migration and its ledger row are one \
                 transaction, and creating the row is the lock; migrations of a fresh context go into one transaction"
            }
            Self::Indexed => "the same, and what the fleet index confirms by one query is not read",
            Self::Sequential => {
                "one context after the other is entered and its ledger read: nothing is compared or decided"
            }
            Self::ByHand => {
                "one context after the other; a version number per migration, in the transaction that applies it; no \
                 checksums, no lock"
            }
            Self::SurrealKit => {
                "Sync::embedded, one context after the other; a SHA-256 per file, to skip it; a catalogue of what is \
                 defined, to remove what is not; no lock; each file a text without a transaction, its hash stored after it"
            }
            Self::Overshift => {
                "plan and apply, one context after the other, with a system database each; SHA-256 checksums compared; \
                 a lock of 60 s where something is pending; each migration a transaction, its row a later query"
            }
        }
    }

    /// The namespace of its fleet. Who only looks has none of its own, and the index speaks of a fleet that is there.
    pub(crate) const fn namespace(self) -> &'static str {
        match self {
            Self::Limit | Self::Ours | Self::Indexed | Self::Sequential => "ours",
            Self::ByHand => "by_hand",
            Self::SurrealKit => "surrealkit",
            Self::Overshift => "overshift",
        }
    }

    /// How many contexts it is given at most: those that go through them one by one take as long for each, however many.
    pub(crate) const fn most(self, args: &Args) -> usize {
        match self {
            Self::Limit | Self::Ours | Self::Indexed => usize::MAX,
            Self::Sequential => 1_000,
            Self::ByHand | Self::SurrealKit | Self::Overshift => args.sample,
        }
    }

    /// Brings contexts up to date, be they new or not, and returns the number of round trips where it is known.
    pub(crate) async fn migrate(
        self,
        db: &Surreal<Any>,
        contexts: &[Context],
        chain: Chain,
    ) -> Result<Option<usize>, Failure> {
        match self {
            Self::Limit => limit::define(db, contexts, chain).await.map(Some),
            Self::Ours => migrate(db, contexts, chain, Index::Without).await.map(Some),
            Self::Indexed => migrate(db, contexts, chain, Index::With).await.map(Some),
            Self::Sequential => Err("it can only look".into()),
            Self::ByHand => loops::by_hand(db, contexts, chain).await.map(Some),
            Self::SurrealKit => peers::surrealkit(db, contexts, chain).await.map(|()| None),
            Self::Overshift => peers::overshift(db, contexts, chain).await.map(|()| None),
        }
    }

    /// Finds out that there is nothing to do.
    pub(crate) async fn look(
        self,
        db: &Surreal<Any>,
        contexts: &[Context],
        chain: Chain,
    ) -> Result<Option<usize>, Failure> {
        match self {
            Self::Limit => limit::ask(db, contexts).await.map(Some),
            Self::Sequential => loops::sequential(db, contexts).await.map(Some),
            _ => self.migrate(db, contexts, chain).await,
        }
    }
}
