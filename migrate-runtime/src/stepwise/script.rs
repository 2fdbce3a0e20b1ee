//! The query texts of a stepwise migration. Each is one transaction that looks for itself whether it may still run.

use std::time::Duration;

use migrate_core::{Compatibility, Object, Pace, Phase, Statement};
use serde_json::{Value, json};

use super::assertion;
use super::position::{Position, StatementProgress};
use super::unit::Unit;
use crate::context::{Context, quote};
use crate::index::Index;
use crate::ledger::{
    DEFINE_LEASE, DEFINE_LEASE_STATEMENTS, DEFINE_PHASED, DEFINE_PHASED_STATEMENTS, NOT_BEGUN, NOTHING_KEPT,
};
use crate::phased::{Completion, Fence, Stretch};
use crate::plan::{Action, Earlier, Step};
use crate::replica::Replica;
use crate::script::{LedgerTable, Role, Script, ledger_row};
use crate::snapshot::Snapshots;

/// What the texts of one stepwise migration in one context share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scripts<'a> {
    pub(super) context: &'a Context,
    pub(super) step: &'a Step,
    pub(super) stretch: Stretch,
    pub(super) replica: &'a Replica,
    /// Who holds the lease: one random id per run, so that two runs of one process are two.
    pub(super) owner: &'a str,
    /// How long the lease lasts unless it is renewed.
    pub(super) lease: Duration,
    /// The fleet index, where it is to be told: that a migration is begun matters to it as much as its end.
    pub(super) index: Option<&'a Index>,
    /// Whether the end of it stores a snapshot of the schema.
    pub(super) snapshots: Snapshots,
    /// How a phased migration is completed.
    pub(super) completion: &'a Completion,
}

const ROW: &str = "_migrations:[$_migrate_0.module, $_migrate_0.version]";

/// Reads a [`Position`].
const READ: &str =
    "SELECT cursor, progress, (SELECT VALUE token FROM ONLY _migration_lease:holder) AS token FROM ONLY ";

/// The token stands apart from the time at which the lease ends: every step writes the one, so that it conflicts with
/// whoever takes the lease, and only the renewal writes the other, which must not conflict with a step that takes long.
const TAKE: &str = "\
    UPSERT _migration_lease:holder SET token = (token ?? 0) + 1, owner = $_migrate_owner, by = $_migrate_0.applied_by, \
    since = time::now() RETURN NONE;\n\
    UPSERT _migration_lease:heartbeat SET token = (SELECT VALUE token FROM ONLY _migration_lease:holder), \
    expires_at = time::now() + <duration> $_migrate_lease RETURN NONE;\n";

const RELEASE: &str = "UPDATE _migration_lease:heartbeat SET expires_at = NONE, token = NONE WHERE token = $_migrate_token RETURN NONE;\n";

impl<'a> Scripts<'a> {
    /// What is run at a cursor: nothing at the end of the stretch.
    pub(super) fn unit(&self, cursor: usize) -> Option<Unit<'a>> {
        let migration = self.step.migration;
        if cursor >= self.stretch.range(migration).end {
            return None;
        }
        match self.stretch {
            Stretch::Statements => {
                let statements = std::slice::from_ref(migration.statements().get(cursor)?);
                Some(Unit { text: migration.text(), statements, part: None })
            }
            Stretch::Phase(_) => {
                let part = migration.phased()?.steps().get(cursor)?;
                Some(Unit { text: part.text(), statements: part.statements(), part: Some(part) })
            }
        }
    }

    /// Asks who holds the lease, and until when, without writing anything.
    pub(super) fn look(&self) -> Script {
        let mut script = self.enter();
        script.push(
            0,
            Role::Read,
            "SELECT owner, by, (SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now() AS held \
             FROM ONLY _migration_lease:holder;\n",
        );
        script
    }

    /// Takes the lease and begins the migration, or goes on with it.
    pub(super) fn acquire(&self, table: LedgerTable) -> Script {
        let mut script = self.enter();
        script.begin(0);
        if table == LedgerTable::Missing || self.step.predecessor.is_none() {
            script.define_ledger(0);
        }
        script.text.push_str(DEFINE_LEASE);
        script.slots.extend([(0, Role::Ledger); DEFINE_LEASE_STATEMENTS]);
        if self.stretch != Stretch::Statements {
            script.text.push_str(DEFINE_PHASED);
            script.slots.extend([(0, Role::Ledger); DEFINE_PHASED_STATEMENTS]);
        }
        script.push(
            0,
            Role::Held,
            "IF (SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now() \
             AND (SELECT VALUE owner FROM ONLY _migration_lease:holder) != $_migrate_owner { THROW 'the lease is held' };\n",
        );
        script.push(0, Role::Lease, "LET $_migrate_before = (SELECT VALUE owner FROM ONLY _migration_lease:holder);\n");
        script.text.push_str(TAKE);
        script.slots.extend([(0, Role::Lease); 2]);
        if let Some(fence) = self.fence() {
            fence.push(&mut script, self.context);
        }
        if let Some((version, chain)) = self.step.predecessor {
            script.predecessor(0, "$_migrate_0.module", version, chain);
        }
        script.needs(0, self.step);
        // What is not the first phase goes on from the one before it.
        let is_begun = self.step.earlier == Earlier::Begun
            || matches!(self.stretch, Stretch::Phase(Phase::Complete | Phase::Rollback));
        let running = self.stretch.running();
        let event = match self.step.earlier {
            _ if is_begun => {
                let from = self.stretch.entered_from();
                script.push(
                    0,
                    Role::Predecessor,
                    &format!(
                        "IF (SELECT VALUE chain FROM ONLY {ROW} WHERE {from}) != \
                         $_migrate_0.chain {{ THROW 'the ledger changed' }};\n"
                    ),
                );
                if self.stretch != Stretch::Statements {
                    let before = format!("LET $_migrate_phase_before = (SELECT VALUE phase FROM ONLY {ROW});\n");
                    script.push(0, Role::Lease, &before);
                }
                script.push(
                    0,
                    Role::Claim,
                    &format!(
                        "UPDATE ONLY {ROW} SET {}status = '{running}', error = NONE, applied_by = $_migrate_0.applied_by \
                         RETURN NONE;\n",
                        self.entered()
                    ),
                );
                "resumed"
            }
            Earlier::Begun => "resumed",
            earlier @ (Earlier::Row | Earlier::Placeholder | Earlier::NoRow) => {
                if earlier == Earlier::Row {
                    let clear = format!("DELETE {ROW} WHERE {NOTHING_KEPT};\n");
                    script.push(0, Role::Clear, &clear);
                }
                script.claim_origin(0, self.step, self.replica);
                script.push(
                    0,
                    Role::Claim,
                    &format!(
                        "CREATE ONLY {ROW} CONTENT object::extend($_migrate_0, \
                         {{ status: '{running}', cursor: 0, applied_at: time::now() }}) RETURN NONE;\n"
                    ),
                );
                "started"
            }
        };
        script.warn_former(0, std::slice::from_ref(self.step));
        script.seal(0, self.step);
        let more = self.of_phase() + self.completing(&mut script);
        if is_begun {
            // Not when we take it once more ourselves.
            let resumed = entry(event, &more);
            let resumed = match self.stretch {
                Stretch::Statements => format!("IF $_migrate_before != $_migrate_owner {{ {resumed} }};\n"),
                Stretch::Phase(phase) => format!(
                    "IF $_migrate_phase_before != '{phase}' {{ {} }} ELSE IF $_migrate_before != $_migrate_owner {{ {resumed} }};\n",
                    entry("started", &more)
                ),
            };
            script.push(0, Role::Close, &resumed);
        } else {
            log(&mut script, event, &more);
        }
        script.push(0, Role::Read, &format!("{READ}{ROW};\n"));
        script.index(0, self.index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// What a completion does besides, and says in the log besides.
    fn completing(&self, script: &mut Script) -> &'static str {
        if self.stretch != Stretch::Phase(Phase::Complete) {
            return "";
        }
        if self.step.migration.compatibility() == Compatibility::Breaking {
            script.warn_origin(0, self.step);
        }
        if self.completion.overrides.is_empty() {
            return "";
        }
        script.variables.insert("_migrate_overrides".to_owned(), json!(self.completion.overrides));
        ", overrides: $_migrate_overrides"
    }

    /// Asks where the migration stands, and under which token, without writing anything.
    pub(super) fn position(&self) -> Script {
        let mut script = self.enter();
        script.push(0, Role::Read, &format!("{READ}{ROW};\n"));
        script
    }

    /// Gives the lease back.
    pub(super) fn release(&self, token: u64) -> Script {
        let mut script = self.enter();
        script.variables.insert("_migrate_token".to_owned(), token.into());
        script.begin(0);
        script.push(0, Role::Lease, RELEASE);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Goes on having the lease.
    pub(super) fn renew(&self, token: u64) -> Script {
        let mut script = self.enter();
        script.variables.insert("_migrate_token".to_owned(), token.into());
        script.begin(0);
        script.push(
            0,
            Role::Lease,
            "UPDATE _migration_lease:heartbeat SET expires_at = time::now() + <duration> $_migrate_lease \
             WHERE token = $_migrate_token RETURN NONE;\n",
        );
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Runs the unit at the cursor, or the next batch of it.
    pub(super) fn run(&self, position: &Position, unit: Unit<'_>) -> Script {
        let mut script = self.fenced(position);
        if let Some(fence) = self.fence().filter(|_| self.is_at_its_begin(position)) {
            fence.push(&mut script, self.context);
        }
        // Whatever ends the transaction early leaves this word, and nobody goes on from it.
        script.push(0, Role::Cursor, &format!("UPDATE ONLY {ROW} SET status = 'started' RETURN NONE;\n"));
        match (unit.expectation(), unit.pace()) {
            (Some((id, expectation)), _) => {
                let question = unit.statements.first().map(|statement| unit.text_of(statement)).unwrap_or_default();
                assertion::ask(&mut script, question, id, expectation);
                self.advance(&mut script, unit);
            }
            (None, Pace::Once) => {
                for (at, statement) in unit.statements.iter().enumerate() {
                    script.push(0, Role::Statement(at), &ended(unit.text_of(statement)));
                }
                self.advance(&mut script, unit);
            }
            (None, Pace::Build | Pace::Rebuild) => {
                for (at, statement) in unit.statements.iter().enumerate() {
                    script.push(0, Role::Statement(at), &ended(unit.text_of(statement)));
                }
                let running = self.stretch.running();
                let wait = format!(
                    "UPDATE ONLY {ROW} SET status = '{running}', progress = {{ state: 'building' }} RETURN NONE;\n"
                );
                script.push(0, Role::Cursor, &wait);
            }
            (None, Pace::Batch { start, end, limit }) => self.batch(&mut script, (start, end), limit, unit),
        }
        script.push(0, Role::Read, &format!("{READ}{ROW};\n"));
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Writes the next batch. One that is not full, and behind which its own transaction finds nothing more, is the last: rows that
    /// others go on writing must not keep this from ending, and what the batch itself made match must not be left. Rows that are
    /// selected again although they were written show that a `WHERE` is wrong; behind one that is not full, only this very
    /// transaction can tell, since others may have changed them back.
    fn batch(&self, script: &mut Script, (start, end): (u32, u32), limit: Option<u32>, unit: Unit<'_>) {
        let (at, running) = (Role::Statement(0), self.stretch.running());
        let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let (start, end) = (offset(start), offset(end));
        let part = |range| unit.text.get(range).unwrap_or_default();
        let std::ops::Range { start: first, end: last } =
            unit.statements.first().map(Statement::range).unwrap_or_default();
        let select = part(start..end);
        let is_short =
            limit.map_or_else(|| "false".to_owned(), |limit| format!("array::len($_migrate_batch) < {limit}"));
        let again = "THROW 'a batch selects the rows of the one before it again: its WHERE has to leave out the rows that \
                     were written'";
        script.push(0, at, &format!("LET $_migrate_batch = ({select}\n);\n"));
        script.push(
            0,
            at,
            &format!(
                "IF array::len($_migrate_batch) > 0 AND !({is_short}) AND crypto::sha256(<string> $_migrate_batch) = \
                 (SELECT VALUE progress.last FROM ONLY {ROW}) {{ {again} }};\n"
            ),
        );
        script.push(0, at, &ended(&format!("{}$_migrate_batch{}", part(first..start), part(end..last))));
        if limit.is_some() {
            script.push(
                0,
                at,
                &format!(
                    "LET $_migrate_left = IF {is_short} AND array::len($_migrate_batch) > 0 {{ ({select}\n) }} ELSE {{ [] }};\n"
                ),
            );
            script.push(0, at, &format!("IF array::intersect($_migrate_batch, $_migrate_left) != [] {{ {again} }};\n"));
        }
        let is_last = if limit.is_some() { format!("({is_short} AND $_migrate_left = [])") } else { is_short.clone() };
        script.push(
            0,
            Role::Cursor,
            &format!(
                "IF array::len($_migrate_batch) = 0 OR {is_last} {{ {} }} ELSE {{ UPDATE ONLY {ROW} SET \
                 status = '{running}', progress = {{ state: 'batches', rows: (progress.rows ?? 0) \
                 + array::len($_migrate_batch), last: crypto::sha256(<string> $_migrate_batch) }} RETURN NONE }};\n",
                self.advancing(unit, ", rows: (progress.rows ?? 0) + array::len($_migrate_batch)")
            ),
        );
    }

    /// The statement that moves the cursor, and records which step is done, and `more` of it.
    fn advancing(&self, unit: Unit<'_>, more: &str) -> String {
        let running = self.stretch.running();
        let done = unit.part.map_or_else(String::new, |part| {
            let (id, phase) = (part.id(), part.phase());
            format!(
                "steps = object::extend(steps ?? {{}}, {{ \"{id}\": {{ phase: '{phase}', at: time::now(){more} }} }}), "
            )
        });
        format!(
            "UPDATE ONLY {ROW} SET {done}status = '{running}', cursor = $_migrate_cursor + 1, progress = NONE RETURN NONE"
        )
    }

    fn advance(&self, script: &mut Script, unit: Unit<'_>) {
        script.push(0, Role::Cursor, &format!("{};\n", self.advancing(unit, "")));
    }

    /// What else the row says from when a phase is begun.
    fn entered(&self) -> String {
        let Stretch::Phase(phase) = self.stretch else { return String::new() };
        let start = self.stretch.range(self.step.migration).start;
        let breaking = if phase == Phase::Complete { "breaking = $_migrate_0.breaking, " } else { "" };
        match phase {
            Phase::Start => String::new(),
            // Nothing is left of how far the phase before it came.
            Phase::Complete | Phase::Rollback => format!(
                "cursor = IF phase = '{phase}' {{ cursor }} ELSE {{ {start} }}, \
                 progress = IF phase = '{phase}' {{ progress }} ELSE {{ NONE }}, {breaking}phase = '{phase}', "
            ),
        }
    }

    /// What the log says of the phase.
    fn of_phase(&self) -> String {
        self.stretch.phase().map_or_else(String::new, |phase| format!(", phase: '{phase}'"))
    }

    /// Goes on behind the statement at the cursor, whose index is ready.
    pub(super) fn built(&self, position: &Position, unit: Unit<'_>) -> Script {
        let mut script = self.fenced(position);
        self.advance(&mut script, unit);
        script.push(0, Role::Read, &format!("{READ}{ROW};\n"));
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Asks how far an index is.
    pub(super) fn ask_build(&self, index: &Object) -> Script {
        let mut script = self.enter();
        let (name, table) = (quote(index.name()), quote(index.table().unwrap_or_default()));
        script.push(0, Role::Read, &format!("INFO FOR INDEX {name} ON {table};\n"));
        script
    }

    /// Records that all statements are done, and gives the lease back.
    pub(super) fn close(&self, position: &Position) -> Script {
        let mut script = self.fenced(position);
        let done = self.stretch.done();
        let more = match self.stretch {
            // Its completion goes on from here.
            Stretch::Phase(Phase::Start) => "",
            _ => "cursor = NONE, duration = time::now() - applied_at, ",
        };
        let close = format!("UPDATE ONLY {ROW} SET status = '{done}', {more}progress = NONE RETURN NONE;\n");
        script.push(0, Role::Close, &close);
        log(&mut script, done, &self.of_phase());
        script.push(0, Role::Lease, RELEASE);
        script.snapshot(0, self.snapshots, self.replica);
        script.index(0, self.index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Records that a completion which was begun is held back, as if it had not been; nothing where some of it is done, or where more
    /// than its own row says that it is begun.
    pub(super) fn withhold(&self, position: &Position) -> Option<Script> {
        if !self.is_at_its_begin(position) || self.is_told_elsewhere() {
            return None;
        }
        let mut script = self.fenced(position);
        let back = format!("UPDATE ONLY {ROW} SET {NOT_BEGUN} RETURN NONE;\n");
        script.push(0, Role::Cursor, &back);
        log(&mut script, "withheld", &self.of_phase());
        script.index(0, self.index);
        script.push(0, Role::Commit, "COMMIT;\n");
        Some(script)
    }

    /// Whether more than the migration's own row says that it is begun.
    fn is_told_elsewhere(&self) -> bool {
        !self.step.formerly.is_empty()
            || !self.step.seals.is_empty()
            || matches!(self.step.action, Action::Run { claim: Some(_) })
    }

    /// What is asked before a completion breaks anything.
    fn fence(&self) -> Option<&'a Fence> {
        self.completion.fence.as_ref().filter(|_| self.stretch == Stretch::Phase(Phase::Complete))
    }

    /// Whether no step of the phase is done.
    fn is_at_its_begin(&self, position: &Position) -> bool {
        position.cursor == self.stretch.range(self.step.migration).start && position.progress == StatementProgress::None
    }

    /// Records that the statement at the cursor failed, removes the index that it could not build, and gives the lease
    /// back.
    pub(super) fn fail(&self, position: &Position, broken: Option<&Object>, error: Value) -> Script {
        let mut script = self.fenced(position);
        script.variables.insert("_migrate_error".to_owned(), error);
        if let Some(index) = broken {
            let (name, table) = (quote(index.name()), quote(index.table().unwrap_or_default()));
            script.push(0, Role::Clear, &format!("REMOVE INDEX IF EXISTS {name} ON {table};\n"));
        }
        // Batches that ran stay counted; of an index nothing is left.
        let progress = match position.progress {
            StatementProgress::Rows(_) => ", progress.last = NONE",
            StatementProgress::None | StatementProgress::Building => ", progress = NONE",
        };
        script.push(
            0,
            Role::Close,
            &format!("UPDATE ONLY {ROW} SET status = 'failed', error = $_migrate_error{progress} RETURN NONE;\n"),
        );
        log(&mut script, "failed", &format!("{}, error: $_migrate_error", self.of_phase()));
        script.push(0, Role::Lease, RELEASE);
        script.index(0, self.index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    fn enter(&self) -> Script {
        let mut script = Script::enter(self.context);
        if let Some(index) = self.index {
            index.bind(&mut script.variables);
        }
        let mut row = ledger_row(self.step, self.replica);
        if self.stretch == Stretch::Phase(Phase::Start) {
            row["phase"] = Phase::Start.word().into();
            if self.step.at_once {
                // Nobody asks about older replicas before the completion follows, so they are told from the first word on.
                row["at_once"] = true.into();
            } else {
                row["breaking"] = false.into();
            }
        }
        script.variables.insert("_migrate_0".to_owned(), row);
        script.variables.insert("_migrate_owner".to_owned(), self.owner.into());
        script.variables.insert("_migrate_lease".to_owned(), format!("{}ms", self.lease.as_millis()).into());
        script
    }

    /// Begins a transaction that throws unless the lease is still ours and the ledger stands where we think it does.
    fn fenced(&self, position: &Position) -> Script {
        let mut script = self.enter();
        script.variables.insert("_migrate_token".to_owned(), position.token.into());
        script.variables.insert("_migrate_cursor".to_owned(), json!(position.cursor));
        script.begin(0);
        script.push(
            0,
            Role::Fence,
            "IF (SELECT VALUE token FROM ONLY _migration_lease:holder) != $_migrate_token { THROW 'the lease was taken \
             over by somebody else' };\n",
        );
        script.push(0, Role::Lease, "UPDATE ONLY _migration_lease:holder SET steps = (steps ?? 0) + 1 RETURN NONE;\n");
        script.push(
            0,
            Role::Fence,
            &format!(
                "IF (SELECT VALUE cursor FROM ONLY {ROW} WHERE status = '{}') != $_migrate_cursor {{ THROW 'the \
                 ledger changed' }};\n",
                self.stretch.running()
            ),
        );
        script
    }
}

fn log(script: &mut Script, event: &str, more: &str) {
    script.push(0, Role::Close, &format!("{};\n", entry(event, more)));
}

/// The statement that writes an event to the log.
fn entry(event: &str, more: &str) -> String {
    format!(
        "CREATE _migration_log:ulid() CONTENT {{ at: time::now(), event: '{event}', module: $_migrate_0.module, \
         version: $_migrate_0.version, name: $_migrate_0.name, checksum: $_migrate_0.checksum, \
         by: $_migrate_0.applied_by{more} }} RETURN NONE"
    )
}

/// A statement's text, which has no semicolon, may end in a comment that would hide one on its line.
fn ended(statement: &str) -> String {
    format!("{statement}\n;\n")
}
