use std::ops::Range;

use migrate_core::Version;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M037",
    name: "invalid-tag",
    severity: Severity::Error,
    summary: "An entry of `tags` is not possible",
    explanation: "A tag is a name for a version, which commands take wherever they take a version: \
                  `\"release-1.2\" = 7` under `[tags]`. It consists of letters, digits, `.`, `_` and `-`, begins with a \
                  letter or digit, and does not read like a version (`7`, `V7`). The version it names is one of this \
                  folder's.",
};

const HELP: &str = "write `\"release-1.2\" = 7`, where V7 is a migration of this folder";

pub(crate) fn name(source: &Source, range: Range<usize>, name: &str) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, format!("`{}` cannot be a tag", name.escape_debug()), HELP)
}

pub(crate) fn version(source: &Source, range: Range<usize>, name: &str) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, format!("the tag `{name}` names no version"), HELP)
}

pub(crate) fn absent(source: &Source, range: Range<usize>, name: &str, version: Version) -> Diagnostic {
    let message = format!("the tag `{name}` is of V{version}, which is not there");
    Diagnostic::of_text(&RULE, source, range, message, "name a version that is there, or remove the tag")
}
