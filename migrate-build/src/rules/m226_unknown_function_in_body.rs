use migrate_core::{Object, ObjectKind};

use super::m204_unknown_function::last_part;
use super::m205_wrong_arguments::mismatch;
use crate::analysis::{Ending, Presence, did_you_mean};
use crate::definition::Reference;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M226",
    name: "unknown-function-in-body",
    severity: Severity::Warning,
    summary: "A function, event, permission or other body calls a function that is not defined, or with the wrong number of arguments",
    explanation: "The call fails when the body runs. The name may be misspelt, or the function is defined by \
                  another module.",
};

pub(crate) fn check(ending: &Ending<'_>, diagnostics: &mut Diagnostics) {
    for (range, definition) in ending.defined {
        for reference in &definition.references {
            let Reference::Call(call) = reference else { continue };
            let object = Object::new(ObjectKind::Function, call.function.clone());
            let (message, help) = match ending.schema.presence(&object) {
                Presence::Unclear => continue,
                Presence::Present(entry) => match mismatch(call, &entry.definition) {
                    Some(message) => (message, "give as many arguments as the definition has".to_owned()),
                    None => continue,
                },
                Presence::Absent => {
                    let nearest = ending.schema.nearest(&object).map(|name| format!("fn::{name}"));
                    let help = did_you_mean(nearest, || "define the function".to_owned());
                    (format!("{} calls `fn::{}`, which is not defined", definition.object, call.function), help)
                }
            };
            diagnostics.push(ending.at_name(&RULE, range, last_part(&call.function), message, help));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const TABLE: &str = "DEFINE TABLE user; DEFINE FUNCTION fn::slug($text: string) { RETURN $text }";

    #[test]
    fn a_body_that_calls_what_is_not_there_is_told() {
        assert_eq!(
            said(&[TABLE, "DEFINE FIELD slug ON user VALUE fn::slag(name)"], "M226"),
            ["field user.slug calls `fn::slag`, which is not defined | slag | did you mean `fn::slug`?"]
        );
    }

    #[test]
    fn a_body_that_calls_with_too_many_arguments_is_told() {
        assert_eq!(codes(&[TABLE, "DEFINE FIELD name ON user VALUE fn::slug(name, 1)"]), ["M226"]);
    }

    #[test]
    fn a_call_of_a_function_defined_later_in_the_migration_is_fine() {
        let text = "DEFINE TABLE a; DEFINE FIELD b ON a VALUE fn::c(); DEFINE FUNCTION fn::c() { RETURN fn::c() }";
        assert_eq!(codes(&[text]), [""; 0]);
    }
}
