use migrate_core::Version;

use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M007",
    name: "duplicate-version",
    severity: Severity::Error,
    summary: "Two files have the same version",
    explanation: "The version is the place in the chain: which of the two would run first? This happens when two \
                  branches each add the next version. Renumber the one that was not shipped.",
};

pub(crate) fn diagnostic(file: String, version: Version, first: &str, second: &str) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        file,
        format!("version {version} is taken twice: by `{first}` and by `{second}`"),
        "give the one that was not shipped yet the next free version",
    )
}
