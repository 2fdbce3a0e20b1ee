use migrate_core::{Effect, Loss};

use crate::analysis::Step;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M302",
    name: "data-loss",
    severity: Severity::Error,
    summary: "A statement loses data",
    explanation: "Removing a field, changing its type so that values no longer fit, or deleting rows cannot be \
                  taken back by undoing the migration. Write `-- migrate: allow(M302) reason` if that is meant; \
                  the migration is then recorded as breaking.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    if step.impact.effect != Effect::Destructive(Loss::Data) || step.input.part.is_some() {
        return;
    }
    diagnostics.push(super::m301_restrictive::refuse(
        step,
        &RULE,
        "loses data",
        "keep what is there until no binary uses it",
    ));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const TABLE: &str = "DEFINE TABLE user; DEFINE FIELD age ON user TYPE int";

    #[test]
    fn what_loses_data_is_refused() {
        for text in ["REMOVE FIELD age ON user", "ALTER FIELD age ON user TYPE string", "DELETE user WHERE age > 200"] {
            assert_eq!(said(&[TABLE, text], "M302").len(), 1, "{text}");
        }
    }

    #[test]
    fn what_loses_none_is_fine() {
        for text in ["ALTER FIELD age ON user TYPE number", "UPDATE user SET age = 1 WHERE age < 1"] {
            assert_eq!(said(&[TABLE, text], "M302"), [""; 0], "{text}");
        }
    }
}
