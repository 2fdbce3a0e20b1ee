use migrate_core::Effect;

use crate::analysis::Step;
use crate::{Diagnostic, Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M301",
    name: "restrictive",
    severity: Severity::Error,
    summary: "A statement may refuse the reads or writes of an older binary",
    explanation: "During a rolling upgrade the older binary still runs. A new required field, a narrower type or \
                  assertion, `SCHEMAFULL`, a unique index or tighter permissions may refuse what it does. Make the \
                  change in steps that each binary can live with; or write `-- migrate: allow(M301) reason`, and \
                  the migration is recorded as breaking: a binary that does not know it refuses that database.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    if step.impact.effect == Effect::Restrictive && step.input.part.is_none() {
        let what = "may refuse what an older binary does";
        let help = "make the change in steps that every running binary can live with";
        diagnostics.push(refuse(step, &RULE, what, help));
    }
}

/// Refuses a statement for its effect.
pub(super) fn refuse(step: &Step<'_>, rule: &'static Rule, what: &str, help: &str) -> Diagnostic {
    let help = format!("{help}, or write `-- migrate: allow({}) reason` at the top of the file", rule.code);
    refusal(step, rule, what, help)
}

/// Says what is wrong with the effect of a statement.
pub(super) fn refusal(step: &Step<'_>, rule: &'static Rule, what: &str, help: String) -> Diagnostic {
    let diagnostic = match step.object() {
        Some(object) => step.at_name(rule, object.name(), format!("this change of {object} {what}"), help),
        None => step.at_head(rule, format!("this statement {what}"), help),
    };
    diagnostic.with_label(step.impact.reason.clone())
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const TABLE: &str = "DEFINE TABLE user; DEFINE FIELD name ON user TYPE string";

    #[test]
    fn what_an_older_binary_may_trip_over_is_refused() {
        for text in [
            "DEFINE FIELD email ON user TYPE string",
            "DEFINE TABLE OVERWRITE user SCHEMAFULL",
            "DEFINE INDEX i ON user FIELDS name UNIQUE",
            "ALTER FIELD name ON user ASSERT $value != ''",
            "ALTER FIELD name ON user READONLY",
        ] {
            assert_eq!(said(&[TABLE, text], "M301").len(), 1, "{text}");
        }
    }

    #[test]
    fn what_it_does_not_notice_is_fine() {
        for text in [
            "DEFINE FIELD email ON user TYPE option<string>",
            "DEFINE INDEX i ON user FIELDS name",
            "DEFINE TABLE post; DEFINE FIELD title ON post TYPE string; DEFINE INDEX i ON post FIELDS title UNIQUE",
            "ALTER FIELD name ON user TYPE string | int",
        ] {
            assert_eq!(said(&[TABLE, text], "M301"), [""; 0], "{text}");
        }
    }

    #[test]
    fn the_first_migration_breaks_nobody() {
        let text = format!("{TABLE}; ALTER TABLE user SCHEMAFULL; REMOVE FIELD name ON user; REMOVE TABLE user");
        assert!(!last(&[&text]).diagnostics.has_errors());
    }
}
