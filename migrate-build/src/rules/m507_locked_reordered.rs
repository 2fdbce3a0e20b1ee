use crate::lockfile::{Entry, Found, shipped_path};
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M507",
    name: "locked-reordered",
    severity: Severity::Error,
    summary: "Migrations that were shipped changed their versions",
    explanation: "Databases have run them in the locked order. Give them their versions back.",
};

pub(crate) fn diagnostic(file: String, locked: &Entry, found: &Found) -> Diagnostic {
    let shipped = shipped_path(&file, &locked.file);
    let help = format!("give it its version back: `git mv {file} {shipped}`");
    Diagnostic::of_file(
        &RULE,
        file,
        format!(
            "what was shipped as V{} is now V{}: the order of locked migrations is fixed",
            locked.version, found.version
        ),
        help,
    )
}
