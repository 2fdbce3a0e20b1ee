use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M022",
    name: "incomplete-directive",
    severity: Severity::Error,
    summary: "A directive lacks its text, or has one that means nothing",
    explanation: "`allow` and `irreversible` take a reason, since the next reader needs it; `description` takes a \
                  text; `requires` takes a module and a version; `stepwise` takes nothing.",
};

pub(crate) fn without_reason(source: &Source, range: Range<usize>, form: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("`{form}` needs a reason"),
        format!("say why, for the next reader: `-- migrate: {form} <reason>`"),
    )
}

pub(crate) fn without_description(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`description` needs a text",
        "write what the migration does: `-- migrate: description <text>`",
    )
}

pub(crate) fn without_code(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`allow` names no rule",
        "put the code of the rule into brackets, and a reason behind them: `-- migrate: allow(M301) <reason>`",
    )
}

pub(crate) fn without_module(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`requires` names no module and version",
        "name a module and the version it must have: `-- migrate: requires auth 3`",
    )
}

pub(crate) fn with_text(source: &Source, range: Range<usize>, word: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("`{word}` takes nothing behind it"),
        format!("write `-- migrate: {word}` alone; a comment may follow on a line of its own"),
    )
}
