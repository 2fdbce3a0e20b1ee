use crate::filename::LOCKFILE;
use crate::{Diagnostic, Folder, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M509",
    name: "not-locked",
    severity: Severity::Error,
    summary: "A migration is not in `migrations.lock` yet",
    explanation: "The lockfile is what makes a later edit of a shipped migration an error. It is a warning while \
                  developing, an error in a release build or with `MIGRATE_LOCKED=1`.",
};

/// `lines` are what the lockfile lacks.
pub(crate) fn diagnostic(folder: &Folder, files: &[&str], lines: &str, severity: Severity) -> Diagnostic {
    let message = match files {
        [one] => format!("`{one}` is not locked yet: nothing would notice if it were edited after it was shipped"),
        many => format!(
            "{} migrations are not locked yet: nothing would notice if one were edited after it was shipped",
            many.len()
        ),
    };
    let file = folder.file(LOCKFILE);
    let help = format!("before shipping run `cargo migrate lock --dir {folder}` and commit `{file}`");
    let note = format!("it writes these lines, which you may also append to `{file}` yourself:\n{lines}");
    Diagnostic::of_file(&RULE, file, message, help).with_note(note).with_severity(severity)
}
