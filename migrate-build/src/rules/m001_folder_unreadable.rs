use crate::{Diagnostic, Folder, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M001",
    name: "folder-unreadable",
    severity: Severity::Error,
    summary: "The migrations folder does not exist or cannot be read",
    explanation: "The path given to the build script and to the macro is relative to the crate's `Cargo.toml`. It \
                  must name a folder.",
};

pub(crate) fn missing(folder: &Folder) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        folder.to_string(),
        "the migrations folder does not exist",
        "create it, or correct the path: it is relative to the folder of the crate's `Cargo.toml`",
    )
}

pub(crate) fn not_a_folder(folder: &Folder) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        folder.to_string(),
        "a folder of migrations is expected here, and this is a file",
        "name the folder that holds the migrations",
    )
}

pub(crate) fn unreadable(folder: &Folder, error: &std::io::Error) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        folder.to_string(),
        format!("the migrations folder cannot be read: {error}"),
        "give the user who builds the right to read it",
    )
}
