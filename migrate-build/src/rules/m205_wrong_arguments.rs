use migrate_core::{Object, ObjectKind};

use super::m204_unknown_function::last_part;
use crate::analysis::{Presence, Step};
use crate::definition::{Call, Definition};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M205",
    name: "wrong-arguments",
    severity: Severity::Error,
    summary: "A statement calls a function with another number of arguments than it takes",
    explanation: "The call fails when the migration runs. Arguments at the end whose type accepts `NONE` may be \
                  left out.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for call in &step.lowered.uses.calls {
        let object = Object::new(ObjectKind::Function, call.function.clone());
        let Presence::Present(entry) = step.schema().presence(&object) else { continue };
        let Some(message) = mismatch(call, &entry.definition) else { continue };
        let help = "give as many arguments as the definition has".to_owned();
        diagnostics.push(step.at_name(&RULE, last_part(&call.function), message, help));
    }
}

/// What is wrong with the number of arguments of a call, if anything is.
pub(super) fn mismatch(call: &Call, definition: &Definition) -> Option<String> {
    let function = definition.shape.function()?;
    let given = call.arguments?;
    let (least, most) = (function.required_arguments(), function.arguments.len());
    if (least..=most).contains(&given) {
        return None;
    }
    let takes = if least == most { most.to_string() } else { format!("{least} to {most}") };
    let plural = if most == 1 { "" } else { "s" };
    Some(format!("`fn::{}` takes {takes} argument{plural}, not {given}", call.function))
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const FUNCTION: &str = "DEFINE FUNCTION fn::add($a: int, $b: int, $c: option<int>) { RETURN $a + $b }";

    #[test]
    fn too_few_and_too_many_arguments_are_refused() {
        assert_eq!(
            said(&[FUNCTION, "fn::add(1)"], "M205"),
            ["`fn::add` takes 2 to 3 arguments, not 1 | add | give as many arguments as the definition has"]
        );
        assert_eq!(codes(&[FUNCTION, "fn::add(1, 2, 3, 4)"]), ["M205"]);
    }

    #[test]
    fn optional_arguments_may_be_left_out() {
        assert_eq!(codes(&[FUNCTION, "fn::add(1, 2); fn::add(1, 2, 3)"]), [""; 0]);
    }
}
