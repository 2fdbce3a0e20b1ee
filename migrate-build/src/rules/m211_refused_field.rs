use crate::analysis::{Refusal, Step, Verdict};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M211",
    name: "refused-field",
    severity: Severity::Error,
    summary: "A field is defined in a way that the database refuses",
    explanation: "Some clauses exclude each other: `FLEXIBLE` needs a `SCHEMAFULL` table, a `COMPUTED` field stands \
                  at the top of a record and has no `VALUE`, `ASSERT`, `DEFAULT`, `REFERENCE` or `READONLY`, `id` can be \
                  neither computed nor changed, and a part of a field has the type that the field around it gives it. \
                  The whole migration is refused with such a statement.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Verdict::Refused(Refusal::Clauses(message, help)) = step.transition.verdict else { return };
    let Some(object) = step.object() else { return };
    diagnostics.push(step.at_name(&RULE, object.name(), message.to_owned(), help.to_owned()));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn clauses_that_exclude_each_other_are_refused() {
        for field in [
            "a ON loose TYPE object FLEXIBLE",
            "a.b ON tight COMPUTED 1",
            "a ON tight COMPUTED 1 READONLY",
            "a ON tight COMPUTED 1 ASSERT $value",
            "id ON tight VALUE 1",
            "id ON tight READONLY",
            "sum.part ON tight",
            "list.* ON tight TYPE string",
            "in ON edge TYPE string",
            "a ON loose INLINE",
        ] {
            let text = format!(
                "DEFINE TABLE loose; DEFINE TABLE tight SCHEMAFULL; DEFINE FIELD sum ON tight COMPUTED 1; \
                 DEFINE TABLE edge TYPE RELATION; REMOVE FIELD in ON edge; DEFINE FIELD list ON tight TYPE array<int>; \
                 REMOVE FIELD list.* ON tight; DEFINE FIELD {field}"
            );
            assert_eq!(codes(&[&text]), ["M211"], "{field}");
        }
    }

    #[test]
    fn the_same_clauses_by_themselves_are_fine() {
        let text = "DEFINE TABLE tight SCHEMAFULL; DEFINE FIELD a ON tight TYPE object FLEXIBLE; \
                    DEFINE FIELD b ON tight COMPUTED 1; DEFINE FIELD id ON tight TYPE string DEFAULT 'x' ASSERT $value != ''";
        assert_eq!(codes(&[text]), [""; 0]);
    }
}
