use crate::lockfile::{Entry, restore};
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M505",
    name: "locked-removed",
    severity: Severity::Error,
    summary: "A migration that was shipped was removed",
    explanation: "Databases that have it would know a version which the binary does not. Put it back; undo its work \
                  by a new migration.",
};

pub(crate) fn diagnostic(file: String, locked: &Entry) -> Diagnostic {
    let help =
        format!("what it did can be undone by a new migration, not by deleting it; put it back: {}", restore(&file));
    Diagnostic::of_file(
        &RULE,
        file,
        format!("V{} was shipped, and its file `{}` is gone", locked.version, locked.file),
        help,
    )
}
