use std::ops::Range;

use crate::analysis::Step;
use crate::{Diagnostic, Diagnostics, Rule, Severity, Source};
use migrate_core::{Effect, PhaseWork};

pub(crate) static RULE: Rule = Rule {
    code: "M043",
    name: "unfit-assertion",
    severity: Severity::Error,
    summary: "An assertion does more than ask",
    explanation: "It is one `SELECT` or one expression, and changes nothing: it may be asked again.",
};

pub(crate) fn no_question(source: &Source, range: Range<usize>) -> Diagnostic {
    let help = "ask with one `SELECT` or one expression, such as `count(SELECT * FROM user WHERE email IS NONE)`";
    Diagnostic::of_text(&RULE, source, range, "an assertion is one question", help)
}

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let is_assertion = step.input.part.is_some_and(|part| matches!(part.work, PhaseWork::Assert(_)));
    if is_assertion && step.impact.effect != Effect::Neutral {
        let message = "an assertion may only ask, and this may change something".to_owned();
        let help = "make the change in a step of its own, with `sql` or `backfill`".to_owned();
        diagnostics.push(step.at_head(&RULE, message, help).with_label(step.impact.reason.clone()));
    }
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    fn assertion(text: &str) -> Vec<String> {
        said(&format!("{GOOD}[[step]]\nid = \"more\"\nphase = \"complete\"\nassert = '{text}'\nexpect = 0\n"))
    }

    #[test]
    fn what_changes_something_or_is_no_question_is_refused() {
        assert_eq!(assertion("CREATE a"), ["M043 12:11 an assertion is one question"]);
        assert_eq!(assertion("count(a); count(a)"), ["M043 12:11 an assertion is one question"]);
        assert_eq!(
            assertion("SELECT * FROM (CREATE a)"),
            ["M043 12:11 an assertion may only ask, and this may change something"]
        );
    }

    #[test]
    fn a_question_is_fine() {
        assert_eq!(assertion("count(SELECT * FROM a WHERE b IS NONE)"), [""; 0]);
        assert_eq!(assertion("SELECT * FROM a WHERE b IS NONE LIMIT 1"), [""; 0]);
    }
}
