//! The texts that end a migration, or a phase of one: done, failed, or as if it had not been begun.

use migrate_core::{Object, Phase};
use serde_json::Value;

use super::lease::RELEASE;
use super::{ROW, Scripts, log};
use crate::context::quote;
use crate::ledger::NOT_BEGUN;
use crate::phased::Stretch;
use crate::plan::Action;
use crate::script::{Role, Script};
use crate::stepwise::position::{Position, StatementProgress};

impl Scripts<'_> {
    /// Records that all statements are done, and gives the lease back.
    pub(in crate::stepwise) fn close(&self, position: &Position) -> Script {
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
    pub(in crate::stepwise) fn withhold(&self, position: &Position) -> Option<Script> {
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

    /// Records that the statement at the cursor failed, removes the index that it could not build, and gives the lease
    /// back.
    pub(in crate::stepwise) fn fail(&self, position: &Position, broken: Option<&Object>, error: Value) -> Script {
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
}
