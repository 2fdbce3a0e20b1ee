use migrate_core::{Object, ObjectKind};

use crate::analysis::{Ending, did_you_mean};
use crate::definition::Reference;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M224",
    name: "unknown-link",
    severity: Severity::Warning,
    summary: "A record link names a table that no migration up to this one defines",
    explanation: "No record of such a table exists, so nothing can be linked to. The name may be misspelt, or the \
                  table is defined by another module.",
};

pub(crate) fn check(ending: &Ending<'_>, diagnostics: &mut Diagnostics) {
    for (range, definition) in ending.defined {
        for reference in &definition.references {
            let Reference::Link(table) = reference else { continue };
            if !ending.schema.lacks_table(table) {
                continue;
            }
            let object = Object::new(ObjectKind::Table, table.clone());
            let help = did_you_mean(ending.schema.nearest(&object), || format!("write `DEFINE TABLE {table} …`"));
            let message = format!("{} links to the table `{table}`, which is not defined", definition.object);
            diagnostics.push(ending.at_name(&RULE, range, table, message, help).with_label("not defined"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_link_to_a_table_that_is_not_there_is_told() {
        let text = "DEFINE TABLE user; DEFINE TABLE post; DEFINE FIELD author ON post TYPE option<record<usr>>";
        assert_eq!(
            said(&[text], "M224"),
            ["field post.author links to the table `usr`, which is not defined | usr | did you mean `user`?"]
        );
        assert_eq!(codes(&["DEFINE TABLE user; DEFINE TABLE knows TYPE RELATION IN user OUT people"]), ["M224"]);
    }

    #[test]
    fn a_link_to_a_table_defined_later_in_the_migration_is_fine() {
        let text = "DEFINE TABLE post; DEFINE FIELD author ON post TYPE record<user>; DEFINE TABLE user";
        assert_eq!(codes(&[text]), [""; 0]);
    }
}
