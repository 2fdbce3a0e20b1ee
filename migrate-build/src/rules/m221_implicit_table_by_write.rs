use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, did_you_mean};
use crate::rules::m412_reserved_table;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M221",
    name: "implicit-table-by-write",
    severity: Severity::Warning,
    summary: "A write to a table that was never defined creates that table",
    explanation: "The database creates it as `TYPE ANY SCHEMALESS`. Define the table first, or correct its name.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let mut told: Vec<&str> = Vec::new();
    for write in step.lowered.writes() {
        let missing =
            write.tables.iter().filter(|table| write.action.creates_table() && step.schema().lacks_table(table));
        for table in missing.filter(|table| !m412_reserved_table::is_reserved(table)) {
            if told.contains(&table.as_str()) {
                continue;
            }
            told.push(table);
            let object = Object::new(ObjectKind::Table, table.clone());
            let help =
                did_you_mean(step.schema().nearest(&object), || format!("write `DEFINE TABLE {table} …` before it"));
            let keyword = write.action.keyword();
            let message = format!("the table `{table}` was never defined, and `{keyword}` creates it as `SCHEMALESS`");
            diagnostics.push(step.at_name(&RULE, table, message, help).with_label("not defined"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_reserved_table_is_not_to_be_defined() {
        assert_eq!(said(&["CREATE _migrations:1"], "M221"), [""; 0]);
    }

    #[test]
    fn a_write_to_a_table_that_is_not_there_is_told() {
        assert_eq!(
            said(&["DEFINE TABLE user; CREATE usr SET a = 1"], "M221"),
            ["the table `usr` was never defined, and `CREATE` creates it as `SCHEMALESS` | usr | did you mean `user`?"]
        );
        assert_eq!(codes(&["INSERT INTO user { a: 1 }"]), ["M221"]);
        assert_eq!(codes(&["FOR $i IN 0..3 { CREATE user; CREATE user }"]), ["M221"]);
    }

    #[test]
    fn one_to_a_defined_table_is_fine() {
        assert_eq!(codes(&["DEFINE TABLE user; CREATE user; INSERT INTO user {}; UPSERT user:1"]), [""; 0]);
    }
}
