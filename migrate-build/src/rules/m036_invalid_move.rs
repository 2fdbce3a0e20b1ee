use std::ops::Range;

use migrate_core::Version;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M036",
    name: "invalid-move",
    severity: Severity::Error,
    summary: "An entry of `moved` is not possible",
    explanation: "It says that a migration changed hands after it was shipped. The module that has its file now says \
                  `1 = { from = \"auth\", version = 4 }`; the other one keeps the entry in its lockfile, has the file no \
                  more and says `4 = { to = \"sessions\", version = 1 }`. Databases that have it are not asked to run it \
                  again.",
};

const HELP: &str = "write `1 = { from = \"auth\", version = 4 }` where the file is now, and \
                    `4 = { to = \"sessions\", version = 1 }` where it was shipped";

pub(crate) fn entry(source: &Source, range: Range<usize>, message: &str) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, message.to_owned(), HELP)
}

pub(crate) fn absent(source: &Source, range: Range<usize>, version: Version) -> Diagnostic {
    let help = "bring its file here, under this version and otherwise as it is";
    Diagnostic::of_text(&RULE, source, range, format!("there is no V{version}"), help)
}

pub(crate) fn still_here(source: &Source, range: Range<usize>, file: &str, module: &str) -> Diagnostic {
    let message = format!("`{file}` is still here, although it was moved to `{module}`");
    Diagnostic::of_text(&RULE, source, range, message, "remove the file, and leave its entry in migrations.lock")
}

pub(crate) fn not_locked(source: &Source, range: Range<usize>, version: Version) -> Diagnostic {
    let message = format!("V{version} is not in migrations.lock");
    let help = "only what was shipped leaves something behind: bring its entry back, or remove this one";
    Diagnostic::of_text(&RULE, source, range, message, help)
}
