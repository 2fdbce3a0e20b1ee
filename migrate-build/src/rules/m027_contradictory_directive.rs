use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M027",
    name: "contradictory-directive",
    severity: Severity::Error,
    summary: "A migration is called irreversible and yet has a down file",
    explanation: "Either it can be undone or it cannot. Remove one of the two.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, down: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("this migration is called irreversible, and yet `{down}` undoes it"),
        "remove the directive or the file",
    )
}
