use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, Verdict};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M424",
    name: "blocking-index",
    severity: Severity::Warning,
    summary: "An index is built over a table that may be large, while everybody waits",
    explanation: "Without `CONCURRENTLY` the database reads the whole table within the transaction of the \
                  migration. Where the table is small, allow it. Where it is large, build the index `CONCURRENTLY` in a \
                  stepwise migration (`-- migrate: stepwise`) or alone in a step of a phased one: either waits until it is \
                  ready, and removes one that failed.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|_| step.transition.verdict == Verdict::Done) else { return };
    let object = &define.definition.object;
    if object.kind() != ObjectKind::Index || define.concurrently {
        return;
    }
    let table = Object::new(ObjectKind::Table, object.table().unwrap_or_default().to_owned());
    if step.judge.is_new(&table) || step.schema().lacks(&table) {
        return;
    }
    let message = format!("{object} is built over all rows of a table that exists");
    let help = if step.input.part.is_some() {
        "add `CONCURRENTLY` and make it a step of its own, or put `allow = { M424 = \"reason\" }` at the top of the file if \
         the table is small"
    } else {
        "add `CONCURRENTLY` and `-- migrate: stepwise`, or `-- migrate: allow(M424) reason` if the table is small"
    };
    let help = help.to_owned();
    diagnostics.push(step.at_name(&RULE, object.name(), message, help).with_label("writes wait for this"));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn an_index_on_a_table_that_exists_is_told() {
        assert_eq!(codes(&["DEFINE TABLE a", "DEFINE INDEX i ON a FIELDS b"]), ["M424"]);
    }

    #[test]
    fn one_on_a_new_table_is_fine() {
        assert_eq!(codes(&["DEFINE TABLE a; DEFINE INDEX i ON a FIELDS b"]), [""; 0]);
    }
}
