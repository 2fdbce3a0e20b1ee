use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M026",
    name: "long-description",
    severity: Severity::Error,
    summary: "A description is too long",
    explanation: "It is one line in a table for people. Say more in plain comments.",
};

/// How many characters a description may have.
pub(crate) const LIMIT: usize = 200;

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, length: usize) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("this description has {length} characters; {LIMIT} are the limit"),
        "say it in one line, and the rest in plain comments below",
    )
}
