//! The query texts of a repair.

use std::time::Duration;

use serde_json::{Value, json};

use super::history::History;
use super::look::{READ, Seen};
use super::plan::{SchemaRepairPlan, checksum};
use super::statement::{SchemaRepairAction, SchemaRepairStatement};
use crate::context::{Context, quote};
use crate::index::Index;
use crate::ledger::{DEFINE_LEASE, DEFINE_LEASE_STATEMENTS};
use crate::live::mark_expression;
use crate::replica::Replica;
use crate::script::{Role, Script, ledger_row};
use crate::undo::{DEFINE_UNDO, TOUCH};

/// Tells the log what was run.
const ENTRY: &str = "CREATE _migration_log:ulid() CONTENT object::extend($_migrate_did, { at: time::now(), event: \
    'schema_repaired', by: $_migrate_by }) RETURN NONE;\n";

/// What the texts of one repair share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scripts<'a> {
    pub(super) context: &'a Context,
    pub(super) replica: &'a Replica,
    /// Random for each call.
    pub(super) owner: &'a str,
    /// How long the lease lasts unless it is renewed.
    pub(super) lease: Duration,
    /// The fleet index, where the ledger changes.
    pub(super) index: Option<&'a Index>,
}

const HELD: &str = "IF (SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now() \
    AND (SELECT VALUE owner FROM ONLY _migration_lease:holder) != $_migrate_owner { THROW 'the lease is held' };\n";

const RENEW: &str = "UPDATE _migration_lease:heartbeat SET expires_at = time::now() + <duration> $_migrate_lease \
    WHERE token = $_migrate_token RETURN NONE;\n";

const RELEASE: &str = "UPDATE _migration_lease:heartbeat SET expires_at = NONE, token = NONE WHERE token = $_migrate_token RETURN NONE;\n";

/// Writes the rows that say what is applied from now on, and of each what it was.
const RECORD: &str = "\
FOR $row IN $_migrate_rows { LET $id = type::record('_migrations', [$row.module, $row.version]); \
LET $was = (SELECT status, checksum, chain FROM ONLY $id); \
UPSERT $id CONTENT object::extend($row, { status: 'applied', applied_at: time::now() }) RETURN NONE; \
CREATE _migration_log:ulid() CONTENT { at: time::now(), event: 'repaired', module: $row.module, version: $row.version, \
name: $row.name, checksum: $row.checksum, by: $row.applied_by, status: 'applied', was: $was.status, \
was_checksum: $was.checksum, was_chain: $was.chain } RETURN NONE };\n";

/// Says of rows that what they record is undone.
const TAKE_BACK: &str = "\
FOR $key IN $_migrate_gone { LET $id = type::record('_migrations', $key); \
LET $was = (SELECT status, name, checksum FROM ONLY $id); \
UPDATE $id SET status = 'rolled_back', undo = { at: time::now(), by: $_migrate_by, token: $_migrate_owner } RETURN NONE; \
CREATE _migration_log:ulid() CONTENT { at: time::now(), event: 'repaired', module: $key[0], version: $key[1], \
name: $was.name, checksum: $was.checksum, by: $_migrate_by, status: 'rolled_back', was: $was.status } RETURN NONE };\n";

impl Scripts<'_> {
    /// Takes the lease and runs what is done at once, if everything is as it was seen. Where nothing is to be built, this is
    /// all: the ledger is written too, and the lease given back.
    pub(super) fn change(&self, seen: &Seen) -> Script {
        let plan = &seen.plan;
        let is_all = plan.way.builds.is_empty();
        let mut script = self.enter();
        script.variables.insert("_migrate_lease".to_owned(), duration(self.lease).into());
        script.begin(0);
        // Before anything is defined here.
        unchanged(&mut script, seen);
        script.define_ledger(0);
        script.text.push_str(DEFINE_LEASE);
        script.slots.extend([(0, Role::Ledger); DEFINE_LEASE_STATEMENTS]);
        script.push(0, Role::Held, HELD);
        script.push(
            0,
            Role::Lease,
            "UPSERT _migration_lease:holder SET token = (token ?? 0) + 1, owner = $_migrate_owner, by = $_migrate_by, \
             since = time::now() RETURN NONE;\n",
        );
        // Whoever applies or undoes something at the same time is in conflict with this, and one of both looks again.
        script.push(0, Role::Claim, TOUCH);
        run(&mut script, plan);
        if is_all {
            self.record(&mut script, &seen.history);
        }
        if is_all || plan.at_once().next().is_some() {
            script.push(0, Role::Close, ENTRY);
            script.variables.insert("_migrate_did".to_owned(), did(plan, &plan.at_once().collect::<Vec<_>>()));
        }
        let expires = if is_all { "NONE" } else { "time::now() + <duration> $_migrate_lease" };
        script.push(
            0,
            Role::Lease,
            &format!(
                "UPSERT _migration_lease:heartbeat SET token = (SELECT VALUE token FROM ONLY _migration_lease:holder), \
                 expires_at = {expires} RETURN NONE;\n"
            ),
        );
        if is_all {
            script.index(0, self.index);
        }
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// What the ledger says from now on.
    fn record(&self, script: &mut Script, history: &History) {
        if !history.recorded.is_empty() {
            let rows = history.recorded.iter().map(|step| {
                let mut row = ledger_row(step, self.replica);
                row["applied_by"]["via"] = "schema_repair".into();
                row
            });
            script.variables.insert("_migrate_rows".to_owned(), rows.collect());
            script.push(0, Role::Claim, RECORD);
        }
        if !history.taken_back.is_empty() {
            let keys = history.taken_back.iter().map(|row| json!([row.module, row.version.get()]));
            script.variables.insert("_migrate_gone".to_owned(), keys.collect());
            script.push(0, Role::Ledger, DEFINE_UNDO);
            script.push(0, Role::Claim, TAKE_BACK);
        }
    }

    /// Defines one index, which the database builds from then on.
    pub(super) fn build(&self, plan: &SchemaRepairPlan, at: usize, token: u64) -> Script {
        let mut script = self.fenced(token);
        if let Some(one) = plan.way.builds.get(at) {
            script.push(0, Role::Statement(plan.at_once().count() + at), &format!("{}\n;\n", one.executed));
        }
        script.push(0, Role::Lease, RENEW);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Asks how far an index is.
    pub(super) fn ask_build(&self, one: &SchemaRepairStatement) -> Script {
        let mut script = self.enter();
        let (name, table) = (quote(one.object.name()), quote(one.object.table().unwrap_or_default()));
        script.push(0, Role::Read, &format!("INFO FOR INDEX {name} ON {table};\n"));
        script
    }

    /// Goes on having the lease.
    pub(super) fn renew(&self, token: u64) -> Script {
        let mut script = self.fenced(token);
        script.push(0, Role::Lease, RENEW);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Takes away an index that could not be built, and gives the lease back.
    pub(super) fn broken(&self, one: &SchemaRepairStatement, token: u64) -> Script {
        let mut script = self.fenced(token);
        let (name, table) = (quote(one.object.name()), quote(one.object.table().unwrap_or_default()));
        script.push(0, Role::Clear, &format!("REMOVE INDEX IF EXISTS {name} ON {table};\n"));
        script.push(0, Role::Lease, RELEASE);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Gives the lease back.
    pub(super) fn release(&self, token: u64) -> Script {
        let mut script = self.fenced(token);
        script.push(0, Role::Lease, RELEASE);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// The end of a repair that built indexes: the ledger, and the lease is given back.
    pub(super) fn close(&self, seen: &Seen, built: &SchemaRepairPlan, token: u64) -> Script {
        let mut script = self.fenced(token);
        unchanged(&mut script, seen);
        script.push(0, Role::Claim, TOUCH);
        self.record(&mut script, &seen.history);
        script.push(0, Role::Close, ENTRY);
        script.variables.insert("_migrate_did".to_owned(), did(built, &built.way.builds.iter().collect::<Vec<_>>()));
        script.push(0, Role::Lease, RELEASE);
        script.index(0, self.index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// A transaction of whoever has the lease, which writes the record that it would change hands by.
    fn fenced(&self, token: u64) -> Script {
        let mut script = self.enter();
        script.variables.insert("_migrate_token".to_owned(), token.into());
        script.variables.insert("_migrate_lease".to_owned(), duration(self.lease).into());
        script.begin(0);
        script.push(
            0,
            Role::Fence,
            "IF (SELECT VALUE token FROM ONLY _migration_lease:holder) != $_migrate_token { THROW 'the lease was lost' };\n",
        );
        script.push(0, Role::Lease, "UPDATE _migration_lease:holder SET steps = (steps ?? 0) + 1 RETURN NONE;\n");
        script
    }

    fn enter(&self) -> Script {
        let mut script = Script::enter(self.context);
        if let Some(index) = self.index {
            index.bind(&mut script.variables);
        }
        script.variables.insert("_migrate_owner".to_owned(), self.owner.into());
        script.variables.insert("_migrate_by".to_owned(), self.replica.as_json());
        script
    }
}

/// Adds what is done at once.
fn run(script: &mut Script, plan: &SchemaRepairPlan) {
    let own = |script: &mut Script, at: usize, one: &SchemaRepairStatement| {
        // A definition may end in a comment.
        script.push(0, Role::Statement(at), &format!("{}\n;\n", one.executed));
    };
    let is_clearing = |one: &SchemaRepairStatement| one.action == SchemaRepairAction::Clear;
    let mut is_importing = false;
    for (at, one) in plan.at_once().enumerate() {
        if is_clearing(one) && !is_importing {
            // Neither events nor asserts nor computed values of other fields are concerned: only what is stored changes.
            script.push(0, Role::Clear, "OPTION IMPORT;\n");
            is_importing = true;
        }
        own(script, at, one);
    }
    if is_importing {
        script.push(0, Role::Clear, "OPTION IMPORT = false;\n");
    }
}

/// The check that everything is as it was seen.
fn unchanged(script: &mut Script, seen: &Seen) {
    let above: Vec<_> = seen.above.iter().map(|(module, version)| json!([module, version.get()])).collect();
    script.variables.insert("_migrate_above".to_owned(), above.into());
    script.variables.insert("_migrate_seen".to_owned(), seen.mark.as_str().into());
    let unchanged = format!(
        "IF {} != $_migrate_seen {{ THROW 'the schema or the ledger has changed meanwhile' }};\n",
        mark_expression(&READ)
    );
    script.push(0, Role::Untaken, &unchanged);
}

/// What the log says of statements.
fn did(plan: &SchemaRepairPlan, statements: &[&SchemaRepairStatement]) -> Value {
    let versions = plan.versions.iter().map(|(module, version)| ((*module).to_owned(), version.get().into()));
    json!({
        "versions": Value::Object(versions.collect()),
        "statements": statements.len(),
        "checksum": checksum(statements.iter().copied()).to_string(),
    })
}

fn duration(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
