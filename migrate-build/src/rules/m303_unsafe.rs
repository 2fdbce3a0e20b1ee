use migrate_core::{Effect, Loss};

use crate::analysis::Step;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M303",
    name: "unsafe",
    severity: Severity::Error,
    summary: "A statement loses much, for good",
    explanation: "Removing a table takes all its rows with it. Write `-- migrate: allow(M303) reason` if that is \
                  meant; the migration is then recorded as breaking.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    if step.impact.effect != Effect::Destructive(Loss::Unsafe) || step.input.part.is_some() {
        return;
    }
    diagnostics.push(super::m301_restrictive::refuse(
        step,
        &RULE,
        "cannot be had back",
        "keep what is there until no binary uses it",
    ));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn removing_a_table_is_refused() {
        assert_eq!(
            said(&["DEFINE TABLE user", "REMOVE TABLE user"], "M303"),
            [
                "this change of table user cannot be had back | user | keep what is there until no binary uses it, or write \
              `-- migrate: allow(M303) reason` at the top of the file"
            ]
        );
        assert_eq!(
            said(&["DEFINE TABLE a", "DEFINE TABLE b; DEFINE TABLE OVERWRITE a AS SELECT * FROM b"], "M303").len(),
            1
        );
    }

    #[test]
    fn removing_a_table_of_the_same_migration_is_fine() {
        assert_eq!(said(&["DEFINE TABLE user; REMOVE TABLE user"], "M303"), [""; 0]);
    }
}
