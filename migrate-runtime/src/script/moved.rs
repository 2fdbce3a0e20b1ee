//! The pieces of text by which a migration changes hands between two modules.

use serde_json::json;

use super::{Role, Script, ledger_row, placeholder};
use crate::ledger::{NOTHING_KEPT, Row};
use crate::plan::{Action, Earlier, Step};
use crate::replica::Replica;

impl Script {
    /// Begins the transaction of a step that runs nothing, because its migration was applied by another module or is now
    /// another one's, and adds all of it but its end.
    pub(super) fn hand_over(&mut self, before: Option<&Step>, step: &Step, replica: &Replica) {
        let at = self.blocks.len();
        let row = format!("$_migrate_{at}");
        let id = format!("_migrations:[{row}.module, {row}.version]");
        self.variables.insert(format!("_migrate_{at}"), ledger_row(step, replica));
        self.begin(at);
        if let Some((version, chain)) = step.predecessor {
            self.predecessor(at, &format!("{row}.module"), version, chain);
        }
        self.behind(at, before, step.module);
        self.needs(at, step);
        match step.earlier {
            Earlier::Row => self.push(at, Role::Clear, &format!("DELETE {id} WHERE {NOTHING_KEPT};\n")),
            Earlier::Placeholder => {
                let marker = Row::MARKER;
                let clear = format!("DELETE {id} WHERE checksum = '{marker}' AND chain = '{marker}';\n");
                self.push(at, Role::Clear, &clear);
            }
            Earlier::NoRow | Earlier::Begun => {}
        }
        let (event, other) = match step.action {
            Action::Run { .. } => return,
            Action::Leave { to, .. } => {
                let claim = format!(
                    "CREATE ONLY {id} CONTENT object::extend({row}, \
                     {{ status: 'applied', applied_at: time::now() }}) RETURN NONE;\n"
                );
                self.push(at, Role::Claim, &claim);
                ("moved_away", json!({ "to": to }))
            }
            Action::TakeOver { origin, checksum } => {
                let from = format!("$_migrate_from_{at}");
                let other = json!({ "from": { "module": origin.module, "version": origin.version.get() } });
                self.variables.insert(format!("_migrate_from_{at}"), other["from"].clone());
                let origin = format!("_migrations:[{from}.module, {from}.version]");
                self.push(
                    at,
                    Role::Predecessor,
                    &format!(
                        "IF (SELECT VALUE checksum FROM ONLY {origin} WHERE status = 'applied') != '{checksum}' \
                     {{ THROW 'the ledger changed' }};\n"
                    ),
                );
                // A text that was corrected since is undone by what was recorded with it.
                let is_corrected = checksum != step.migration.checksum();
                let down = if is_corrected { format!(", down: {origin}.down") } else { String::new() };
                let claim = format!(
                    "CREATE ONLY {id} CONTENT object::extend({row}, {{ status: 'applied', applied_at: {origin}.applied_at, \
                     duration: {origin}.duration, applied_by: {origin}.applied_by{down} }}) RETURN NONE;\n"
                );
                self.push(at, Role::Claim, &claim);
                // Who has it now knows how to undo it: it is undone once.
                self.push(at, Role::Clear, &format!("UPDATE {origin} SET down = NONE RETURN NONE;\n"));
                ("moved_here", other)
            }
        };
        self.variables.insert(format!("_migrate_moved_{at}"), other);
        // Of what was taken over, the row says who applied it; the log says who took it over.
        self.variables.insert("_migrate_by".to_owned(), replica.as_json());
        let close = format!(
            "CREATE _migration_log:ulid() CONTENT object::extend($_migrate_moved_{at}, {{ at: time::now(), \
             event: '{event}', module: {row}.module, version: {row}.version, name: {row}.name, checksum: {row}.checksum, \
             by: $_migrate_by }}) RETURN NONE;\n"
        );
        self.push(at, Role::Close, &close);
    }

    /// Takes the row that a migration had under the module which it was moved away from, where there is none: an older
    /// binary, which would create that very row, does not apply it as well.
    pub(crate) fn claim_origin(&mut self, at: usize, step: &Step, replica: &Replica) {
        let Action::Run { claim: Some(origin) } = &step.action else { return };
        let name = format!("_migrate_origin_{at}");
        let id = format!("_migrations:[${name}.module, ${name}.version]");
        self.push(at, Role::Clear, &format!("DELETE {id} WHERE {NOTHING_KEPT};\n"));
        let claim = format!(
            "CREATE ONLY {id} CONTENT object::extend(${name}, {{ status: 'applied', applied_at: time::now() }}) \
             RETURN NONE;\n"
        );
        self.push(at, Role::Claim, &claim);
        self.variables.insert(name, placeholder(origin, step, replica));
    }

    /// Lets the row that a migration has under the module which it was moved away from say that older binaries must refuse the
    /// context from now on. Its start broke nobody.
    pub(crate) fn warn_origin(&mut self, at: usize, step: &Step) {
        let Action::Run { claim: Some(origin) } = &step.action else { return };
        let (name, marker) = (format!("_migrate_origin_{at}"), Row::MARKER);
        let warn = format!(
            "UPDATE _migrations:[${name}.module, ${name}.version] SET breaking = true \
             WHERE checksum = '{marker}' AND chain = '{marker}' RETURN NONE;\n"
        );
        self.push(at, Role::Clear, &warn);
        self.variables.insert(name, json!({ "module": origin.module, "version": origin.version.get() }));
    }

    /// Keeps older binaries out that know migrations, which this step's module has from other ones, as those of the other ones:
    /// they know nothing of this module, and so not that the step breaks them.
    pub(crate) fn seal(&mut self, at: usize, step: &Step) {
        for origin in &step.seals {
            let name = format!("_migrate_seal_{}", self.variables.len());
            let seal = json!({
                "module": origin.module, "version": origin.version.get(), "name": Row::seal_name(origin.receiver),
            });
            let text = format!(
                "UPDATE _migrations:[${name}.module, ${name}.version] SET name = ${name}.name, checksum = '{}' \
                 WHERE status = 'applied' RETURN NONE;\n",
                Row::MARKER
            );
            self.push(at, Role::Clear, &text);
            self.variables.insert(name, seal);
        }
    }
}
