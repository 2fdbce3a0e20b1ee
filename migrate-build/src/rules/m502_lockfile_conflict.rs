use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M502",
    name: "lockfile-conflict",
    severity: Severity::Error,
    summary: "`migrations.lock` holds the marks of an unresolved merge",
    explanation: "Two branches each added a migration. Keep the entries of the branch that was merged first, give \
                  the other branch's migration the next free version, and lock it anew.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`migrations.lock` holds the marks of an unresolved merge",
        "keep the entries of the branch that was merged first, give the other branch's migrations the next free versions, \
         and lock them anew",
    )
}
