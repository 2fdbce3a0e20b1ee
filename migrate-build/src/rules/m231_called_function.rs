use migrate_core::ObjectKind;

use super::m204_unknown_function::last_part;
use crate::analysis::{Entry, Step, Verdict};
use crate::definition::Reference;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M231",
    name: "called-function",
    severity: Severity::Warning,
    summary: "A function is removed while a definition calls it",
    explanation: "The call fails when the body that holds it runs. Remove or change the caller as well.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Operation::Remove(remove) = &step.lowered.operation else { return };
    if remove.object.kind() != ObjectKind::Function || step.transition.verdict != Verdict::Done {
        return;
    }
    let name = remove.object.name();
    let calls = |entry: &Entry| {
        entry
            .definition
            .references
            .iter()
            .any(|reference| matches!(reference, Reference::Call(call) if call.function == name))
    };
    let caller = step.schema().entries().find(|(object, entry)| **object != remove.object && calls(entry));
    if let Some((caller, _)) = caller {
        let message = format!("{caller} calls `fn::{name}`");
        let help = "remove or change what calls it first".to_owned();
        diagnostics.push(step.at_name(&RULE, last_part(name), message, help).with_label("still called"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE FUNCTION fn::a() {}; DEFINE TABLE t; DEFINE FIELD f ON t VALUE fn::a()";

    #[test]
    fn a_function_that_is_called_is_told() {
        assert_eq!(
            said(&[BEFORE, "REMOVE FUNCTION fn::a"], "M231"),
            ["field t.f calls `fn::a` | a | remove or change what calls it first"]
        );
    }

    #[test]
    fn it_is_fine_when_the_caller_is_gone() {
        assert_eq!(codes(&[BEFORE, "REMOVE FIELD f ON t; REMOVE FUNCTION fn::a"]), [""; 0]);
    }
}
