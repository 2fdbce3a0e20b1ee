use std::io::ErrorKind;

use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M002",
    name: "file-unreadable",
    severity: Severity::Error,
    summary: "A file of the migrations folder cannot be read",
    explanation: "The operating system refused to read it, or a symbolic link leads nowhere. A migration that is \
                  skipped in silence is worse than a build that fails.",
};

pub(crate) fn diagnostic(file: String, error: &std::io::Error) -> Diagnostic {
    let help = match error.kind() {
        ErrorKind::NotFound => "if it is a symbolic link, it leads nowhere: put the file itself into the folder",
        ErrorKind::PermissionDenied => "give the user who builds the right to read it",
        _ => "try to read it by other means; the disk or the file system may be damaged",
    };
    Diagnostic::of_file(&RULE, file, format!("this file cannot be read: {error}"), help)
}
