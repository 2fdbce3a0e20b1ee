use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M033",
    name: "invalid-requirement",
    severity: Severity::Error,
    summary: "An entry of `requires` is not possible",
    explanation: "It takes another module's name and a version of at least 1: `requires = { auth = 3 }` in \
                  `migrations.toml`, or `-- migrate: requires auth 3` in the one migration that needs it.",
};

pub(crate) fn name(source: &Source, range: Range<usize>, name: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("`{name}` cannot be the name of a module"),
        "name a module and the version it must have, as in `auth = 3`, or `auth 3` in a directive",
    )
}

pub(crate) fn version(source: &Source, range: Range<usize>, module: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "this is not a version",
        format!("a version is a positive number: `{module} = 1`, or `{module} 1` in a directive"),
    )
}

pub(crate) fn itself(source: &Source, range: Range<usize>, module: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("the module `{module}` requires itself"),
        "remove this entry: its own migrations always run in their order",
    )
}
