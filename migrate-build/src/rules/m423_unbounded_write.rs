use migrate_core::Mode;

use crate::analysis::Step;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M423",
    name: "unbounded-write",
    severity: Severity::Warning,
    summary: "A statement writes every row of a table in one transaction",
    explanation: "On a large table that takes long, conflicts with other writes and may not fit into a \
                  transaction. Write only the rows that need it; if they are many, in batches: a stepwise migration \
                  (`-- migrate: stepwise`) repeats `UPDATE (SELECT VALUE id FROM t WHERE … LIMIT 1000) SET …` until a \
                  batch is not full, and so does a step of a phased one that is a `backfill`.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    if step.input.mode == Mode::Stepwise && step.input.part.is_none() {
        return;
    }
    for write in step.lowered.writes() {
        if !write.unbounded || !step.judge.writes_known_rows(write) {
            continue;
        }
        let Some(table) = write.tables.first() else { continue };
        let message = format!("this writes every row of `{table}` in one transaction");
        let help = if step.input.part.is_some() {
            "add a `WHERE` that spares rows which need no change, write them in the batches of a `backfill`, or allow this with \
             `allow = { M423 = \"reason\" }` at the top of the file"
        } else {
            "add a `WHERE` that spares rows which need no change, write them in the batches of a stepwise migration, or allow \
             this with `-- migrate: allow(M423) reason`"
        };
        let help = help.to_owned();
        diagnostics.push(step.at_write(&RULE, write, table, message, help).with_label("all rows"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    use migrate_core::Mode;

    use crate::Diagnostic;

    #[test]
    fn a_write_of_all_rows_is_told() {
        assert_eq!(codes(&["DEFINE TABLE a", "UPDATE a SET b = 1"]), ["M423"]);
        assert_eq!(codes(&["DEFINE TABLE a", "DELETE a"]), ["M423"]);
        assert_eq!(codes(&["DEFINE TABLE a", "IF true { UPDATE a SET b = 1 }"]), ["M423"]);
    }

    #[test]
    fn each_is_told_at_its_own_place_and_not_where_the_table_is_only_read() {
        let text = "{\n  LET $n = (SELECT * FROM a);\n  DELETE a;\n  UPDATE a SET b = $n;\n  DELETE a\n}";
        let diagnostics = last(&["DEFINE TABLE a", text]).diagnostics;
        let positions = diagnostics.iter().filter(|one| one.rule().code == "M423").filter_map(Diagnostic::position);
        let positions: Vec<_> = positions.map(|position| (position.line, position.column)).collect();
        assert_eq!(positions, [(3, 10), (4, 10), (5, 10)]);
    }

    #[test]
    fn some_rows_a_new_table_and_a_stepwise_migration_are_fine() {
        assert_eq!(codes(&["DEFINE TABLE a", "UPDATE a SET b = 1 WHERE b = NONE; UPDATE a:1 SET b = 2"]), [""; 0]);
        assert_eq!(codes(&["DEFINE TABLE a; UPDATE a SET b = 1"]), [""; 0]);
        assert_eq!(codes_with(&["DEFINE TABLE a", "UPDATE a SET b = 1"], Mode::Stepwise, &[]), [""; 0]);
    }
}
