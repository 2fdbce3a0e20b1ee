use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, did_you_mean};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M204",
    name: "unknown-function",
    severity: Severity::Error,
    summary: "A statement calls a function that does not exist",
    explanation: "The call fails when the migration runs. A function must be defined by a statement before the one \
                  that calls it.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for call in &step.lowered.uses.calls {
        let object = Object::new(ObjectKind::Function, call.function.clone());
        if !step.schema().lacks(&object) || step.may_define(&object) {
            continue;
        }
        let help = did_you_mean(step.schema().nearest(&object), || "define the function first".to_owned());
        let message = format!("there is no function `fn::{}`", call.function);
        diagnostics.push(step.at_name(&RULE, last_part(&call.function), message, help).with_label("not defined"));
    }
}

/// The part of a path by which it is found in the text.
pub(super) fn last_part(function: &str) -> &str {
    function.rsplit("::").next().unwrap_or(function)
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_call_of_what_is_not_there_is_refused() {
        assert_eq!(
            said(&["DEFINE FUNCTION fn::seed::users() {}", "fn::seed::user()"], "M204"),
            ["there is no function `fn::seed::user` | user | did you mean `seed::users`?"]
        );
        assert_eq!(codes(&["DEFINE TABLE a; CREATE a SET b = fn::none(1)"]), ["M204"]);
    }

    #[test]
    fn a_call_of_what_was_defined_is_fine() {
        assert_eq!(codes(&["DEFINE FUNCTION fn::seed() {}; fn::seed()"]), [""; 0]);
        assert_eq!(codes(&["{ DEFINE FUNCTION fn::seed() {}; fn::seed() }"]), ["M228"]);
    }
}
