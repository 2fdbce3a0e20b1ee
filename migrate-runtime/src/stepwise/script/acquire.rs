//! The text that takes the lease and begins a migration, or goes on with it.

use migrate_core::{Compatibility, Phase};
use serde_json::json;

use super::{READ, ROW, Scripts, entry, log};
use crate::ledger::{DEFINE_LEASE, DEFINE_LEASE_STATEMENTS, DEFINE_PHASED, DEFINE_PHASED_STATEMENTS, NOTHING_KEPT};
use crate::phased::Stretch;
use crate::plan::Earlier;
use crate::script::{LedgerTable, Role, Script};

/// The token stands apart from the time at which the lease ends: every step writes the one, so that it conflicts with
/// whoever takes the lease, and only the renewal writes the other, which must not conflict with a step that takes long.
const TAKE: &str = "\
    UPSERT _migration_lease:holder SET token = (token ?? 0) + 1, owner = $_migrate_owner, by = $_migrate_0.applied_by, \
    since = time::now() RETURN NONE;\n\
    UPSERT _migration_lease:heartbeat SET token = (SELECT VALUE token FROM ONLY _migration_lease:holder), \
    expires_at = time::now() + <duration> $_migrate_lease RETURN NONE;\n";

impl Scripts<'_> {
    /// Takes the lease and begins the migration, or goes on with it.
    pub(in crate::stepwise) fn acquire(&self, table: LedgerTable) -> Script {
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
}
