//! The query text that applies migrations in one context, and what each of its results stands for.

use std::fmt::Write;
use std::ops::Range;

use migrate_core::{Checksum, Compatibility, Fresh, Migration, Migrations, Mode, StatementKind, Version};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::index::{self, Index};
use crate::ledger::{DEFINE_LEDGER, DEFINE_LEDGER_STATEMENTS, NOTHING_KEPT, Row};
use crate::plan::{Earlier, Need, Step};
use crate::replica::Replica;

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
    /// A statement that writes the tenant's row of the fleet index.
    Index,
    /// `COMMIT`.
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
const LONGEST_TEXT: usize = 1 << 20;

impl Script {
    /// The text for as many of the steps as fit, at least one, up to the first that is stepwise.
    pub(crate) fn apply(
        context: &Context,
        table: LedgerTable,
        steps: &[Step],
        history: History,
        replica: &Replica,
        index: Option<&Index>,
    ) -> Self {
        let mut script = Self::enter(context);
        if let Some(index) = index {
            index.bind(&mut script.variables);
        }
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            let fresh = fresh(&steps[at..], history);
            let covered = fresh.map_or(1, |(_, covered)| covered);
            if fresh.is_none() && step.migration.mode() == Mode::Stepwise {
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
                None => script.step(table, before, step, replica),
            }
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

    /// Begins the transaction that gives a context, which has nothing of a module, the schema to which the module's first
    /// migrations lead, and the ledger rows of all of them; adds all of it but its end.
    fn fresh(
        &mut self,
        table: LedgerTable,
        before: Option<&Step>,
        steps: &[Step],
        module: &'static Migrations,
        replica: &Replica,
    ) {
        let at = self.blocks.len();
        let rows: Vec<_> = steps.iter().map(|step| ledger_row(step, replica)).collect();
        // What the next block names as the module before it.
        self.variables.insert(format!("_migrate_{at}"), rows.last().cloned().unwrap_or_default());
        let rows_name = format!("$_migrate_rows_{at}");
        self.variables.insert(format!("_migrate_rows_{at}"), rows.into());
        let ids = format!("array::map({rows_name}, |$row| type::record('_migrations', [$row.module, $row.version]))");

        self.begin(at);
        if table == LedgerTable::Missing {
            let taken =
                format!("IF array::any({ids}, |$id| record::exists($id)) {{ THROW 'somebody else was first' }};\n");
            self.push(at, Role::Untaken, &taken);
        }
        // Nothing of the module is there, so nothing says that the ledger still is as it was when it was read.
        if at == 0 {
            self.define_ledger(at);
        }
        self.behind(at, before, module.module());
        for step in steps {
            self.needs(at, step);
        }
        let claim = format!(
            "INSERT INTO _migrations array::map({rows_name}, |$row| object::extend($row, {{ id: [$row.module, \
             $row.version], status: 'started', applied_at: time::now() }})) RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &claim);
        self.warn_former(at, steps);
        for statement in module.fresh_statements() {
            // What a migration wrote may end in a comment.
            self.push(at, Role::Definition, &format!("{statement}\n;\n"));
        }
        let close = format!(
            "UPDATE {ids} SET status = 'applied', duration = time::now() - applied_at RETURN NONE;\n\
             INSERT INTO _migration_log array::map({rows_name}, |$row| {{ id: rand::ulid(), at: time::now(), \
             event: 'applied', fresh: true, module: $row.module, version: $row.version, name: $row.name, \
             checksum: $row.checksum, by: $row.applied_by }}) RETURN NONE;\n"
        );
        self.text.push_str(&close);
        self.slots.extend([(at, Role::Close); 2]);
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
        let breaks = |step: &&Step| step.migration.compatibility() == Compatibility::Breaking;
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

    /// Begins the transaction of one step, which runs behind `before`, and adds all of it but its end.
    fn step(&mut self, table: LedgerTable, before: Option<&Step>, step: &Step, replica: &Replica) {
        let at = self.blocks.len();
        let row = format!("$_migrate_{at}");
        let id = format!("_migrations:[{row}.module, {row}.version]");
        self.variables.insert(format!("_migrate_{at}"), ledger_row(step, replica));

        self.begin(at);
        if table == LedgerTable::Missing {
            // Whoever comes second should notice before doing any work.
            self.push(at, Role::Untaken, &format!("IF record::exists({id}) {{ THROW 'somebody else was first' }};\n"));
        }
        // Without a predecessor nothing says that the ledger still is there: the database may have been removed, and the
        // `USE` have created it anew.
        if table == LedgerTable::Missing || (at == 0 && step.predecessor.is_none()) {
            self.define_ledger(at);
        }
        if let Some((version, chain)) = step.predecessor {
            self.predecessor(at, &format!("{row}.module"), version, chain);
        }
        self.behind(at, before, step.module);
        self.needs(at, step);
        if step.earlier == Earlier::Row {
            let clear = format!("DELETE {id} WHERE {NOTHING_KEPT};\n");
            self.push(at, Role::Clear, &clear);
        }
        let claim = format!(
            "CREATE ONLY {id} CONTENT object::extend({row}, \
             {{ status: 'started', applied_at: time::now() }}) RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &claim);

        self.warn_former(at, std::slice::from_ref(step));
        // A migration may end in a comment or without a semicolon; an extra semicolon is no statement.
        let _ = writeln!(self.text, "{}\n;", step.migration.text());
        let statements = step.migration.statements().len();
        self.slots.extend((0..statements).map(|statement| (at, Role::Statement(statement))));

        let close = format!(
            "UPDATE ONLY {id} SET status = 'applied', duration = time::now() - applied_at RETURN NONE;\n\
             CREATE _migration_log:ulid() CONTENT {{ at: time::now(), event: 'applied', module: {row}.module, \
             version: {row}.version, name: {row}.name, checksum: {row}.checksum, by: {row}.applied_by }} RETURN NONE;\n"
        );
        self.text.push_str(&close);
        self.slots.extend([(at, Role::Close); 2]);
    }

    /// A transaction that fell does not keep the next one of the text from running: it has to look for itself.
    pub(crate) fn predecessor(&mut self, at: usize, module: &str, version: Version, chain: Checksum) {
        let guard = format!(
            "IF (SELECT VALUE chain FROM ONLY _migrations:[{module}, {version}] WHERE status = 'applied') != '{chain}' \
             {{ THROW 'the predecessor is not recorded' }};\n"
        );
        self.push(at, Role::Predecessor, &guard);
    }

    /// The text that takes back the word `applied` of a migration of which a statement failed and the rest was committed.
    pub(crate) fn record_torn(context: &Context, step: &Step, replica: &Replica, index: Option<&Index>) -> Self {
        let mut script = Self::enter(context);
        if let Some(index) = index {
            index.bind(&mut script.variables);
        }
        script.variables.insert("_migrate_0".to_owned(), ledger_row(step, replica));
        script.begin(0);
        script.push(
            0,
            Role::Claim,
            "UPDATE _migrations:[$_migrate_0.module, $_migrate_0.version] SET status = 'started' \
             WHERE applied_by.replica = $_migrate_0.applied_by.replica RETURN NONE;\n",
        );
        script.index(0, index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// The text that records a failed attempt, unless somebody else has got further meanwhile.
    pub(crate) fn record_failure(
        context: &Context,
        table: LedgerTable,
        step: &Step,
        error: &Value,
        replica: &Replica,
    ) -> Self {
        let mut script = Self::enter(context);
        let mut row = ledger_row(step, replica);
        row["status"] = "failed".into();
        row["error"] = error.clone();
        script.variables.insert("_migrate_0".to_owned(), row);

        script.begin(0);
        if table == LedgerTable::Missing {
            script.define_ledger(0);
        }
        script.push(
            0,
            Role::Claim,
            &format!(
                "LET $_migrate_taken = (SELECT VALUE !({NOTHING_KEPT}) FROM ONLY \
                 _migrations:[$_migrate_0.module, $_migrate_0.version]);\n"
            ),
        );
        script.push(
            0,
            Role::Close,
            "IF $_migrate_taken != true {\n\
             UPSERT ONLY _migrations:[$_migrate_0.module, $_migrate_0.version] \
             CONTENT object::extend($_migrate_0, { applied_at: time::now() }) RETURN NONE;\n\
             CREATE _migration_log:ulid() CONTENT { at: time::now(), event: 'failed', module: $_migrate_0.module, \
             version: $_migrate_0.version, name: $_migrate_0.name, checksum: $_migrate_0.checksum, \
             error: $_migrate_0.error, by: $_migrate_0.applied_by } RETURN NONE;\n} ELSE { THROW 'somebody else got further' };\n",
        );
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }
}

/// The module whose first migrations these steps begin with, and how many of them its definitions stand for, where they are
/// to be applied together.
pub(crate) fn fresh(steps: &[Step], history: History) -> Option<(&'static Migrations, usize)> {
    let module = steps.first()?.fresh.filter(|_| history == History::Skipped)?;
    let covered = module.fresh().map(Fresh::migrations).filter(|covered| *covered <= steps.len())?;
    Some((module, covered))
}

fn sets_parameters(step: &Step) -> bool {
    step.migration.statements().iter().any(|statement| statement.kind() == StatementKind::Let)
}

/// The content of a ledger row, but for what only the database knows. An absent field is NONE; JSON null would not be.
pub(crate) fn ledger_row(step: &Step, replica: &Replica) -> Value {
    let migration: &Migration = step.migration;
    let mut row = json!({
        "module": step.module,
        "version": migration.version().get(),
        "name": migration.name(),
        "file": migration.file(),
        "checksum": migration.checksum().to_string(),
        "chain": step.chain.to_string(),
        "breaking": migration.compatibility() == Compatibility::Breaking,
        "statements": migration.statements().len(),
        "applied_by": replica.as_json(),
    });
    if let (Some(text), Some(safety)) = (migration.undo().text(), migration.undo().safety()) {
        row["down"] = json!({ "text": text, "safety": safety.word() });
    }
    row
}
