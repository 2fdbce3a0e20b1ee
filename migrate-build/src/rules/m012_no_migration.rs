use crate::{Diagnostic, Folder, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M012",
    name: "no-migration",
    severity: Severity::Warning,
    summary: "A migrations folder holds no migration",
    explanation: "The binary would embed an empty chain. That is fine on the first day of a project, and a wrong \
                  path on any other.",
};

pub(crate) fn diagnostic(folder: &Folder) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        folder.to_string(),
        "there is no migration in this folder yet",
        "add the first one as `V1__<name>.surql`, or correct the path if this is not the folder you meant",
    )
}
