use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, Verdict, did_you_mean};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M220",
    name: "implicit-table",
    severity: Severity::Warning,
    summary: "A field, index or event on a table that was never defined creates that table",
    explanation: "The database creates it as `TYPE ANY SCHEMALESS`, and a later `DEFINE TABLE IF NOT EXISTS … \
                  SCHEMAFULL` then does nothing at all. Define the table first.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|_| step.transition.verdict == Verdict::Done) else { return };
    let Some(name) = define.definition.object.table().filter(|name| step.schema().lacks_table(name)) else { return };
    let object = Object::new(ObjectKind::Table, name.to_owned());
    let message = format!("the table `{name}` was never defined, and is created as `SCHEMALESS`");
    let help = did_you_mean(step.schema().nearest(&object), || format!("write `DEFINE TABLE {name} …` before it"));
    diagnostics.push(step.at_name(&RULE, name, message, help).with_label("not defined"));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_definition_on_a_table_that_is_not_there_is_told() {
        assert_eq!(
            said(&["DEFINE TABLE user; DEFINE FIELD name ON usr"], "M220"),
            ["the table `usr` was never defined, and is created as `SCHEMALESS` | usr | did you mean `user`?"]
        );
        assert_eq!(codes(&["DEFINE INDEX i ON user FIELDS a; DEFINE EVENT e ON user WHEN true THEN {}"]), ["M220"]);
    }

    #[test]
    fn one_on_a_defined_table_is_fine() {
        assert_eq!(codes(&["DEFINE TABLE user; DEFINE FIELD name ON user"]), [""; 0]);
    }
}
