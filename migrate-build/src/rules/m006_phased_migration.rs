use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M006",
    name: "phased-migration",
    severity: Severity::Error,
    summary: "Phased migrations are not supported yet",
    explanation: "`V<version>__<name>.toml` is the name kept for them. Until they are supported, write the steps as \
                  separate `.surql` migrations.",
};

pub(crate) fn diagnostic(file: String) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        file,
        "phased migrations (`V<version>__<name>.toml`) are not supported yet",
        "write its steps as separate `.surql` migrations",
    )
}
