use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source, suggest};

pub(crate) static RULE: Rule = Rule {
    code: "M020",
    name: "unknown-directive",
    severity: Severity::Error,
    summary: "A `-- migrate:` directive is not known",
    explanation: "Known are `description`, `stepwise`, `allow(CODE)` and `irreversible`. One that is not understood would be \
                  ignored, and with it what it was written for.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, word: &str) -> Diagnostic {
    let help = match suggest::closest(word, &["description", "stepwise", "allow", "irreversible"]) {
        Some("allow") => "did you mean `allow(CODE) reason`?".to_owned(),
        Some(known) => format!("did you mean `{known}`?"),
        None => {
            "there are `description <text>`, `stepwise`, `allow(CODE) <reason>` and `irreversible <reason>`".to_owned()
        }
    };
    let message =
        if word.is_empty() { "this directive is empty".to_owned() } else { format!("there is no directive `{word}`") };
    Diagnostic::of_text(&RULE, source, range, message, help)
}
