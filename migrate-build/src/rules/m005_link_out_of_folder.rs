use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M005",
    name: "link-out-of-folder",
    severity: Severity::Error,
    summary: "A symbolic link leads out of the migrations folder",
    explanation: "What it points to can change without the folder changing, and is not there in a published crate. \
                  Put the file itself into the folder.",
};

pub(crate) fn diagnostic(file: String) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        file,
        "this symbolic link leads out of the migrations folder",
        "put the file itself here: what it points to could change unseen, and is missing from a published crate",
    )
}
