use migrate_core::ObjectKind;

use crate::analysis::Step;
use crate::definition::Shape;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M232",
    name: "redefined-param",
    severity: Severity::Warning,
    summary: "A param is given another value",
    explanation: "Every query of an older binary that reads it gets the new value from then on.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(object) = step.object().filter(|object| object.kind() == ObjectKind::Param) else { return };
    let touch = step.transition.touches.iter().find(|touch| touch.object == *object);
    let Some((before, after)) = touch.and_then(|touch| touch.before.as_ref().zip(touch.after.as_ref())) else { return };
    let (Shape::Param(before), Shape::Param(after)) = (&before.definition.shape, &after.definition.shape) else {
        return;
    };
    if before.value != after.value && !step.judge.is_new(object) {
        let message = format!("the param `${}` gets another value, for older binaries too", object.name());
        let help = "define a param of another name if older binaries must go on with the old value".to_owned();
        let label = format!("it was `{}`", before.value);
        diagnostics.push(step.at_name(&RULE, object.name(), message, help).with_label(label));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn another_value_is_told() {
        assert_eq!(codes(&["DEFINE PARAM $limit VALUE 10", "DEFINE PARAM OVERWRITE $limit VALUE 20"]), ["M232"]);
        assert_eq!(codes(&["DEFINE PARAM $limit VALUE 10", "ALTER PARAM $limit VALUE 20"]), ["M232"]);
    }

    #[test]
    fn the_same_value_and_a_new_param_are_fine() {
        assert_eq!(codes(&["DEFINE PARAM $a VALUE 1", "DEFINE PARAM OVERWRITE $a VALUE 1 COMMENT 'x'"]), [""; 0]);
        assert_eq!(codes(&["DEFINE PARAM $a VALUE 1; DEFINE PARAM OVERWRITE $a VALUE 2"]), [""; 0]);
    }
}
