//! The query texts of a stepwise migration. Each is one transaction that looks for itself whether it may still run.

mod acquire;
mod end;
mod lease;
mod run;

use std::time::Duration;

use migrate_core::Phase;
use serde_json::json;

use super::position::{Position, StatementProgress};
use super::unit::Unit;
use crate::context::Context;
use crate::index::Index;
use crate::phased::{Completion, Fence, Stretch};
use crate::plan::Step;
use crate::replica::Replica;
use crate::script::{Role, Script, ledger_row};
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

    /// Asks where the migration stands, and under which token, without writing anything.
    pub(super) fn position(&self) -> Script {
        let mut script = self.enter();
        script.push(0, Role::Read, &format!("{READ}{ROW};\n"));
        script
    }

    /// What the log says of the phase.
    fn of_phase(&self) -> String {
        self.stretch.phase().map_or_else(String::new, |phase| format!(", phase: '{phase}'"))
    }

    /// What is asked before a completion breaks anything.
    fn fence(&self) -> Option<&'a Fence> {
        self.completion.fence.as_ref().filter(|_| self.stretch == Stretch::Phase(Phase::Complete))
    }

    /// Whether no step of the phase is done.
    fn is_at_its_begin(&self, position: &Position) -> bool {
        position.cursor == self.stretch.range(self.step.migration).start && position.progress == StatementProgress::None
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
