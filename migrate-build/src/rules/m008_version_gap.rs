use crate::sequence::Missing;
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M008",
    name: "version-gap",
    severity: Severity::Error,
    summary: "Versions are missing from the chain",
    explanation: "Versions are contiguous from 1, so that a migration lost in a merge is noticed. `versions = \
                  \"timestamp\"` in `migrations.toml` allows gaps.",
};

/// `after` and `before` are what stands before and behind the gap: the name of a file, or only a version.
pub(crate) fn diagnostic(file: String, missing: Missing, after: Option<&str>, before: &str) -> Diagnostic {
    let verb = if missing.is_one() { "is" } else { "are" };
    let place = match after {
        Some(after) => format!("`{after}` is followed by `{before}`"),
        None => format!("the first migration is `{before}`"),
    };
    let first = missing.first();
    let renumber = if before.contains('.') { format!(", or give `{before}` version {first}") } else { String::new() };
    Diagnostic::of_file(
        &RULE,
        file,
        format!("{missing} {verb} missing: {place}"),
        format!("add what is missing{renumber}; `versions = \"timestamp\"` in `migrations.toml` allows gaps"),
    )
}
