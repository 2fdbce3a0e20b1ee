use crate::analysis::{Step, Verdict};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M201",
    name: "already-defined",
    severity: Severity::Error,
    summary: "A definition of something that exists, without `OVERWRITE` or `IF NOT EXISTS`",
    explanation: "The database refuses such a statement, and with it the whole migration. `OVERWRITE` replaces \
                  what is there; `IF NOT EXISTS` leaves it as it is.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(object) = step.object().filter(|_| step.transition.verdict == Verdict::Exists) else { return };
    let implying = step.schema().implying(object).map(|(implying, _)| implying);
    let message = match implying {
        Some(implying) => format!("{object} is already defined: {implying} implies it"),
        None => format!("{object} is already defined"),
    };
    let label = if implying.is_some() { "implied before" } else { "defined before" };
    let help = "write `OVERWRITE` behind its kind to replace it, or `IF NOT EXISTS` to leave it as it is".to_owned();
    diagnostics.push(step.at_name(&RULE, object.name(), message, help).with_label(label));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_second_definition_is_refused() {
        assert_eq!(codes(&["DEFINE TABLE user", "DEFINE TABLE user"]), ["M201"]);
        assert_eq!(codes(&["DEFINE TABLE user; DEFINE FIELD a ON user; DEFINE FIELD a ON user"]), ["M201"]);
        assert_eq!(codes(&["DEFINE FUNCTION fn::a() {}; DEFINE FUNCTION fn::a() {}"]), ["M201"]);
    }

    #[test]
    fn an_implied_field_counts() {
        let text = "DEFINE TABLE user; DEFINE FIELD tags ON user TYPE array<string>; DEFINE FIELD tags.* ON user";
        assert_eq!(
            said(&[text], "M201"),
            [
                "field user.tags.* is already defined: field user.tags implies it | tags.* | write `OVERWRITE` behind its kind to replace it, or \
              `IF NOT EXISTS` to leave it as it is"
            ]
        );
    }

    #[test]
    fn what_implies_it_is_named() {
        let message = |text| said(&[text], "M201").concat().split(" | ").next().unwrap_or_default().to_owned();
        let deep = "DEFINE FIELD a ON t TYPE option<array<array<int>>>; DEFINE FIELD a.*.* ON t";
        assert_eq!(message(deep), "field t.a.*.* is already defined: field t.a implies it");
        let relation = "DEFINE TABLE likes TYPE RELATION; DEFINE FIELD in ON likes TYPE record<a>";
        assert_eq!(message(relation), "field likes.in is already defined: table likes implies it");
        let twice = "DEFINE FIELD a ON t TYPE array; DEFINE FIELD a.* ON t; DEFINE FIELD a.* ON t";
        assert_eq!(message(twice), "field t.a.* is already defined");
    }

    #[test]
    fn overwriting_and_defining_again_after_a_removal_are_fine() {
        assert_eq!(codes(&["DEFINE TABLE user", "DEFINE TABLE OVERWRITE user SCHEMAFULL"]), [""; 0]);
        assert_eq!(codes(&["DEFINE TABLE user", "REMOVE TABLE user; DEFINE TABLE user"]), [""; 0]);
    }
}
