use migrate_core::ObjectKind;

use crate::analysis::Step;
use crate::operation::Existing;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M426",
    name: "restarted-sequence",
    severity: Severity::Warning,
    summary: "A sequence is overwritten, so it starts again",
    explanation: "The database forgets which numbers it gave, and gives them once more. `ALTER SEQUENCE` changes \
                  the timeout without that.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|define| define.existing == Existing::IsReplaced) else { return };
    let object = &define.definition.object;
    let exists = step.schema().get(object).is_some() && !step.judge.is_new(object);
    if object.kind() == ObjectKind::Sequence && exists {
        let message = format!("{object} starts again, and gives numbers that it already gave");
        let help = "start it above the numbers in use, or use `ALTER SEQUENCE`".to_owned();
        diagnostics.push(step.at_name(&RULE, object.name(), message, help));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_sequence_that_starts_again_is_told() {
        let codes = codes(&["DEFINE SEQUENCE s START 1", "DEFINE SEQUENCE OVERWRITE s START 100"]);
        assert_eq!(codes, ["M426"]);
    }

    #[test]
    fn a_new_one_and_an_altered_one_are_fine() {
        assert_eq!(codes(&["DEFINE SEQUENCE s", "ALTER SEQUENCE s TIMEOUT 5s; DEFINE SEQUENCE OVERWRITE t"]), [""; 0]);
    }
}
