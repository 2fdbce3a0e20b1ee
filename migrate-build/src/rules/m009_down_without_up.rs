use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M009",
    name: "down-without-up",
    severity: Severity::Error,
    summary: "A `.down.surql` file stands alone",
    explanation: "It undoes the migration of the very same version and name, and there is none.",
};

/// `other` is a migration of the same version, if there is one.
pub(crate) fn diagnostic(file: String, expected: &str, other: Option<&str>) -> Diagnostic {
    let help = match other {
        Some(other) => {
            format!("it undoes the migration of the same name: if it belongs to `{other}`, rename one of them")
        }
        None => "add the migration that it undoes, or delete this file".to_owned(),
    };
    Diagnostic::of_file(&RULE, file, format!("this undoes `{expected}`, which does not exist"), help)
}
