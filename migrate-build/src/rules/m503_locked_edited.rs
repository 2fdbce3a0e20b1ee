use migrate_core::Version;

use crate::lockfile::{Entry, Found, restore, shipped_path};
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M503",
    name: "locked-edited",
    severity: Severity::Error,
    summary: "A migration that was shipped was edited",
    explanation: "Databases that have it will not run it again, and new ones would get another schema under the same \
                  version. Change the schema by a new migration.",
};

/// `file` is the path shown, `next` the version that a new migration would have.
pub(crate) fn diagnostic(file: String, locked: &Entry, found: &Found, next: Option<Version>) -> Diagnostic {
    let version = locked.version;
    let shipped = shipped_path(&file, &locked.file);
    let renamed = if locked.file == found.file { String::new() } else { format!(" and `{}` renamed", locked.file) };
    let next = next.map_or(String::new(), |next| format!(" V{next}"));
    Diagnostic::of_file(
        &RULE,
        file,
        format!("V{version} was shipped with another text{renamed}: a locked migration may not be edited"),
        format!(
            "add a new migration{next} instead of editing V{version}; \
             to get the shipped text back: {}",
            restore(&shipped)
        ),
    )
    .with_note(format!("locked is {}", locked.checksum))
    .with_note(format!("found is  {}", found.checksum))
}
