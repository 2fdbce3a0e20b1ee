use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M024",
    name: "misspelt-directive",
    severity: Severity::Error,
    summary: "A comment is nearly a directive",
    explanation: "A directive is a line of its own that begins with `-- migrate: `. Anything nearly so would be \
                  ignored as a plain comment.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, body: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "this comment is nearly a directive, and would be ignored",
        format!("write `-- migrate: {body}`, or word the comment otherwise"),
    )
}
