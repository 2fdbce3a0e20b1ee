use std::collections::BTreeSet;

use migrate_core::{Object, ObjectKind};

use crate::analysis::{Ending, did_you_mean};
use crate::definition::Reference;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M225",
    name: "unknown-table-in-body",
    severity: Severity::Warning,
    summary: "A function, event, permission or other body names a table that is not defined",
    explanation: "When the body runs, reading such a table fails, an arrow through it leads nowhere, and writing to it \
                  creates it as `SCHEMALESS`. The name may be misspelt, or the table is defined by another module.",
};

pub(crate) fn check(ending: &Ending<'_>, diagnostics: &mut Diagnostics) {
    for (range, definition) in ending.defined {
        let tables: BTreeSet<&String> = definition.references.iter().filter_map(table).collect();
        for table in tables {
            if !ending.schema.lacks_table(table) {
                continue;
            }
            let object = Object::new(ObjectKind::Table, table.clone());
            let help = did_you_mean(ending.schema.nearest(&object), || format!("write `DEFINE TABLE {table} …`"));
            let message = format!("{} uses the table `{table}`, which is not defined", definition.object);
            diagnostics.push(ending.at_name(&RULE, range, table, message, help).with_label("not defined"));
        }
    }
}

fn table(reference: &Reference) -> Option<&String> {
    match reference {
        Reference::Read(table) | Reference::Edge(table) | Reference::Change(table) | Reference::Create(table) => {
            Some(table)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_body_that_uses_a_table_that_is_not_there_is_told() {
        let text = "DEFINE TABLE audit; DEFINE TABLE user; DEFINE EVENT log ON user WHEN true THEN (CREATE audt)";
        assert_eq!(
            said(&[text], "M225"),
            ["event user.log uses the table `audt`, which is not defined | audt | did you mean `audit`?"]
        );
        assert_eq!(codes(&["DEFINE FUNCTION fn::all() { RETURN (SELECT * FROM nothing) }"]), ["M225"]);
        assert_eq!(codes(&["DEFINE TABLE a PERMISSIONS FOR select WHERE (SELECT * FROM nothing)"]), ["M225"]);
    }

    #[test]
    fn one_that_uses_its_own_table_is_fine() {
        let text = "DEFINE TABLE user; DEFINE FUNCTION fn::all() { RETURN (SELECT * FROM user) }";
        assert_eq!(codes(&[text]), [""; 0]);
    }
}
