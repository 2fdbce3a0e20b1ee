use crate::lockfile::{Entry, Found};
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M506",
    name: "locked-inserted",
    severity: Severity::Error,
    summary: "A migration was inserted before one that was shipped",
    explanation: "Databases that are past it would never run it. Give it a version after the last locked one.",
};

/// `before` is the locked migration in whose place it stands, `last` the last one.
pub(crate) fn diagnostic(file: String, found: &Found, before: &Entry, last: &Entry) -> Diagnostic {
    let next = last.version.next().map_or(String::new(), |next| format!(" `V{next}__….surql`"));
    Diagnostic::of_file(
        &RULE,
        file,
        format!("`{}` was inserted before `{}`, which was shipped", found.file, before.file),
        format!(
            "databases that are past it would never run it: give it a version after the last locked one,{next}, \
             and the others their old names back"
        ),
    )
}
