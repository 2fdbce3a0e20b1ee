use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M028",
    name: "unused-allow",
    severity: Severity::Warning,
    summary: "An `allow` silences nothing",
    explanation: "Nothing in the file breaks the rule it names. Remove it, or the next reader looks for a danger \
                  that is not there.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, code: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("nothing in this file breaks {code}, so there is nothing to allow"),
        "remove the directive",
    )
}
