//! The query text that applies migrations in one context, and what each of its results stands for.

mod fresh;
mod ledger_row;
mod moved;
mod record;
mod rows;
mod step;

use std::ops::Range;

use migrate_core::{Checksum, Compatibility, Phase, StatementKind, Version};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::index::{self, Index};
use crate::ledger::{DEFINE_LEDGER, DEFINE_LEDGER_STATEMENTS, Row};
use crate::plan::{Action, Need, Step};
use crate::replica::Replica;
use crate::snapshot::{self, Snapshots};

pub(crate) use self::fresh::fresh;
pub(crate) use self::ledger_row::{ledger_row, placeholder};
pub(crate) use self::rows::{LOGGED_NOW, log_entry, with};

/// A query text with its variables, and the role of each of its results.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) variables: Map<String, Value>,
    /// One entry per result, in order: the block it belongs to, and its role there.
    pub(crate) slots: Vec<(usize, Role)>,
    /// Which of the steps that were given each block applies, if it applies any.
    pub(crate) blocks: Vec<Range<usize>>,
}

/// Whether a context that has nothing of a module goes through what the module's migrations superseded since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// It gets the definitions that are left of the first migrations.
    Skipped,
    /// It gets one migration behind the other.
    Replayed,
}

/// What a result of a [`Script`] is the result of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The `USE` before the first transaction.
    Enter,
    /// `BEGIN`.
    Begin,
    /// The check that the session is in the context: a refused `USE` leaves it in another one.
    Guard,
    /// The check that nobody else has created the ledger and this row in it meanwhile.
    Untaken,
    /// The definition of the ledger.
    Ledger,
    /// The check that the predecessor is recorded.
    Predecessor,
    /// The removal of the row of a failed or undone attempt.
    Clear,
    /// The `CREATE` of the ledger row: the compare-and-set.
    Claim,
    /// The check that nobody holds the lease.
    Held,
    /// The check that the lease is still ours and the ledger stands where it did.
    Fence,
    /// What asks the replica registry whether an older replica is alive.
    Replicas,
    /// What is written of the lease.
    Lease,
    /// A definition that stands for several migrations.
    Definition,
    /// A statement of the migration, by its index.
    Statement(usize),
    /// What is written of how far a stepwise migration is.
    Cursor,
    /// What is asked for its answer.
    Read,
    /// What says that the end was reached, or that something failed.
    Close,
    /// The statement that stores a snapshot of the schema.
    Snapshot,
    /// A statement that writes the tenant's row of the fleet index.
    Index,
    /// A query for rows that what is defined by then would refuse, by its index.
    Check(usize),
    /// `COMMIT`, or what ends a transaction that is not to be committed.
    Commit,
}

/// Whether the context has a ledger already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LedgerTable {
    Exists,
    Missing,
}

pub(crate) const CONTEXT_GUARD: &str = "IF session::ns() != $_migrate_ns OR session::db() != $_migrate_db { THROW 'the session is in another context' };\n";

/// Texts above this size are sent in several round trips, well below what a server accepts as one message.
pub(crate) const LONGEST_TEXT: usize = 1 << 20;

impl Script {
    /// The text for as many of the steps as fit, at least one, up to the first that is stepwise.
    pub(crate) fn apply(
        context: &Context,
        table: LedgerTable,
        steps: &[Step],
        history: History,
        replica: &Replica,
        index: Option<&Index>,
        snapshots: Snapshots,
    ) -> Self {
        let mut script = Self::enter(context);
        if let Some(index) = index {
            index.bind(&mut script.variables);
        }
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            let fresh = fresh(&steps[at..], history);
            let covered = fresh.map_or(1, |(_, covered)| covered);
            if fresh.is_none() && step.is_stepwise() {
                break;
            }
            let is_too_long = script.text.len() + step.migration.text().len() > LONGEST_TEXT;
            // A `LET` holds until the end of the text: the next migration must not find it.
            let before = at.checked_sub(1).and_then(|before| steps.get(before));
            if at > 0 && (is_too_long || before.is_some_and(sets_parameters)) {
                break;
            }
            let table = if at == 0 { table } else { LedgerTable::Exists };
            let block = script.blocks.len();
            if at > 0 && index.is_some() {
                // The session is in the context of the index.
                script.push(block, Role::Enter, &context.use_statement());
            }
            match fresh {
                Some((module, _)) => script.fresh(table, before, &steps[at..at + covered], module, replica),
                None if matches!(step.action, Action::Run { .. }) => script.step(table, before, step, replica),
                None => script.hand_over(before, step, replica),
            }
            script.snapshot(block, snapshots, replica);
            script.index(block, index);
            script.push(block, Role::Commit, "COMMIT;\n");
            script.blocks.push(at..at + covered);
            at += covered;
        }
        script
    }

    /// The text that enters the context, with the variables of the guard.
    pub(crate) fn enter(context: &Context) -> Self {
        let mut variables = Map::new();
        variables.insert("_migrate_ns".to_owned(), context.namespace().into());
        variables.insert("_migrate_db".to_owned(), context.database().into());
        let mut script = Self { text: String::new(), variables, slots: Vec::new(), blocks: Vec::new() };
        script.push(0, Role::Enter, &context.use_statement());
        script.text.push('\n');
        script
    }

    /// How many of the steps that were given the text holds.
    pub(crate) fn steps(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.end)
    }

    pub(crate) fn push(&mut self, step: usize, role: Role, statement: &str) {
        self.text.push_str(statement);
        self.slots.push((step, role));
    }

    /// Begins a transaction, which throws unless it is in the context.
    pub(crate) fn begin(&mut self, step: usize) {
        self.push(step, Role::Begin, "BEGIN;\n");
        self.push(step, Role::Guard, CONTEXT_GUARD);
    }

    pub(crate) fn define_ledger(&mut self, step: usize) {
        self.text.push_str(DEFINE_LEDGER);
        self.slots.extend([(step, Role::Ledger); DEFINE_LEDGER_STATEMENTS]);
    }

    /// Stores a snapshot of the schema, at the end of a transaction that applies a migration.
    pub(crate) fn snapshot(&mut self, at: usize, snapshots: Snapshots, replica: &Replica) {
        if let Snapshots::AfterEachMigration { keep } = snapshots {
            self.variables.insert(snapshot::TAKEN_BY.to_owned(), replica.as_json());
            let behind = format!("$_migrate_{at}");
            self.push(at, Role::Snapshot, &format!("{};\n", snapshot::store_behind(&behind, keep)));
        }
    }

    /// Writes the tenant's row of the fleet index, at the end of a transaction that changes its ledger.
    pub(crate) fn index(&mut self, at: usize, index: Option<&Index>) {
        for statement in index.map(|index| index::record_statements(&index.context)).into_iter().flatten() {
            self.push(at, Role::Index, &statement);
        }
    }

    /// The check that the last step of the module before is recorded: a transaction that fell does not keep the next one of
    /// the text from running.
    fn behind(&mut self, at: usize, before: Option<&Step>, module: &str) {
        if let (Some(before), Some(last)) = (before.filter(|before| before.module != module), at.checked_sub(1)) {
            self.predecessor(at, &format!("$_migrate_{last}.module"), before.migration.version(), before.chain);
        }
    }

    /// Lets the row that a renamed module left behind say that older binaries, which know the module by that name only,
    /// must refuse the context from now on.
    pub(crate) fn warn_former(&mut self, at: usize, steps: &[Step]) {
        let breaks = |step: &&Step| {
            let is_only_begun = !step.phases.is_empty() && !step.phases.contains(&Phase::Complete);
            step.migration.compatibility() == Compatibility::Breaking && !is_only_begun
        };
        for name in steps.iter().find(breaks).map_or(&[][..], |step| step.formerly) {
            let variable = format!("_migrate_former_{}", self.variables.len());
            let warn = format!(
                "UPDATE _migrations SET breaking = true WHERE module = ${variable} AND checksum = '{}' RETURN NONE;\n",
                Row::MARKER
            );
            self.push(at, Role::Clear, &warn);
            self.variables.insert(variable, (*name).into());
        }
    }

    /// The check that what a step requires of other modules is recorded, whoever was to apply it.
    pub(crate) fn needs(&mut self, at: usize, step: &Step) {
        for Need { module, version, chain } in &step.needs {
            let name = format!("_migrate_need_{}", self.variables.len());
            self.predecessor(at, &format!("${name}"), *version, *chain);
            self.variables.insert(name, (*module).into());
        }
    }

    /// A transaction that fell does not keep the next one of the text from running: it has to look for itself.
    pub(crate) fn predecessor(&mut self, at: usize, module: &str, version: Version, chain: Checksum) {
        let guard = format!(
            "IF (SELECT VALUE chain FROM ONLY _migrations:[{module}, {version}] WHERE status = 'applied') != '{chain}' \
             {{ THROW 'the predecessor is not recorded' }};\n"
        );
        self.push(at, Role::Predecessor, &guard);
    }
}

fn sets_parameters(step: &Step) -> bool {
    step.migration.statements().iter().any(|statement| statement.kind() == StatementKind::Let)
}
