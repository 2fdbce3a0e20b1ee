use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, did_you_mean};
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M203",
    name: "unknown-table",
    severity: Severity::Error,
    summary: "A statement reads, updates or deletes rows of a table that does not exist",
    explanation: "The database refuses `SELECT`, `UPDATE` and `DELETE` on a table that was never defined and never \
                  written to.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let written = match &step.lowered.operation {
        Operation::Write(write) if write.certain && !write.action.creates_table() => &write.tables[..],
        _ => &[],
    };
    // What is read inside a statement may be read behind a write that makes the table.
    let read = if step.lowered.nested.is_empty() { &step.lowered.uses.reads[..] } else { &[] };
    for table in written.iter().chain(read) {
        if !step.schema().lacks_table(table) {
            continue;
        }
        let object = Object::new(ObjectKind::Table, table.clone());
        let help = did_you_mean(step.schema().nearest(&object), || "define the table first".to_owned());
        let message = format!("there is no table `{table}`");
        diagnostics.push(step.at_name(&RULE, table, message, help).with_label("not defined"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_table_that_is_not_there_cannot_be_read_or_changed() {
        for text in [
            "SELECT * FROM usr",
            "UPDATE usr SET a = 1 WHERE b",
            "DELETE usr WHERE b",
            "DELETE usr:1",
            "LET $a = (SELECT * FROM usr)",
        ] {
            assert_eq!(codes(&["DEFINE TABLE user", text]), ["M203"], "{text}");
        }
        assert_eq!(
            said(&["DEFINE TABLE user", "DELETE usr:1"], "M203"),
            ["there is no table `usr` | usr | did you mean `user`?"]
        );
    }

    #[test]
    fn a_table_that_a_write_made_is_there() {
        assert_eq!(codes(&["CREATE user:1", "SELECT * FROM user; UPDATE user:1 SET a = 1"]), [""; 0]);
        assert_eq!(codes(&["FOR $i IN 0..3 { CREATE user }", "UPDATE user:1 SET a = 1"]), [""; 0]);
    }
}
