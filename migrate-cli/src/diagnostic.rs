//! What is wrong with a folder, for programs.

use migrate_build::{Diagnostic, Diagnostics};
use serde_json::{Value, json};

/// Each as an object.
pub(crate) fn json(diagnostics: &Diagnostics) -> Value {
    diagnostics.iter().map(one).collect()
}

fn one(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.rule().code,
        "severity": diagnostic.severity().to_string(),
        "file": diagnostic.file(),
        "line": diagnostic.position().map(|position| position.line),
        "column": diagnostic.position().map(|position| position.column),
        "message": message(diagnostic),
        "help": diagnostic.help(),
    })
}

/// All that is said of it in one text, for those who do not see the caret and the notes.
pub(crate) fn message(diagnostic: &Diagnostic) -> String {
    let mut message = diagnostic.message().to_owned();
    if !diagnostic.label().is_empty() {
        message.push_str(": ");
        message.push_str(diagnostic.label());
    }
    for note in diagnostic.notes() {
        message.push('\n');
        message.push_str(note);
    }
    message
}
