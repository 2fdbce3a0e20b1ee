use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M004",
    name: "unexpected-folder",
    severity: Severity::Error,
    summary: "A migrations folder holds no folders",
    explanation: "A module is one flat chain of migrations. Another module is another folder, embedded by itself.",
};

pub(crate) fn diagnostic(file: String) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        file,
        "a migrations folder holds no folders, and nothing in this one would be run",
        "move its files up, or move it elsewhere; a second module is a second migrations folder, embedded by itself",
    )
}
