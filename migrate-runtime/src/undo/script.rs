//! The query texts of an undo.

use serde_json::{Value, json};

use super::ledger::{LINES, Stand};
use super::options::Leftovers;
use super::plan::UndoStep;
use crate::Reply;
use crate::context::Context;
use crate::index::Index;
use crate::replica::Replica;
use crate::script::{Role, Script};

/// Creates the field in which a ledger row says who undid its migration, or tried to: one statement, a no-op where it exists.
pub(crate) const DEFINE_UNDO: &str = "DEFINE FIELD IF NOT EXISTS undo ON _migrations TYPE option<object> FLEXIBLE;\n";

const ROW: &str = "type::record('_migrations', [$_migrate_0.module, $_migrate_0.version])";

/// Writes the records that a replica would create to apply something on top of the migration, and leaves them as they were:
/// so whoever does that at the same time is in conflict with this transaction, on every storage engine, and one of both
/// has to look again. An engine that only compares what was written would let both pass otherwise.
pub(crate) const TOUCH: &str = "\
FOR $key IN $_migrate_above { \
LET $id = type::record('_migrations', $key); LET $row = (SELECT * FROM ONLY $id); DELETE $id; \
IF $row IS NOT NONE { INSERT INTO _migrations $row } ELSE { \
CREATE $id CONTENT { module: $key[0], version: $key[1], name: '', file: '', checksum: '', chain: '', status: 'started', \
breaking: false, statements: 0, applied_at: time::now(), applied_by: {} }; DELETE $id } };\n";

/// What is shared by the texts about one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scripts<'a> {
    pub(super) context: &'a Context,
    pub(super) step: &'a UndoStep,
    pub(super) replica: &'a Replica,
    /// Random, so that whoever reads the row knows whose attempt it was.
    pub(super) token: &'a str,
    /// The fleet index, where it is to be told.
    pub(super) index: Option<&'a Index>,
}

/// What went wrong with an undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    /// It was taken back: the migration stays applied.
    Failed,
    /// Nobody knows what is left of the migration.
    Torn,
}

/// The text that undoes a migration. How many statements the undo has is not known: the results between those of its frame are
/// its own.
#[derive(Debug)]
pub(super) struct Undoing {
    pub(super) script: Script,
    /// Before which of the slots the statements of the undo stand.
    own: usize,
}

impl Scripts<'_> {
    /// Undoes the migration, if the ledger is where it should be.
    pub(super) fn undo(&self, stand: &Stand, leftovers: Leftovers) -> Undoing {
        let mut script = self.enter();
        script.variables.insert("_migrate_ledger".to_owned(), stand.as_json());
        let above: Vec<_> = self.step.above.iter().map(|(module, version)| json!([module, version.get()])).collect();
        script.variables.insert("_migrate_above".to_owned(), above.into());
        script.begin(0);
        script.push(
            0,
            Role::Fence,
            &format!("IF array::sort({LINES}) != array::sort($_migrate_ledger) {{ THROW 'the ledger changed' }};\n"),
        );
        script.push(0, Role::Ledger, DEFINE_UNDO);
        script.push(0, Role::Claim, TOUCH);
        // Whatever ends the transaction early leaves this word, and nobody goes on from it.
        script.push(
            0,
            Role::Claim,
            &format!(
                "UPDATE ONLY {ROW} SET status = 'started', undo = {{ at: time::now(), by: $_migrate_0.by, token: \
                 $_migrate_0.token }} RETURN NONE;\n"
            ),
        );
        let own = script.slots.len();
        // It may end in a comment or without a semicolon; an extra semicolon is no statement.
        script.text.push_str(&self.step.statements);
        script.text.push_str("\n;\n");
        if leftovers == Leftovers::Cleared && !self.step.clearing.is_empty() {
            // Neither events nor asserts nor computed values of other fields are concerned: only what is stored changes.
            script.push(0, Role::Clear, "OPTION IMPORT;\n");
            for statement in &self.step.clearing {
                script.push(0, Role::Clear, statement);
            }
            script.push(0, Role::Clear, "OPTION IMPORT = false;\n");
        }
        script.push(0, Role::Cursor, &format!("UPDATE ONLY {ROW} SET status = 'rolled_back' RETURN NONE;\n"));
        script.push(0, Role::Cursor, &entry("rolled_back", ""));
        script.index(0, self.index);
        script.push(0, Role::Commit, "COMMIT;\n");
        // The session may be in the context of the index; and whether the end was reached only the row can tell.
        script.push(1, Role::Enter, &self.context.use_statement());
        script.push(1, Role::Read, &format!("SELECT VALUE {{ status: status, token: undo.token }} FROM ONLY {ROW};\n"));
        Undoing { script, own }
    }

    /// Records what went wrong.
    pub(super) fn record(&self, mishap: Mishap, error: Value) -> Script {
        let (still, more) = match mishap {
            Mishap::Failed => ("status = 'applied'", ""),
            Mishap::Torn => ("undo.token = $_migrate_0.token", ", status = 'started'"),
        };
        let mut script = self.enter();
        script.variables.insert("_migrate_error".to_owned(), error);
        script.begin(0);
        script.push(0, Role::Ledger, DEFINE_UNDO);
        script.push(
            0,
            Role::Fence,
            &format!("IF !({ROW}.status IS NOT NONE AND (SELECT VALUE {still} FROM ONLY {ROW})) {{ THROW 'the ledger changed' }};\n"),
        );
        script.push(
            0,
            Role::Cursor,
            &format!(
                "UPDATE ONLY {ROW} SET undo = {{ at: time::now(), by: $_migrate_0.by, token: $_migrate_0.token, error: \
                 $_migrate_error }}{more} RETURN NONE;\n"
            ),
        );
        script.push(0, Role::Cursor, &entry("undo_failed", ", error: $_migrate_error"));
        script.index(0, self.index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    fn enter(&self) -> Script {
        let mut script = Script::enter(self.context);
        if let Some(index) = self.index {
            index.bind(&mut script.variables);
        }
        let step = json!({
            "module": self.step.module, "version": self.step.version.get(), "name": self.step.name,
            "by": self.replica.as_json(), "token": self.token,
        });
        script.variables.insert("_migrate_0".to_owned(), step);
        script
    }
}

/// The statement that writes an event to the log.
fn entry(event: &str, more: &str) -> String {
    format!(
        "CREATE _migration_log:ulid() CONTENT {{ at: time::now(), event: '{event}', module: $_migrate_0.module, version: \
         $_migrate_0.version, name: $_migrate_0.name, checksum: {ROW}.checksum, by: $_migrate_0.by{more} }} RETURN NONE;\n"
    )
}

impl Undoing {
    /// Gives the results between those of the frame to the undo's own statements.
    pub(super) fn fit(&mut self, reply: &Reply) {
        let own = reply.0.len().saturating_sub(self.script.slots.len());
        let statements = (0..own).map(|statement| (0, Role::Statement(statement)));
        self.script.slots.splice(self.own..self.own, statements);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_between_the_frame_are_the_undos_own() {
        use Role::{Begin, Commit, Cursor, Enter, Statement};
        let slots = [Enter, Begin, Cursor, Commit].map(|role| (0, role)).to_vec();
        let script = Script { text: String::new(), variables: serde_json::Map::new(), slots, blocks: Vec::new() };
        let mut undoing = Undoing { script, own: 2 };
        undoing.fit(&Reply(vec![Ok(Value::Null); 6]));
        let roles: Vec<_> = undoing.script.slots.iter().map(|(_, role)| *role).collect();
        assert_eq!(roles, [Enter, Begin, Statement(0), Statement(1), Cursor, Commit]);
    }
}
