use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M021",
    name: "repeated-directive",
    severity: Severity::Error,
    summary: "A directive is given twice",
    explanation: "One of the two would be ignored. Only `allow` may be repeated, for different codes.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, directive: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("`{directive}` is given twice"),
        "keep one of the two: the other would have no effect",
    )
}
