use crate::analysis::Step;
use crate::operation::Existing;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M420",
    name: "rebuilt-index",
    severity: Severity::Warning,
    summary: "An index is overwritten with the definition that it has, which builds it anew",
    explanation: "The database takes every overwrite of an index for a new index: it throws the old one away and \
                  reads the whole table. `ALTER INDEX … COMMENT` changes a comment without that.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|define| define.existing == Existing::IsReplaced) else { return };
    let object = &define.definition.object;
    let before = step.schema().get(object).and_then(|entry| entry.definition.shape.index());
    let (Some(before), Some(after)) = (before, define.definition.shape.index()) else { return };
    if before.structure == after.structure && !step.judge.is_new(object) {
        let message = format!("{object} is built anew although it does not change");
        let help = "leave the statement out, or write `ALTER INDEX … COMMENT` to change its comment".to_owned();
        diagnostics.push(step.at_name(&RULE, object.name(), message, help).with_label("the whole table is read"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE TABLE user; DEFINE INDEX i ON user FIELDS a";

    #[test]
    fn an_unchanged_index_that_is_overwritten_is_told() {
        let codes = codes(&[BEFORE, "DEFINE INDEX OVERWRITE i ON user FIELDS a COMMENT 'x'"]);
        assert!(codes.contains(&"M420"), "{codes:?}");
    }

    #[test]
    fn a_changed_one_is_fine() {
        let codes = codes(&[BEFORE, "DEFINE INDEX OVERWRITE i ON user FIELDS a, b"]);
        assert!(!codes.contains(&"M420"), "{codes:?}");
    }
}
