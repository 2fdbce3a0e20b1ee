use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source, toml_error};

pub(crate) static RULE: Rule = Rule {
    code: "M501",
    name: "malformed-lockfile",
    severity: Severity::Error,
    summary: "`migrations.lock` cannot be understood",
    explanation: "It is written by a tool, in TOML: one `[[migration]]` each with `version`, `file`, `checksum` and \
                  `chain`, in ascending order of version. Get the committed one back instead of mending it by hand.",
};

fn remedy(source: &Source) -> String {
    format!("get the committed one back: `git checkout -- {}`", source.file())
}

pub(crate) fn not_understood(source: &Source, error: &toml::de::Error) -> Diagnostic {
    let message = format!("`migrations.lock` cannot be understood: {}", toml_error::sentence(error));
    Diagnostic::of_text(&RULE, source, error.span().unwrap_or_default(), message, remedy(source))
}

/// A value of the right type that means nothing; `reason` is a whole clause.
pub(crate) fn invalid(source: &Source, range: Range<usize>, reason: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("`migrations.lock` cannot be understood: {reason}"),
        remedy(source),
    )
}
