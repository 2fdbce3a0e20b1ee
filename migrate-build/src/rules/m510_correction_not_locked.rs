use crate::filename::LOCKFILE;
use crate::lockfile::Found;
use crate::{Diagnostic, Folder, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M510",
    name: "correction-not-locked",
    severity: Severity::Error,
    summary: "The corrected text of a migration is not in `migrations.lock` yet",
    explanation: "`migrations.toml` accepts the text that was shipped, so that this one may take its place. Locking it \
                  keeps the old checksum with the reason. It is a warning while developing, an error in a release build \
                  or with `MIGRATE_LOCKED=1`.",
};

pub(crate) fn diagnostic(folder: &Folder, found: &Found, severity: Severity) -> Diagnostic {
    let message = format!("the correction of `{}` is not locked yet", found.file);
    let help = format!("run `cargo migrate lock --dir {folder}` and commit `{}`", folder.file(LOCKFILE));
    Diagnostic::of_file(&RULE, folder.file(&found.file), message, help).with_severity(severity)
}
