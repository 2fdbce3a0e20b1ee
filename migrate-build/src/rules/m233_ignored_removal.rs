use crate::analysis::{Step, Verdict, did_you_mean};
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M233",
    name: "ignored-removal",
    severity: Severity::Warning,
    summary: "`REMOVE … IF EXISTS` or `ALTER … IF EXISTS` of something that does not exist does nothing",
    explanation: "No migration before this one defines it, so the name may be misspelt.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let is_definition = matches!(step.lowered.operation, Operation::Define(_));
    if is_definition || step.transition.verdict != Verdict::Skipped {
        return;
    }
    let Some(object) = step.object() else { return };
    let message = format!("there is no {object}, so this does nothing");
    let help = did_you_mean(step.schema().nearest(object), || "leave the statement out".to_owned());
    diagnostics.push(step.at_name(&RULE, object.name(), message, help).with_label("not defined"));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_removal_that_does_nothing_is_told() {
        assert_eq!(
            said(&["DEFINE TABLE user", "REMOVE TABLE IF EXISTS usr"], "M233"),
            ["there is no table usr, so this does nothing | usr | did you mean `user`?"]
        );
        assert_eq!(codes(&["ALTER TABLE IF EXISTS user SCHEMAFULL"]), ["M233"]);
    }

    #[test]
    fn one_that_does_something_is_fine() {
        assert_eq!(codes(&["DEFINE TABLE user", "REMOVE TABLE IF EXISTS user"]), [""; 0]);
    }
}
