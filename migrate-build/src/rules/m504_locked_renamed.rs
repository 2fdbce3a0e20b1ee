use crate::lockfile::{Entry, Found, shipped_path};
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M504",
    name: "locked-renamed",
    severity: Severity::Error,
    summary: "A migration that was shipped was renamed",
    explanation: "Its file name stands in the ledger of every database that has it. Give it its old name back.",
};

pub(crate) fn diagnostic(file: String, locked: &Entry, found: &Found) -> Diagnostic {
    let shipped = shipped_path(&file, &locked.file);
    let help = format!("give it its name back: `git mv {file} {shipped}`");
    Diagnostic::of_file(
        &RULE,
        file,
        format!("V{} was shipped as `{}`: it may not be renamed to `{}`", locked.version, locked.file, found.file),
        help,
    )
}
