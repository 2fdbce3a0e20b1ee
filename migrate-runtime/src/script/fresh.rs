use migrate_core::{Fresh, Migrations};
use serde_json::{Value, json};

use super::{History, LedgerTable, Role, Script, ledger_row};
use crate::plan::Step;
use crate::replica::Replica;

/// The module whose first migrations these steps begin with, and how many of them its definitions stand for, where they are
/// to be applied together.
pub(crate) fn fresh(steps: &[Step], history: History) -> Option<(&'static Migrations, usize)> {
    let module = steps.first()?.fresh.filter(|_| history == History::Skipped)?;
    let covered = module.fresh().map(Fresh::migrations).filter(|covered| *covered <= steps.len())?;
    Some((module, covered))
}

impl Script {
    /// Begins the transaction that gives a context, which has nothing of a module, the schema to which the module's first
    /// migrations lead, and the ledger rows of all of them; adds all of it but its end.
    pub(super) fn fresh(
        &mut self,
        table: LedgerTable,
        before: Option<&Step>,
        steps: &[Step],
        module: &'static Migrations,
        replica: &Replica,
    ) {
        let at = self.blocks.len();
        let rows: Vec<_> = steps.iter().map(|step| ledger_row(step, replica)).collect();
        let logged: Vec<_> = rows.iter().map(log_entry).collect();
        // What the next block names as the module before it.
        self.variables.insert(format!("_migrate_{at}"), rows.last().cloned().unwrap_or_default());
        let mut rows = rows.into_iter();
        self.variables.insert(format!("_migrate_first_{at}"), rows.next().unwrap_or_default());
        self.variables.insert(format!("_migrate_others_{at}"), rows.map(applied).collect());
        self.variables.insert(format!("_migrate_logged_{at}"), logged.into());
        let (row, begun) = (format!("$_migrate_first_{at}"), format!("$_migrate_begun_{at}"));
        // Whoever applies any of them comes by the first: its row is the compare-and-set, and says that the end was reached.
        let first = format!("_migrations:[{row}.module, {row}.version]");

        self.begin(at);
        if table == LedgerTable::Missing {
            let taken = format!("IF record::exists({first}) {{ THROW 'somebody else was first' }};\n");
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
        self.push(at, Role::Claim, &format!("LET {begun} = time::now();\n"));
        let claim = format!(
            "CREATE ONLY {first} CONTENT object::extend({row}, {{ status: 'started', applied_at: {begun} }}) RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &claim);
        self.warn_former(at, steps);
        for statement in module.fresh_statements() {
            // What a migration wrote may end in a comment.
            self.push(at, Role::Definition, &format!("{statement}\n;\n"));
        }
        // The others are written once, when it is known how they end. A closure over them would take the database twice as long.
        let others = format!(
            "INSERT INTO _migrations (SELECT *, [module, version] AS id, {begun} AS applied_at, \
             time::now() - {begun} AS duration FROM $_migrate_others_{at}) RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &others);
        let close = format!(
            "UPDATE ONLY {first} SET status = 'applied', duration = time::now() - applied_at RETURN NONE;\n\
             INSERT INTO _migration_log (SELECT *, rand::ulid() AS id, time::now() AS at FROM $_migrate_logged_{at}) \
             RETURN NONE;\n"
        );
        self.text.push_str(&close);
        self.slots.extend([(at, Role::Close); 2]);
    }
}

/// A ledger row of what is done.
fn applied(mut row: Value) -> Value {
    row["status"] = "applied".into();
    row
}

/// What the log says of it, but for what only the database knows.
fn log_entry(row: &Value) -> Value {
    json!({
        "event": "applied", "fresh": true, "module": row["module"], "version": row["version"], "name": row["name"],
        "checksum": row["checksum"], "by": row["applied_by"],
    })
}
