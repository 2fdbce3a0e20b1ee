//! The texts that run what is at the cursor.

use migrate_core::{Object, Pace, Statement};

use super::{READ, ROW, Scripts};
use crate::context::quote;
use crate::script::{Role, Script};
use crate::stepwise::assertion;
use crate::stepwise::position::Position;
use crate::stepwise::unit::Unit;

impl Scripts<'_> {
    /// Runs the unit at the cursor, or the next batch of it.
    pub(in crate::stepwise) fn run(&self, position: &Position, unit: Unit<'_>) -> Script {
        let mut script = self.fenced(position);
        if let Some(fence) = self.fence().filter(|_| self.is_at_its_begin(position)) {
            fence.push(&mut script, self.context);
        }
        // Whatever ends the transaction early leaves this word, and nobody goes on from it.
        script.push(0, Role::Cursor, &format!("UPDATE ONLY {ROW} SET status = 'started' RETURN NONE;\n"));
        match (unit.expectation(), unit.pace()) {
            (Some((id, expectation)), _) => {
                let question = unit.statements.first().map(|statement| unit.text_of(statement)).unwrap_or_default();
                assertion::ask(&mut script, question, id, expectation);
                self.advance(&mut script, unit);
            }
            (None, Pace::Once) => {
                for (at, statement) in unit.statements.iter().enumerate() {
                    script.push(0, Role::Statement(at), &ended(unit.text_of(statement)));
                }
                self.advance(&mut script, unit);
            }
            (None, Pace::Build | Pace::Rebuild) => {
                for (at, statement) in unit.statements.iter().enumerate() {
                    script.push(0, Role::Statement(at), &ended(unit.text_of(statement)));
                }
                let running = self.stretch.running();
                let wait = format!(
                    "UPDATE ONLY {ROW} SET status = '{running}', progress = {{ state: 'building' }} RETURN NONE;\n"
                );
                script.push(0, Role::Cursor, &wait);
            }
            (None, Pace::Batch { start, end, limit }) => self.batch(&mut script, (start, end), limit, unit),
        }
        script.push(0, Role::Read, &format!("{READ}{ROW};\n"));
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Writes the next batch. One that is not full, and behind which its own transaction finds nothing more, is the last: rows that
    /// others go on writing must not keep this from ending, and what the batch itself made match must not be left. Rows that are
    /// selected again although they were written show that a `WHERE` is wrong; behind one that is not full, only this very
    /// transaction can tell, since others may have changed them back.
    fn batch(&self, script: &mut Script, (start, end): (u32, u32), limit: Option<u32>, unit: Unit<'_>) {
        let (at, running) = (Role::Statement(0), self.stretch.running());
        let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let (start, end) = (offset(start), offset(end));
        let part = |range| unit.text.get(range).unwrap_or_default();
        let std::ops::Range { start: first, end: last } =
            unit.statements.first().map(Statement::range).unwrap_or_default();
        let select = part(start..end);
        let is_short =
            limit.map_or_else(|| "false".to_owned(), |limit| format!("array::len($_migrate_batch) < {limit}"));
        let again = "THROW 'a batch selects the rows of the one before it again: its WHERE has to leave out the rows that \
                     were written'";
        script.push(0, at, &format!("LET $_migrate_batch = ({select}\n);\n"));
        script.push(
            0,
            at,
            &format!(
                "IF array::len($_migrate_batch) > 0 AND !({is_short}) AND crypto::sha256(<string> $_migrate_batch) = \
                 (SELECT VALUE progress.last FROM ONLY {ROW}) {{ {again} }};\n"
            ),
        );
        script.push(0, at, &ended(&format!("{}$_migrate_batch{}", part(first..start), part(end..last))));
        if limit.is_some() {
            script.push(
                0,
                at,
                &format!(
                    "LET $_migrate_left = IF {is_short} AND array::len($_migrate_batch) > 0 {{ ({select}\n) }} ELSE {{ [] }};\n"
                ),
            );
            script.push(0, at, &format!("IF array::intersect($_migrate_batch, $_migrate_left) != [] {{ {again} }};\n"));
        }
        let is_last = if limit.is_some() { format!("({is_short} AND $_migrate_left = [])") } else { is_short.clone() };
        script.push(
            0,
            Role::Cursor,
            &format!(
                "IF array::len($_migrate_batch) = 0 OR {is_last} {{ {} }} ELSE {{ UPDATE ONLY {ROW} SET \
                 status = '{running}', progress = {{ state: 'batches', rows: (progress.rows ?? 0) \
                 + array::len($_migrate_batch), last: crypto::sha256(<string> $_migrate_batch) }} RETURN NONE }};\n",
                self.advancing(unit, ", rows: (progress.rows ?? 0) + array::len($_migrate_batch)")
            ),
        );
    }

    /// The statement that moves the cursor, and records which step is done, and `more` of it.
    fn advancing(&self, unit: Unit<'_>, more: &str) -> String {
        let running = self.stretch.running();
        let done = unit.part.map_or_else(String::new, |part| {
            let (id, phase) = (part.id(), part.phase());
            format!(
                "steps = object::extend(steps ?? {{}}, {{ \"{id}\": {{ phase: '{phase}', at: time::now(){more} }} }}), "
            )
        });
        format!(
            "UPDATE ONLY {ROW} SET {done}status = '{running}', cursor = $_migrate_cursor + 1, progress = NONE RETURN NONE"
        )
    }

    fn advance(&self, script: &mut Script, unit: Unit<'_>) {
        script.push(0, Role::Cursor, &format!("{};\n", self.advancing(unit, "")));
    }

    /// Goes on behind the statement at the cursor, whose index is ready.
    pub(in crate::stepwise) fn built(&self, position: &Position, unit: Unit<'_>) -> Script {
        let mut script = self.fenced(position);
        self.advance(&mut script, unit);
        script.push(0, Role::Read, &format!("{READ}{ROW};\n"));
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Asks how far an index is.
    pub(in crate::stepwise) fn ask_build(&self, index: &Object) -> Script {
        let mut script = self.enter();
        let (name, table) = (quote(index.name()), quote(index.table().unwrap_or_default()));
        script.push(0, Role::Read, &format!("INFO FOR INDEX {name} ON {table};\n"));
        script
    }
}

/// A statement's text, which has no semicolon, may end in a comment that would hide one on its line.
fn ended(statement: &str) -> String {
    format!("{statement}\n;\n")
}
