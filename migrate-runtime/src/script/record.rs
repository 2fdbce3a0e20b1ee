use serde_json::Value;

use super::{LedgerTable, Role, Script, ledger_row};
use crate::context::Context;
use crate::index::Index;
use crate::ledger::NOTHING_KEPT;
use crate::plan::Step;
use crate::replica::Replica;

impl Script {
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
