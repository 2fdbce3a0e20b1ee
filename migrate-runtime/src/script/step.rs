use std::fmt::Write;

use super::{LedgerTable, Role, Script, ledger_row};
use crate::ledger::NOTHING_KEPT;
use crate::plan::{Earlier, Step};
use crate::replica::Replica;

impl Script {
    /// Begins the transaction of one step, which runs behind `before`, and adds all of it but its end.
    pub(super) fn step(&mut self, table: LedgerTable, before: Option<&Step>, step: &Step, replica: &Replica) {
        let at = self.blocks.len();
        let row = format!("$_migrate_{at}");
        let id = format!("_migrations:[{row}.module, {row}.version]");

        self.begin(at);
        if table == LedgerTable::Missing {
            // Whoever comes second should notice before doing any work.
            self.push(at, Role::Untaken, &format!("IF record::exists({id}) {{ THROW 'somebody else was first' }};\n"));
        }
        // Without a predecessor nothing says that the ledger still is there: the database may have been removed, and the
        // `USE` have created it anew.
        if table == LedgerTable::Missing || (at == 0 && step.predecessor.is_none()) {
            self.define_ledger(at);
        }
        if let Some((version, chain)) = step.predecessor {
            self.predecessor(at, &format!("{row}.module"), version, chain);
        }
        self.behind(at, before, step.module);
        self.needs(at, step);
        self.body(at, step, replica);
    }

    /// What a step does to the ledger and to the database, behind its guards.
    pub(crate) fn body(&mut self, at: usize, step: &Step, replica: &Replica) {
        self.claim(at, step, replica);
        // A migration may end in a comment or without a semicolon; an extra semicolon is no statement.
        let _ = writeln!(self.text, "{}\n;", step.migration.text());
        let statements = step.migration.statements().len();
        self.slots.extend((0..statements).map(|statement| (at, Role::Statement(statement))));
        self.close(at);
    }

    /// Creates the ledger row of a step, in the place of what an earlier attempt left.
    pub(crate) fn claim(&mut self, at: usize, step: &Step, replica: &Replica) {
        let row = format!("$_migrate_{at}");
        let id = format!("_migrations:[{row}.module, {row}.version]");
        self.variables.insert(format!("_migrate_{at}"), ledger_row(step, replica));
        if step.earlier == Earlier::Row {
            let clear = format!("DELETE {id} WHERE {NOTHING_KEPT};\n");
            self.push(at, Role::Clear, &clear);
        }
        self.claim_origin(at, step, replica);
        let claim = format!(
            "CREATE ONLY {id} CONTENT object::extend({row}, \
             {{ status: 'started', applied_at: time::now() }}) RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &claim);

        self.warn_former(at, std::slice::from_ref(step));
        self.seal(at, step);
    }

    /// Says in the ledger that the end of a step was reached.
    pub(crate) fn close(&mut self, at: usize) {
        let row = format!("$_migrate_{at}");
        let id = format!("_migrations:[{row}.module, {row}.version]");
        let close = format!(
            "UPDATE ONLY {id} SET status = 'applied', duration = time::now() - applied_at RETURN NONE;\n\
             CREATE _migration_log:ulid() CONTENT {{ at: time::now(), event: 'applied', module: {row}.module, \
             version: {row}.version, name: {row}.name, checksum: {row}.checksum, by: {row}.applied_by }} RETURN NONE;\n"
        );
        self.text.push_str(&close);
        self.slots.extend([(at, Role::Close); 2]);
    }
}
