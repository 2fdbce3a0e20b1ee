use migrate_core::{Object, ObjectKind};

use crate::analysis::{Refusal, Step, did_you_mean, unknown_column};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M207",
    name: "unknown-indexed-field",
    severity: Severity::Error,
    summary: "An index on a `SCHEMAFULL` table names a field that is not defined",
    explanation: "The database refuses such an index. On a `SCHEMALESS` table the field need not be defined. An \
                  index may go into a field whose type has parts.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|_| step.is_refused_for(Refusal::UnknownColumn)) else { return };
    let Some(table) = define.definition.object.table() else { return };
    let Some(column) = unknown_column(step.schema(), &define.definition) else { return };
    let object = Object::on(table.to_owned(), ObjectKind::Field, column.to_owned());
    let help = did_you_mean(step.schema().nearest(&object), || format!("define the field `{column}` first"));
    let message = format!("the table `{table}` has no field `{column}`");
    diagnostics.push(step.at_name(&RULE, column, message, help).with_label("not defined"));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const TABLE: &str = "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD email ON user TYPE string; \
                         DEFINE FIELD address ON user TYPE option<object>";

    #[test]
    fn a_field_that_is_not_there_cannot_be_indexed() {
        assert_eq!(
            said(&[TABLE, "DEFINE INDEX i ON user FIELDS emal"], "M207"),
            ["the table `user` has no field `emal` | emal | did you mean `email`?"]
        );
        assert_eq!(codes(&[&format!("{TABLE}; DEFINE INDEX i ON user FIELDS email.host")]), ["M207"]);
    }

    #[test]
    fn a_field_and_a_part_of_an_object_can() {
        assert_eq!(codes(&[&format!("{TABLE}; DEFINE INDEX i ON user FIELDS email, address.city")]), [""; 0]);
        assert_eq!(codes(&["DEFINE TABLE log SCHEMALESS; DEFINE INDEX i ON log FIELDS anything"]), [""; 0]);
    }
}
