use std::ops::Range;

use crate::{Diagnostic, Folder, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M031",
    name: "invalid-module-name",
    severity: Severity::Error,
    summary: "A module's name is not valid",
    explanation: "It begins with a letter `a`-`z` and goes on with `a`-`z`, `0`-`9`, `_` and `-`. It stands in every \
                  ledger row, so choose it once. Without `module = \"…\"` in `migrations.toml` it is the crate's \
                  name.",
};

const FORM: &str = "it begins with a letter `a`-`z` and goes on with `a`-`z`, `0`-`9`, `_` and `-`";

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, name: &str) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, format!("`{name}` cannot be the name of a module"), FORM)
}

/// The name that the crate would give it is not valid, and `migrations.toml` gives none.
pub(crate) fn of_crate(folder: &Folder, name: &str) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        folder.to_string(),
        format!("the crate's name `{name}` cannot be the name of a module"),
        format!("choose one with `module = \"…\"` in `{}`: {FORM}", folder.file("migrations.toml")),
    )
}
