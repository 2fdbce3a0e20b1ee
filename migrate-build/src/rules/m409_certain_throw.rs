use crate::analysis::Step;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M409",
    name: "certain-throw",
    severity: Severity::Error,
    summary: "A migration throws whatever is there",
    explanation: "A `THROW` that no condition stands around fails each time, and takes the whole migration back with it: it can \
                  never be applied. Put the condition around it under which the migration must not go on.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    if !matches!(step.lowered.operation, Operation::Throw) {
        return;
    }
    let message = "this throws whatever is there, so that the migration can never be applied".to_owned();
    let help = "put the condition around it: `IF … { THROW … }`".to_owned();
    diagnostics.push(step.at_head(&RULE, message, help).with_label("no condition around this"));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn without_a_condition_it_is_refused() {
        for text in ["THROW 'no'", "{ THROW 'no' }", "DEFINE TABLE a; { CREATE a; { THROW 'no' } }"] {
            assert_eq!(codes(&[text]), ["M409"], "{text}");
        }
    }

    #[test]
    fn with_one_or_in_a_body_it_is_accepted() {
        for text in [
            "IF false { THROW 'no' }",
            "FOR $i IN [] { THROW 'no' }",
            "false && (THROW 'no')",
            "DEFINE FUNCTION fn::no() { THROW 'no' }",
            "LET $no = || { THROW 'no' }",
        ] {
            assert_eq!(codes(&[text]), [""; 0], "{text}");
        }
    }
}
