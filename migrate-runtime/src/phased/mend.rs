//! The text that writes what a repair concluded.

use migrate_core::{Migration, Phase};
use serde_json::json;

use super::repair::Mended;
use super::status::RawStatus;
use crate::context::Context;
use crate::index::Index;
use crate::ledger::NOT_BEGUN;
use crate::migrator::Migrator;
use crate::script::{Role, Script};

/// The ledger row of a migration whose names are [bound](bind).
const ROW: &str = "_migrations:[$_migrate_module, $_migrate_version]";

/// Binds the names of a migration.
pub(super) fn bind(script: &mut Script, module: &str, migration: &Migration) {
    script.variables.insert("_migrate_module".to_owned(), module.into());
    script.variables.insert("_migrate_version".to_owned(), migration.version().get().into());
}

impl Migrator {
    /// The text that writes what a repair concluded, unless the row has changed or somebody has the lease.
    pub(super) fn mend_script(
        &self,
        context: &Context,
        migration: &'static Migration,
        row: &RawStatus,
        mended: Mended,
        index: Option<&Index>,
    ) -> Script {
        let mut script = Script::enter(context);
        if let Some(index) = index {
            index.bind(&mut script.variables);
        }
        // Under the name that its module had, if nobody has taken it over yet.
        bind(&mut script, &row.module, migration);
        let (status, phase, cursor) = match mended {
            Mended::Stands { status, phase, cursor } => (status, phase, cursor),
            Mended::NotBegun => ("ready_to_complete", Phase::Start, row.cursor.unwrap_or_default()),
        };
        let is_open = status == "failed" || status == "ready_to_complete";
        script.variables.insert("_migrate_by".to_owned(), self.applier.replica.as_json());
        script.variables.insert(
            "_migrate_mended".to_owned(),
            json!({ "status": status, "phase": phase.word(), "cursor": cursor, "was": row.status,
                    "name": migration.name(), "checksum": migration.checksum().to_string() }),
        );
        let seen = row.cursor.map_or_else(|| "NONE".to_owned(), |cursor| cursor.to_string());
        script.begin(0);
        script.push(
            0,
            Role::Held,
            "IF (SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now() \
             { THROW 'the lease is held' };\n",
        );
        script.push(
            0,
            Role::Fence,
            &format!(
                "IF (SELECT VALUE [status, cursor] FROM ONLY {ROW}) != [$_migrate_mended.was, {seen}] \
                 {{ THROW 'the ledger changed' }};\n"
            ),
        );
        if mended == Mended::NotBegun {
            // Batches leave the cursor where it is.
            let untouched =
                format!("IF (SELECT VALUE progress FROM ONLY {ROW}) IS NOT NONE {{ THROW 'the ledger changed' }};\n");
            script.push(0, Role::Fence, &untouched);
        }
        let cursor = if is_open { "$_migrate_mended.cursor" } else { "NONE" };
        let stands = match mended {
            Mended::Stands { .. } => "status = $_migrate_mended.status, phase = $_migrate_mended.phase",
            Mended::NotBegun => NOT_BEGUN,
        };
        script.push(
            0,
            Role::Close,
            &format!("UPDATE ONLY {ROW} SET {stands}, cursor = {cursor}, progress = NONE RETURN NONE;\n"),
        );
        script.push(
            0,
            Role::Close,
            "CREATE _migration_log:ulid() CONTENT { at: time::now(), event: 'repaired', module: $_migrate_module, \
             version: $_migrate_version, name: $_migrate_mended.name, checksum: $_migrate_mended.checksum, \
             phase: $_migrate_mended.phase, status: $_migrate_mended.status, was: $_migrate_mended.was, \
             by: $_migrate_by } RETURN NONE;\n",
        );
        script.index(0, index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }
}
