use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M011",
    name: "nul-byte",
    severity: Severity::Error,
    summary: "A file holds a NUL byte",
    explanation: "No text needs one: it is the mark of a binary file, or of UTF-16 without its mark. In a string \
                  write `\\0`.",
};

pub(crate) fn diagnostic(source: &Source, offset: usize) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        offset..offset + 1,
        "this file holds a NUL byte",
        "save the file as plain UTF-8 text; in a string write `\\0`",
    )
}
