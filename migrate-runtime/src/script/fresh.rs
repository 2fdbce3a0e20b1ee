use migrate_core::{Fresh, Migrations};

use super::{History, LOGGED_NOW, LedgerTable, Role, Script, ledger_row, log_entry, with};
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
        let entries = rows.iter().map(|row| log_entry(row, "applied"));
        let entries: Vec<_> = entries.map(|entry| with(entry, "fresh", true)).collect();
        // What the next block names as the module before it.
        self.variables.insert(format!("_migrate_{at}"), rows.last().cloned().unwrap_or_default());
        let mut rows = rows.into_iter();
        self.variables.insert(format!("_migrate_first_{at}"), rows.next().unwrap_or_default());
        let others: Vec<_> = rows.map(|row| with(row, "status", "applied")).collect();
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
        // The others are written once, when it is known how they end.
        let known = format!("[module, version] AS id, {begun} AS applied_at, time::now() - {begun} AS duration");
        self.insert(at, Role::Claim, "_migrations", others, &known);
        let close =
            format!("UPDATE ONLY {first} SET status = 'applied', duration = time::now() - applied_at RETURN NONE;\n");
        self.push(at, Role::Close, &close);
        self.insert(at, Role::Close, "_migration_log", entries, LOGGED_NOW);
    }
}
