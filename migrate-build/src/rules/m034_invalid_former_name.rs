use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M034",
    name: "invalid-former-name",
    severity: Severity::Error,
    summary: "An entry of `formerly` is not possible",
    explanation: "It takes the names that a renamed module had before, each once: `formerly = \"mail\"`, or \
                  `formerly = [\"post\", \"mail\"]`. What databases recorded under them is taken over.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, name: Option<&str>, module: &str) -> Diagnostic {
    let message = match name {
        None => "this is not the name of a module".to_owned(),
        Some(name) if name == module => format!("the module is `{name}` now, so that it was not so formerly"),
        Some(name) => format!("`{name}` cannot be a former name, or is given twice"),
    };
    Diagnostic::of_text(&RULE, source, range, message, "name the module as it was called before: `formerly = \"mail\"`")
}
