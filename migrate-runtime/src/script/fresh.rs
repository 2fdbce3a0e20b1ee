use migrate_core::{Fresh, Migrations};

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
        // What the next block names as the module before it.
        self.variables.insert(format!("_migrate_{at}"), rows.last().cloned().unwrap_or_default());
        self.variables.insert(format!("_migrate_rows_{at}"), rows.into());
        let rows = format!("$_migrate_rows_{at}");
        let begun = format!("$_migrate_begun_{at}");
        // Whoever applies any of them comes by the first: its row is the compare-and-set, and says that the end was reached.
        let first = format!("_migrations:[{rows}[0].module, {rows}[0].version]");

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
            "CREATE ONLY {first} CONTENT object::extend({rows}[0], {{ status: 'started', applied_at: {begun} }}) RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &claim);
        self.warn_former(at, steps);
        for statement in module.fresh_statements() {
            // What a migration wrote may end in a comment.
            self.push(at, Role::Definition, &format!("{statement}\n;\n"));
        }
        // The others are written once, when it is known how they end.
        let others = format!(
            "INSERT INTO _migrations array::map(array::slice({rows}, 1), |$row| object::extend($row, {{ id: [$row.module, \
             $row.version], status: 'applied', applied_at: {begun}, duration: time::now() - {begun} }})) RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &others);
        let close = format!(
            "UPDATE ONLY {first} SET status = 'applied', duration = time::now() - applied_at RETURN NONE;\n\
             INSERT INTO _migration_log array::map({rows}, |$row| {{ id: rand::ulid(), at: time::now(), \
             event: 'applied', fresh: true, module: $row.module, version: $row.version, name: $row.name, \
             checksum: $row.checksum, by: $row.applied_by }}) RETURN NONE;\n"
        );
        self.text.push_str(&close);
        self.slots.extend([(at, Role::Close); 2]);
    }
}
