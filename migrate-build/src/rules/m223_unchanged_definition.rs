use migrate_core::ObjectKind;

use crate::analysis::{Presence, Step};
use crate::operation::Existing;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M223",
    name: "unchanged-definition",
    severity: Severity::Warning,
    summary: "A definition with `OVERWRITE` is the one that the object has",
    explanation: "The statement changes nothing. Something may be missing from it, or it can go.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|define| define.existing == Existing::IsReplaced) else { return };
    let object = &define.definition.object;
    // Overwriting these does something even so, which other rules tell.
    if matches!(object.kind(), ObjectKind::Index | ObjectKind::Sequence | ObjectKind::Access | ObjectKind::User) {
        return;
    }
    let Presence::Present(entry) = step.schema().presence(object) else { return };
    let is_same = entry.is_exact() && define.unknown.is_none() && entry.definition.text == define.definition.text;
    let is_touched = step.transition.touches.iter().any(|touch| touch.before != touch.after);
    if is_same && !is_touched {
        let message = format!("{object} already has this definition");
        diagnostics.push(step.at_name(&RULE, object.name(), message, "leave the statement out".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_definition_that_changes_nothing_is_told() {
        assert_eq!(
            said(&["DEFINE TABLE user", "DEFINE TABLE OVERWRITE user TYPE ANY SCHEMALESS"], "M223"),
            ["table user already has this definition | user | leave the statement out"]
        );
    }

    #[test]
    fn one_that_changes_something_is_fine() {
        assert_eq!(codes(&["DEFINE TABLE user", "DEFINE TABLE OVERWRITE user COMMENT 'x'"]), [""; 0]);
        let relation = "DEFINE TABLE likes TYPE RELATION; DEFINE FIELD OVERWRITE in ON likes TYPE record READONLY";
        assert_eq!(codes(&[relation, "DEFINE TABLE OVERWRITE likes TYPE RELATION"]), [""; 0]);
    }
}
