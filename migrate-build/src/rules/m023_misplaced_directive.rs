use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M023",
    name: "misplaced-directive",
    severity: Severity::Error,
    summary: "A directive stands where it has no effect",
    explanation: "Directives are the leading comment lines of a migration, before its first statement. A \
                  `.down.surql` file has none: those of its migration hold for it.",
};

pub(crate) fn late(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "this directive stands behind the first statement, where it has no effect",
        "move it to the top of the file",
    )
}

/// What looks like a directive may also be a line of a long string, so this is no error.
pub(crate) fn inside(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "this directive stands inside a statement, where it has no effect",
        "move it to the top of the file",
    )
    .with_severity(Severity::Warning)
}

pub(crate) fn in_step(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "a directive has no effect in a step of a phased migration",
        "write it as a key at the top of the file: `allow = { M424 = \"reason\" }`",
    )
}

pub(crate) fn in_down_file(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "a directive has no effect in a `.down.surql` file",
        "move it to the migration that this file undoes",
    )
}
