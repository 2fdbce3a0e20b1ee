use std::ops::Range;

use migrate_core::ObjectKind;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M038",
    name: "invalid-pattern",
    severity: Severity::Error,
    summary: "An entry of `unmanaged` is not possible",
    explanation: "It takes patterns over the names of objects that are none of the migrations' business: \
                  `unmanaged = [\"audit_*\", \"field user.legacy_*\"]`. `*` stands for any characters and `?` for one. A \
                  pattern is held against the name of a table, and then means what stands on it too, or of another object; a \
                  kind before it confines it to objects of that kind. What a migration defines is managed all the same.",
};

/// Why a pattern is not possible, if it is not.
pub(crate) fn check(pattern: &str) -> Option<String> {
    if pattern.trim().is_empty() {
        return Some("this pattern is empty".to_owned());
    }
    if pattern.trim() != pattern || pattern.chars().any(char::is_control) {
        return Some("this pattern has white space around it, or a control character".to_owned());
    }
    let (word, rest) = pattern.split_once(' ')?;
    let kind = ObjectKind::ALL.into_iter().find(|kind| kind.keyword() == word);
    match kind {
        None => Some(format!("`{word}` is no kind of objects")),
        Some(kind) if kind.is_on_table() && !rest.contains(['.', '*']) => {
            Some(format!("a pattern for each {kind} names its table too, as in `{kind} user.{rest}`"))
        }
        Some(_) => None,
    }
}

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, message: String) -> Diagnostic {
    let help = "write a pattern over names such as `audit_*`, with a kind before it where only that is meant; `?` stands for a \
                blank in a name";
    Diagnostic::of_text(&RULE, source, range, message, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_match_something_is_accepted() {
        for pattern in ["audit_*", "*", "function legacy::*", "field user.a*", "index *", "odd?name", "event t?.*"] {
            assert_eq!(check(pattern), None, "{pattern}");
        }
        for pattern in ["", " ", " a", "a ", "a\tb", "tables a", "field name", "index a", "Table a"] {
            assert!(check(pattern).is_some(), "{pattern}");
        }
    }
}
